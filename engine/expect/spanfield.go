package expect

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// rootField wants a span without parent, or with one. A span whose parent was not
// collected has one.
func (j *judge) rootField(e *spec.SpanExpect) field {
	return field{
		rule: ".is_root", pos: at(e.RootPos, e.Pos),
		lacks: func(r trace.Ref) int { return lacksOne((j.set.Span(r).ParentID == "") == *e.Root) },
		unmet: func(r trace.Ref) string {
			if *e.Root {
				return "expected a root, found parent " + j.parentName(r)
			}
			return "expected a span with a parent, found a root"
		},
	}
}

// scopeField wants a span of one instrumentation scope.
func (j *judge) scopeField(e *spec.SpanExpect) field {
	g, err := spec.CompileGlob(e.Scope)
	return field{
		rule: ".scope", pos: at(e.ScopePos, e.Pos),
		lacks: func(r trace.Ref) int { return lacksOne(err == nil && g.Match(j.set.Span(r).Scope)) },
		unmet: func(r trace.Ref) string {
			if err != nil {
				return fmt.Sprintf("the pattern '%s' cannot be read: %v", e.Scope, err)
			}
			found := "none"
			if s := j.set.Span(r); s.Scope != "" {
				found = "'" + strings.TrimSpace(s.Scope+" "+s.ScopeVersion) + "'"
			}
			return fmt.Sprintf("expected scope '%s', found %s", e.Scope, found)
		},
	}
}

// linksField wants links to collected spans, of whatever trace.
func (j *judge) linksField(e *spec.SpanExpect) field {
	wanted := make([]*pattern, len(e.Links))
	for i, name := range e.Links {
		wanted[i] = j.pattern(name)
	}
	missing := func(r trace.Ref) []string {
		var out []string
		for _, p := range wanted {
			if p.err != nil || !j.linksTo(r, p) {
				out = append(out, "'"+p.text+"'")
			}
		}
		return out
	}
	return field{
		rule: ".links", pos: at(e.LinksPos, e.Pos),
		lacks: func(r trace.Ref) int { return len(missing(r)) },
		unmet: func(r trace.Ref) string {
			found := "none"
			var names []string
			for _, l := range j.set.Span(r).Links {
				if to, ok := j.set.Find(l.TraceID, l.SpanID); ok {
					names = append(names, "'"+j.set.Span(to).Name+"'")
				} else {
					names = append(names, l.SpanID+", which was not collected")
				}
			}
			if len(names) > 0 {
				found = listed(names)
			}
			return "missing links to " + strings.Join(missing(r), ", ") + ", found " + found
		},
	}
}

// linksTo reports whether a span links to one whose name matches.
func (j *judge) linksTo(r trace.Ref, p *pattern) bool {
	for _, l := range j.set.Span(r).Links {
		if to, ok := j.set.Find(l.TraceID, l.SpanID); ok && j.has(p, to) {
			return true
		}
	}
	return false
}

// durationFields are the bounds of a duration, each a rule of its own; a span
// whose times are missing or inverted meets neither.
func (j *judge) durationFields(e *spec.SpanExpect) []field {
	d := e.Duration
	if d == nil {
		return nil
	}
	bound := func(rule, word string, limit float64, holds func(ms float64) bool) field {
		return field{
			rule: rule, pos: at(d.Pos, e.Pos),
			lacks: func(r trace.Ref) int {
				ns, known := j.set.Span(r).Duration()
				return lacksOne(known && holds(float64(ns)/1e6))
			},
			unmet: func(r trace.Ref) string {
				ns, known := j.set.Span(r).Duration()
				if !known {
					return fmt.Sprintf("duration unknown (%s), expected %s", timesOf(j.set.Span(r)), word[2:]+" "+trace.ValueText(limit)+"ms")
				}
				return fmt.Sprintf("duration %sms %s %sms", trace.ValueText(float64(ns)/1e6), word, trace.ValueText(limit))
			},
		}
	}
	var fs []field
	if d.Min != nil {
		fs = append(fs, bound(".duration_ms.min", "< min", *d.Min, func(ms float64) bool { return ms >= *d.Min }))
	}
	if d.Max != nil {
		fs = append(fs, bound(".duration_ms.max", "> max", *d.Max, func(ms float64) bool { return ms <= *d.Max }))
	}
	return fs
}

// timesOf says what is wrong with the times of a span.
func timesOf(s *trace.Span) string {
	switch {
	case s.Start == 0 && s.End == 0:
		return "the span has no times"
	case s.Start == 0:
		return "the span has no start time"
	case s.End == 0:
		return "the span has no end time"
	default:
		return "the span ends before it starts"
	}
}

func (j *judge) statusField(e *spec.SpanExpect) field {
	want, ok := trace.ParseStatus(e.Status)
	return field{
		rule: ".status", pos: at(e.StatusPos, e.Pos),
		lacks: func(r trace.Ref) int {
			return lacksOne(ok && j.statusHolds(want, j.set.Span(r).Status))
		},
		unmet: func(r trace.Ref) string {
			if !ok {
				return fmt.Sprintf("unknown status '%s'", e.Status)
			}
			return fmt.Sprintf("expected status %s, found %s", want, j.set.Span(r).Status)
		},
		note: func(r trace.Ref) string {
			if want == trace.StatusOK && j.set.Span(r).Status == trace.StatusUnset {
				return acceptedUnset(1)
			}
			return ""
		},
	}
}
