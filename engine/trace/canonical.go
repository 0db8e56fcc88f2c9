package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// canonicalSpan is a span of the JSON that Canonical writes.
type canonicalSpan struct {
	Attributes map[string]string   `json:"attributes"`
	Events     []canonicalEvent    `json:"events"`
	Kind       string              `json:"kind"`
	Links      []map[string]string `json:"links"`
	Name       string              `json:"name"`
	Resource   map[string]string   `json:"resource"`
	Status     string              `json:"status"`
	Under      json.RawMessage     `json:"under"`
}

type canonicalEvent struct {
	Attributes map[string]string `json:"attributes"`
	Name       string            `json:"name"`
}

// ParseCanonical reads what Canonical wrote. The spans have ids of their own and
// no times, every value is a text, and their Canonical is the same again, but
// for spans that were no trees: an orphan stays one, a cycle is cut open.
func ParseCanonical(data []byte) ([]Span, error) {
	var traces [][]canonicalSpan
	if err := json.Unmarshal(data, &traces); err != nil {
		return nil, fmt.Errorf("normalised spans: %w", err)
	}
	var out []Span
	for t, spans := range traces {
		first := len(out)
		for i := range spans {
			s, err := spans[i].span(t, first, i)
			if err != nil {
				return nil, fmt.Errorf("normalised spans: trace %d, span %d: %w", t, i, err)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// span makes the i-th span of a trace, the first of which is the span number
// first of all.
func (c *canonicalSpan) span(t, first, i int) (Span, error) {
	id := func(n int) string { return fmt.Sprintf("%016x", n+1) }
	s := Span{Name: c.Name, TraceID: fmt.Sprintf("%032x", t+1), ID: id(first + i), KindKnown: true, Attrs: sortedAttrs(c.Attributes)}
	switch under := string(c.Under); under {
	case "null", `"cycle"`:
	case `"missing"`:
		s.ParentID = "ffff" + id(first + i)[4:]
	default:
		parent, err := strconv.Atoi(under)
		if err != nil || parent < 0 || parent >= i {
			return s, errors.New("it is below a span that does not come before it")
		}
		s.ParentID = id(first + parent)
	}
	kind, ok := ParseKind(c.Kind)
	if !ok {
		return s, fmt.Errorf("no kind %q", c.Kind)
	}
	status, ok := ParseStatus(c.Status)
	if !ok {
		return s, fmt.Errorf("no status %q", c.Status)
	}
	s.Kind, s.Status = kind, status
	for _, e := range c.Events {
		s.Events = append(s.Events, Event{Name: e.Name, Attrs: sortedAttrs(e.Attributes)})
	}
	for _, l := range c.Links {
		s.Links = append(s.Links, Link{Attrs: sortedAttrs(l)})
	}
	if c.Resource != nil {
		s.Resource = &Resource{Attrs: sortedAttrs(c.Resource)}
	}
	return s, nil
}

func sortedAttrs(m map[string]string) []Attr {
	var out []Attr
	for k, v := range m {
		out = append(out, Attr{Key: k, Value: v})
	}
	slices.SortFunc(out, func(a, b Attr) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}
