package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// field is one rule of a span block, besides existence.
type field struct {
	rule  string
	pos   diag.Position
	lacks func(trace.Ref) int    // how many of its parts a span does not meet; 0 means it holds
	unmet func(trace.Ref) string // expected and found, for a span that lacks something
	note  func(trace.Ref) string // a relaxation that a pass relied on; may be nil
}

// span judges one [[expect.span]]: at least one span whose name matches
// satisfies all fields together.
func (j *judge) span(e *spec.SpanExpect) {
	rule := "expect.span[" + e.Name + "]"
	existence := Check{Rule: rule + ".existence", Pos: e.Pos, Spans: []string{e.Name}}
	p := j.pattern(e.Name)
	fields := j.fields(e)
	best, failed := j.nearestCandidate(p, fields)
	if e.Exists != nil && !*e.Exists {
		existence.OK = p.err == nil && (best == trace.NoRef || failed > 0)
		if !existence.OK {
			j.unwanted(&existence, p, fields)
		}
		j.add(existence)
		return
	}
	if best == trace.NoRef {
		existence.Message = fmt.Sprintf("expected a span '%s', found none among %s", e.Name, count(j.set.Len(), "span"))
		existence.Explain = j.absent(p)
		j.add(existence)
		for _, f := range fields {
			j.add(Check{Rule: rule + f.rule, Pos: f.pos, Unjudged: true, Spans: []string{e.Name},
				Message: fmt.Sprintf("not judged: no span '%s'", e.Name)})
		}
		return
	}
	existence.OK = true
	j.add(existence)
	var explain []string
	if failed > 0 {
		explain = j.explainCandidate(p, best, fields, failed)
	}
	s := j.set.Span(best)
	for _, f := range fields {
		c := Check{Rule: rule + f.rule, Pos: f.pos, Spans: []string{s.Name}, OK: f.lacks(best) == 0}
		switch {
		case !c.OK:
			c.Message = fmt.Sprintf("span '%s': %s", s.Name, f.unmet(best))
			c.Explain = explain
			explain = explain[:1] // the whole tree once, then only whom it is about
		case f.note != nil:
			c.Note = f.note(best)
		}
		j.add(c)
	}
}

// unwanted words the failure of exists = false.
func (j *judge) unwanted(c *Check, p *pattern, fields []field) {
	if p.err != nil {
		c.Message = fmt.Sprintf("the pattern '%s' cannot be read: %v", p.text, p.err)
		return
	}
	n := 0
	for _, r := range p.refs {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.lacks(r) > 0 }) {
			if n++; n <= maxListed {
				c.Explain = append(c.Explain, j.place(r))
			}
		}
	}
	c.Message = fmt.Sprintf("expected no such span '%s', found %s", p.text, count(n, "span"))
}

// nearestCandidate returns the candidate with the fewest failed fields, then
// the fewest unmet parts, then the earliest arrival, and how many fields it
// fails; NoRef when there is no candidate.
func (j *judge) nearestCandidate(p *pattern, fields []field) (best trace.Ref, failed int) {
	best = trace.NoRef
	bestFailed, bestLacks := len(fields)+1, 0
	for _, r := range p.refs {
		failed, lacks := 0, 0
		for i := range fields {
			if n := fields[i].lacks(r); n > 0 {
				failed++
				lacks += n
				if failed > bestFailed {
					break
				}
			}
		}
		if failed < bestFailed || failed == bestFailed && lacks < bestLacks {
			best, bestFailed, bestLacks = r, failed, lacks
			if failed == 0 {
				break
			}
		}
	}
	return best, bestFailed
}

// explainCandidate draws what the nearest candidate lacks and what it has.
func (j *judge) explainCandidate(p *pattern, r trace.Ref, fields []field, failed int) []string {
	head := "the only candidate: "
	if n := len(p.refs); n > 1 {
		head = fmt.Sprintf("nearest of %d candidates: ", n)
	}
	lines := []string{head + j.place(r) + fmt.Sprintf(", %d of %s not met", failed, count(len(fields), "field"))}
	var met []string
	for _, f := range fields {
		if f.lacks(r) > 0 {
			lines = append(lines, "  "+strings.TrimPrefix(f.rule, ".")+": "+f.unmet(r))
		} else {
			met = append(met, strings.TrimPrefix(f.rule, "."))
		}
	}
	if len(met) > 0 {
		lines = append(lines, "  met: "+strings.Join(met, ", "))
	}
	return lines
}

// place names a span so that it can be found: name and ids.
func (j *judge) place(r trace.Ref) string {
	s := j.set.Span(r)
	t := "'" + s.Name + "'"
	if s.ID != "" {
		t += " (span " + s.ID
		if s.TraceID != "" {
			t += " of trace " + s.TraceID
		}
		t += ")"
	}
	return t
}

// fields lists the rules of a block in the order in which they are judged.
func (j *judge) fields(e *spec.SpanExpect) []field {
	var fs []field
	if e.Parent != "" {
		fs = append(fs, j.parentField(e))
	}
	if e.Root != nil {
		fs = append(fs, j.rootField(e))
	}
	if e.Scope != "" {
		fs = append(fs, j.scopeField(e))
	}
	if len(e.Links) > 0 {
		fs = append(fs, j.linksField(e))
	}
	if e.Kind != "" {
		fs = append(fs, j.kindField(e))
	}
	if len(e.AttrsAll) > 0 {
		fs = append(fs, j.attrsAllField(e))
	}
	if len(e.AttrsAny) > 0 {
		fs = append(fs, j.attrsAnyField(e))
	}
	if len(e.EventsAny) > 0 {
		fs = append(fs, j.eventsField(e, ".events.any", e.EventsAny, false))
	}
	if len(e.EventsAll) > 0 {
		fs = append(fs, j.eventsField(e, ".events.all", e.EventsAll, true))
	}
	fs = append(fs, j.durationFields(e)...)
	if e.Status != "" {
		fs = append(fs, j.statusField(e))
	}
	return fs
}

// lacksOne turns a condition into the number of unmet parts.
func lacksOne(holds bool) int {
	if holds {
		return 0
	}
	return 1
}

func (j *judge) parentField(e *spec.SpanExpect) field {
	p := j.pattern(e.Parent)
	return field{
		rule: ".parent", pos: at(e.ParentPos, e.Pos),
		lacks: func(r trace.Ref) int {
			up := j.set.Parent(r)
			return lacksOne(up != trace.NoRef && p.err == nil && j.has(p, up))
		},
		unmet: func(r trace.Ref) string {
			found := "none"
			if up := j.set.Parent(r); up != trace.NoRef {
				found = "'" + j.set.Span(up).Name + "'"
			} else if id := j.set.Span(r).ParentID; id != "" {
				found = "parent id " + id + ", a span that was not collected"
			}
			text := fmt.Sprintf("parent mismatch: expected '%s', found %s", e.Parent, found)
			if len(p.refs) == 0 {
				text += fmt.Sprintf("; no span '%s' was collected", e.Parent)
			}
			return text
		},
	}
}

// kindOf applies the rule for formats without kinds: internal.
func kindOf(s *trace.Span) trace.Kind {
	if !s.KindKnown && s.Kind == trace.KindUnset {
		return trace.KindInternal
	}
	return s.Kind
}

func (j *judge) kindField(e *spec.SpanExpect) field {
	want, ok := trace.ParseKind(e.Kind)
	ok = ok && want != trace.KindUnset
	return field{
		rule: ".kind", pos: at(e.KindPos, e.Pos),
		lacks: func(r trace.Ref) int { return lacksOne(ok && kindOf(j.set.Span(r)) == want) },
		unmet: func(r trace.Ref) string {
			if !ok {
				return fmt.Sprintf("unknown kind '%s'", e.Kind)
			}
			found := "none"
			if k := kindOf(j.set.Span(r)); k != trace.KindUnset {
				found = k.String()
			}
			return fmt.Sprintf("expected kind %s, found %s", want, found)
		},
	}
}

func (j *judge) attrsAllField(e *spec.SpanExpect) field {
	attrs := compileAttrs(e.AttrsAll)
	return field{
		rule: ".attrs.all", pos: at(e.AttrsAll[0].Pos, e.Pos),
		lacks: func(r trace.Ref) int {
			s, n := j.set.Span(r), 0
			for i := range attrs {
				n += lacksOne(attrs[i].holds(s))
			}
			return n
		},
		unmet: func(r trace.Ref) string {
			s := j.set.Span(r)
			var missing []string
			for i := range attrs {
				if !attrs[i].holds(s) {
					missing = append(missing, attrs[i].unmet(s))
				}
			}
			return "missing required attributes: [" + strings.Join(missing, ", ") + "]"
		},
	}
}

func (j *judge) attrsAnyField(e *spec.SpanExpect) field {
	attrs := compileAttrs(e.AttrsAny)
	return field{
		rule: ".attrs.any", pos: at(e.AttrsAny[0].Pos, e.Pos),
		lacks: func(r trace.Ref) int {
			s := j.set.Span(r)
			return lacksOne(slices.ContainsFunc(attrs, func(a attr) bool { return a.holds(s) }))
		},
		unmet: func(r trace.Ref) string {
			s := j.set.Span(r)
			texts := make([]string, len(attrs))
			for i := range attrs {
				texts[i] = attrs[i].unmet(s)
			}
			return "expected at least one of the attributes [" + strings.Join(texts, ", ") + "], found none of them"
		},
	}
}

func (j *judge) eventsField(e *spec.SpanExpect, rule string, want []string, all bool) field {
	missing := func(r trace.Ref) []string {
		s := j.set.Span(r)
		var out []string
		for _, name := range want {
			if !slices.ContainsFunc(s.Events, func(ev trace.Event) bool { return ev.Name == name }) {
				out = append(out, name)
			}
		}
		return out
	}
	return field{
		rule: rule, pos: at(e.EventsPos, e.Pos),
		lacks: func(r trace.Ref) int {
			n := len(missing(r))
			if !all {
				return lacksOne(n < len(want))
			}
			return n
		},
		unmet: func(r trace.Ref) string {
			s := j.set.Span(r)
			found := make([]string, len(s.Events))
			for i := range s.Events {
				found[i] = s.Events[i].Name
			}
			had := "no events"
			if len(found) > 0 {
				had = "[" + listed(found) + "]"
			}
			if !all {
				return "expected at least one of the events [" + strings.Join(want, ", ") + "], found " + had
			}
			return "missing events: [" + strings.Join(missing(r), ", ") + "], found " + had
		},
	}
}
