package engine

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// mentions reports whether anything that is known of the span of a row holds a
// text in lower case: its name, service, status message or ids, an attribute of
// its own, of its resource or of an event, or the name of an event. An attribute
// is also found by key=value.
func (s *spanTree) mentions(row int, text string) bool {
	sp := s.set.Span(s.refs[row])
	key, value, pair := strings.Cut(text, "=")
	attrs := func(list []trace.Attr) bool {
		for i := range list {
			a := &list[i]
			if holdsFold(a.Key, text) {
				return true
			}
			v, plain := a.Value.(string)
			if !plain {
				v = trace.ValueText(a.Value)
			}
			if holdsFold(v, text) ||
				pair && len(a.Key) >= len(key) && len(v) >= len(value) &&
					strings.EqualFold(a.Key[len(a.Key)-len(key):], key) && strings.EqualFold(v[:len(value)], value) {
				return true
			}
		}
		return false
	}
	if holdsFold(sp.Name, text) || holdsFold(s.Rows[row].Service, text) || holdsFold(sp.StatusMessage, text) ||
		sp.ID == text || sp.TraceID == text || attrs(sp.Attrs) || sp.Resource != nil && attrs(sp.Resource.Attrs) {
		return true
	}
	for i := range sp.Events {
		if holdsFold(sp.Events[i].Name, text) || attrs(sp.Events[i].Attrs) {
			return true
		}
	}
	return false
}

// holdsFold is strings.Contains without regard to case; part is in lower case. For
// ASCII it allocates nothing: it is asked for every attribute of every span with
// each key that is typed.
func holdsFold(s, part string) bool {
	if len(part) == 0 {
		return true
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return strings.Contains(strings.ToLower(s), part)
		}
	}
	for i := 0; i+len(part) <= len(s); i++ {
		j := 0
		for j < len(part) && lowered(s[i+j]) == part[j] {
			j++
		}
		if j == len(part) {
			return true
		}
	}
	return false
}

func lowered(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
