package engine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// spanTree arranges the spans of one view.
type spanTree struct {
	*Spans
	set  *trace.Set
	refs []trace.Ref // by row

	result *Result          // nil when it is not known
	named  map[string][]int // by the name of a span, the checks that ask for it
}

// build makes the view.
func (src spanSource) build(id ScenarioID) *Spans {
	var spans []trace.Span
	if src.one != nil {
		spans = judgedSpans(src.file, src.one, src.rec)
	} else {
		spans = recordedSpans(src.file, src.all)
	}
	out := newSpans(id, maskSpans(src.hide, spans), src.result)
	out.At = src.rec.At
	return out
}

// newSpans arranges spans for looking at them. r is what they were judged as;
// nil when that is not known.
func newSpans(id ScenarioID, spans []trace.Span, r *Result) *Spans {
	s := &spanTree{Spans: &Spans{ID: id}, set: trace.NewSet(spans)}
	s.Detail, s.Mentions, s.Checks = s.detail, s.mentions, s.checks
	s.Total = s.set.Len()
	last := uint64(0)
	for ref := range trace.Ref(s.Total) {
		sp := s.set.Span(ref)
		if sp.Status == trace.StatusError {
			s.Errors++
		}
		if sp.Timed() {
			if s.From == 0 || sp.Start < s.From {
				s.From = sp.Start
			}
			last = max(last, sp.End)
		}
	}
	s.Length = time.Duration(last - min(s.From, last))
	s.arrange()
	s.markCritical()
	s.relate(r)
	return s.Spans
}

// arrange fills Rows, depth first.
func (s *spanTree) arrange() {
	seen := make([]bool, s.Total)
	roots := slices.Concat(s.set.Roots(), s.set.Orphans())
	s.byStart(roots)
	services := map[*trace.Resource]string{}
	type item struct {
		ref    trace.Ref
		parent int
	}
	var stack []item
	push := func(refs []trace.Ref, parent int) {
		for _, r := range slices.Backward(refs) {
			stack = append(stack, item{r, parent})
		}
	}
	push(roots, -1)
	next := trace.Ref(0)
	for len(s.Rows) < maxViewSpans {
		if len(stack) == 0 { // what is left are circles: enter them somewhere
			for int(next) < s.Total && seen[next] {
				next++
			}
			if int(next) == s.Total {
				break
			}
			push([]trace.Ref{next}, -1)
		}
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[it.ref] {
			continue
		}
		seen[it.ref] = true
		s.add(it.ref, it.parent, services)
		children := slices.Clone(s.set.Children(it.ref))
		s.byStart(children)
		push(children, len(s.Rows)-1)
	}
	for i := len(s.Rows) - 1; i >= 0; i-- {
		if p := s.Rows[i].Parent; p >= 0 {
			s.Rows[p].Below += 1 + s.Rows[i].Below
		}
	}
}

// byStart sorts rows of the set by their start; those without keep the order of
// arrival and come last.
func (s *spanTree) byStart(refs []trace.Ref) {
	slices.SortStableFunc(refs, func(a, b trace.Ref) int {
		x, y := s.set.Span(a).Start, s.set.Span(b).Start
		switch {
		case x == y:
			return 0
		case y == 0 || x != 0 && x < y:
			return -1
		}
		return 1
	})
}

// add appends one row.
func (s *spanTree) add(ref trace.Ref, parent int, services map[*trace.Resource]string) {
	sp := s.set.Span(ref)
	row := Span{Name: sp.Name, Parent: parent, Error: sp.Status == trace.StatusError}
	if parent >= 0 {
		row.Depth = s.Rows[parent].Depth + 1
	} else {
		row.Orphan = sp.ParentID != ""
	}
	if sp.Timed() {
		row.Start, row.Timed = time.Duration(sp.Start-s.From), true
	}
	if ns, known := sp.Duration(); known {
		row.Duration, row.Measured = time.Duration(ns), true
	}
	name, known := services[sp.Resource]
	if !known && sp.Resource != nil {
		if v, ok := trace.Lookup(sp.Resource.Attrs, "service.name"); ok {
			name = trace.ValueText(v)
		}
		services[sp.Resource] = name
	}
	if name == "" {
		name = sp.Source.Service
	}
	row.Service = name
	s.Rows = append(s.Rows, row)
	s.refs = append(s.refs, ref)
}

// markCritical walks each trace from its end: the child that ended last held its
// parent up until then, before it the child that ended last before that one
// began, and so on down.
func (s *spanTree) markCritical() {
	var byEnd []int
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.Parent < 0 {
			row.Critical = row.Timed
		}
		if !row.Critical {
			continue
		}
		byEnd = byEnd[:0]
		for c := i + 1; c <= i+row.Below; c += 1 + s.Rows[c].Below {
			if s.Rows[c].Timed {
				byEnd = append(byEnd, c)
			}
		}
		end := func(i int) time.Duration { return s.Rows[i].Start + s.Rows[i].Duration }
		slices.SortStableFunc(byEnd, func(a, b int) int { return cmp.Compare(end(b), end(a)) })
		until := end(i)
		for k, c := range byEnd {
			if end(c) > until && k > 0 {
				continue // it ran beside one that is on the path
			}
			s.Rows[c].Critical = true
			until = s.Rows[c].Start
		}
	}
}

// relate finds out which checks are about which spans, and which spans are
// missing.
func (s *spanTree) relate(r *Result) {
	if r == nil {
		return
	}
	s.result, s.named = r, map[string][]int{}
	byName := map[string][]int{} // rows by name
	for i := range s.Rows {
		byName[s.Rows[i].Name] = append(byName[s.Rows[i].Name], i)
	}
	missed := map[string]bool{}
	s.CheckRows = make([]int, len(r.Checks))
	for i := range r.Checks {
		c := &r.Checks[i]
		var rows []int
		for _, pattern := range c.Spans {
			matches, err := expect.Matcher(pattern)
			if err != nil {
				continue
			}
			found := false
			for name, of := range byName {
				if matches(name) {
					found = true
					rows = append(rows, of...)
					if list := s.named[name]; len(list) == 0 || list[len(list)-1] != i { // of several patterns
						s.named[name] = append(list, i)
					}
				}
			}
			if !found && !c.OK && !missed[pattern] {
				missed[pattern] = true
				s.Missing = append(s.Missing, MissingSpan{Name: pattern, Parent: s.expectedBelow(c, pattern), Check: i})
			}
		}
		s.CheckRows[i] = s.rowOf(c, rows)
		for _, row := range rows {
			s.Rows[row].Failed = s.Rows[row].Failed || !c.OK
		}
	}
}

// checks are those that are about the span of a row.
func (s *spanTree) checks(row int) []int {
	if s.result == nil {
		return nil
	}
	out := slices.Clone(s.named[s.Rows[row].Name])
	id := s.set.Span(s.refs[row]).ID
	for i := range s.result.Checks {
		if c := &s.result.Checks[i]; !c.OK && id != "" && !slices.Contains(out, i) && strings.Contains(strings.Join(c.Explain, " "), "(span "+id) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		switch x, y := s.result.Checks[a].OK, s.result.Checks[b].OK; {
		case x == y:
			return cmp.Compare(a, b)
		case x:
			return 1
		}
		return -1
	})
	return out
}

// rowOf is the row among those that a check asks for which its explanation
// names, else the first of them; -1 without any.
func (s *spanTree) rowOf(c *Check, rows []int) int {
	if len(rows) == 0 {
		return -1
	}
	if explain := strings.Join(c.Explain, " "); strings.Contains(explain, "(span ") {
		for _, row := range rows {
			if id := s.set.Span(s.refs[row]).ID; id != "" && strings.Contains(explain, "(span "+id) {
				return row
			}
		}
	}
	return slices.Min(rows)
}

// expectedBelow is the row below which a rule wants a span: the start of an edge
// of the graph.
func (s *spanTree) expectedBelow(c *Check, name string) int {
	if !strings.HasPrefix(c.Rule, "expect.graph.must_include") || len(c.Spans) != 2 || c.Spans[1] != name {
		return -1
	}
	matches, err := expect.Matcher(c.Spans[0])
	if err != nil {
		return -1
	}
	return slices.IndexFunc(s.Rows, func(row Span) bool { return matches(row.Name) })
}

// detail returns what is known of the span of a row.
func (s *spanTree) detail(row int) SpanDetail {
	sp := s.set.Span(s.refs[row])
	d := SpanDetail{
		Kind: sp.Kind.String(), Status: sp.Status.String(), StatusMessage: sp.StatusMessage,
		TraceID: sp.TraceID, ID: sp.ID, ParentID: sp.ParentID, Scope: sp.Scope, Source: sp.Source.String(),
		Attributes: spanAttrs(sp.Attrs),
	}
	if sp.Resource != nil {
		d.Resource = spanAttrs(sp.Resource.Attrs)
	}
	for _, ev := range sp.Events {
		out := SpanEvent{Name: ev.Name, Offset: -1, Attributes: spanAttrs(ev.Attrs)}
		if sp.Timed() && ev.Time >= sp.Start {
			out.Offset = time.Duration(ev.Time - sp.Start)
		}
		d.Events = append(d.Events, out)
	}
	return d
}

func spanAttrs(attrs []trace.Attr) []SpanAttr {
	out := make([]SpanAttr, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, SpanAttr{a.Key, trace.ValueText(a.Value)})
	}
	return out
}
