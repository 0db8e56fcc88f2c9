package learn

import (
	"regexp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// maxVariants bounds the different contents of one name that are pinned.
const maxVariants = 8

// contents pins what spans of each name carry. Spans of one name often differ
// within a trace (two requests, two queries): each content that occurs in every
// trace becomes a block.
func (s *student) contents() {
	for _, name := range s.names {
		c := s.study(name)
		variants := c.variants(s.sets)
		if len(variants) == 0 || len(variants) > maxVariants {
			if len(variants) > maxVariants {
				s.leaveOut("span '%s': %d different contents, of which only what they share is pinned", name, len(variants))
			}
			variants = []*spec.SpanExpect{c.shared(s.sets)}
		}
		for _, v := range variants {
			if s.holds(&spec.Expect{Spans: []*spec.SpanExpect{v}}) {
				s.out.Spans = append(s.out.Spans, v)
			}
		}
	}
}

// content is what is known about the spans of one name.
type content struct {
	name    string
	kind    bool // all have one, and it is known
	parents bool // the names of parents tell spans apart
	keys    []string
	present []string // keys that are always there with changing values
}

// study finds out which attributes of a name are stable.
func (s *student) study(name string) *content {
	c := &content{name: name, kind: true}
	var keys []string
	parents := map[string]bool{}
	for _, set := range s.sets {
		for _, r := range set.Named(name) {
			sp := set.Span(r)
			c.kind = c.kind && sp.KindKnown && sp.Kind != trace.KindUnset
			if up := set.Parent(r); up != trace.NoRef {
				parents[set.Span(up).Name] = true
			}
			for _, a := range sp.Attrs {
				if !slices.Contains(keys, a.Key) {
					keys = append(keys, a.Key)
				}
			}
		}
	}
	c.parents = len(parents) > 1
	for _, key := range keys {
		switch {
		case strings.TrimSpace(key) == "" || strings.HasPrefix(key, "resource."):
			// Such a key cannot be named in a test file.
		case trace.Volatile(key):
			s.leaveOut("'%s' of '%s': differs from run to run by its nature", key, name)
		case s.isHidden(name, key):
			s.leaveOut("the value of '%s' of '%s': it holds a secret", key, name)
			c.present = append(c.present, key)
		case s.looksVolatile(name, key):
			s.leaveOut("the value of '%s' of '%s': looks like an id, a time or a path", key, name)
			c.present = append(c.present, key)
		case !s.sameValues(name, key):
			s.leaveOut("the value of '%s' of '%s': differs between the traces", key, name)
			c.present = append(c.present, key)
		default:
			c.keys = append(c.keys, key)
		}
	}
	c.present = slices.DeleteFunc(c.present, func(key string) bool { return !s.always(name, key) })
	return c
}

// values are the texts of an attribute in a trace, sorted, each once.
func values(set *trace.Set, name, key string) []string {
	var out []string
	for _, r := range set.Named(name) {
		if v, ok := trace.Lookup(set.Span(r).Attrs, key); ok {
			out = append(out, trace.ValueText(v))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *student) sameValues(name, key string) bool {
	first := values(s.sets[0], name, key)
	for _, set := range s.sets[1:] {
		if !slices.Equal(first, values(set, name, key)) {
			return false
		}
	}
	return true
}

// isHidden reports whether some value of an attribute must not be written down.
func (s *student) isHidden(name, key string) bool {
	for _, set := range s.sets {
		for _, r := range set.Named(name) {
			for _, a := range set.Span(r).Attrs {
				if a.Key == key && s.hidden(a) {
					return true
				}
			}
		}
	}
	return false
}

// always reports whether every span of a name has an attribute.
func (s *student) always(name, key string) bool {
	for _, set := range s.sets {
		for _, r := range set.Named(name) {
			if _, ok := trace.Lookup(set.Span(r).Attrs, key); !ok {
				return false
			}
		}
	}
	return true
}

// changing are the forms of values that a further run is likely to change: a
// UUID, a long hexadecimal id, a date with a time, a temporary path, a count of
// milliseconds or more since 1970.
var changing = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|^(0x)?[0-9a-f]{16,}$|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^/(tmp|var/tmp|proc)/|^1[5-9]\d{11}(\d{3}){0,2}$`)

// looksVolatile judges by form; several traces have better evidence.
func (s *student) looksVolatile(name, key string) bool {
	return len(s.sets) == 1 && slices.ContainsFunc(values(s.sets[0], name, key), changing.MatchString)
}

// of is the block of what is stable about one span.
func (c *content) of(set *trace.Set, r trace.Ref) *spec.SpanExpect {
	sp := set.Span(r)
	e := &spec.SpanExpect{Name: encode.Literal(c.name)}
	if up := set.Parent(r); c.parents && up != trace.NoRef && strings.TrimSpace(set.Span(up).Name) != "" {
		e.Parent = encode.Literal(set.Span(up).Name)
	}
	if c.kind {
		e.Kind = sp.Kind.String()
	}
	if sp.Status != trace.StatusUnset {
		e.Status = sp.Status.String()
	}
	for _, key := range c.keys {
		if v, ok := trace.Lookup(sp.Attrs, key); ok {
			e.AttrsAll = append(e.AttrsAll, spec.AttrExpect{Key: key, Value: trace.ValueText(v)})
		}
	}
	for _, key := range c.present {
		e.AttrsAll = append(e.AttrsAll, spec.AttrExpect{Key: key, Op: spec.AttrPresent})
	}
	for _, ev := range sp.Events {
		if ev.Name != "" && !slices.Contains(e.EventsAll, ev.Name) {
			e.EventsAll = append(e.EventsAll, ev.Name)
		}
	}
	return e
}

// variants are the blocks that occur in every trace, in the order of the first.
func (c *content) variants(sets []*trace.Set) []*spec.SpanExpect {
	var out []*spec.SpanExpect
	found := map[string]int{}
	for i, set := range sets {
		for _, r := range set.Named(c.name) {
			e := c.of(set, r)
			toml, err := encode.Expect(&spec.Expect{Spans: []*spec.SpanExpect{e}})
			if err != nil || found[string(toml)] != i {
				continue // seen in this trace already, or missing in one before
			}
			found[string(toml)]++
			if i == 0 {
				out = append(out, e)
			}
		}
	}
	return slices.DeleteFunc(out, func(e *spec.SpanExpect) bool {
		toml, err := encode.Expect(&spec.Expect{Spans: []*spec.SpanExpect{e}})
		return err != nil || found[string(toml)] != len(sets)
	})
}

// shared is the block of what all spans of a name have in common.
func (c *content) shared(sets []*trace.Set) *spec.SpanExpect {
	var e *spec.SpanExpect
	for _, set := range sets {
		for _, r := range set.Named(c.name) {
			one := c.of(set, r)
			if e == nil {
				e = one
				continue
			}
			if e.Parent != one.Parent {
				e.Parent = ""
			}
			if e.Kind != one.Kind {
				e.Kind = ""
			}
			if e.Status != one.Status {
				e.Status = ""
			}
			e.AttrsAll = slices.DeleteFunc(e.AttrsAll, func(a spec.AttrExpect) bool {
				return !slices.ContainsFunc(one.AttrsAll, func(b spec.AttrExpect) bool { return a.Key == b.Key && a.Op == b.Op && a.Value == b.Value })
			})
			e.EventsAll = slices.DeleteFunc(e.EventsAll, func(name string) bool { return !slices.Contains(one.EventsAll, name) })
		}
	}
	return e
}
