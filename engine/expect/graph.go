package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// graph judges [expect.graph].
func (j *judge) graph(e *spec.GraphExpect) {
	if e == nil {
		return
	}
	for _, edge := range e.MustInclude {
		j.mustInclude(e, edge)
	}
	for _, edge := range e.MustNotCross {
		j.mustNotCross(e, edge)
	}
	if e.Acyclic {
		j.acyclic(e)
	}
}

// mustInclude wants a direct edge in one trace.
func (j *judge) mustInclude(e *spec.GraphExpect, edge spec.Edge) {
	c := Check{
		Rule: fmt.Sprintf("expect.graph.must_include[%s -> %s]", edge.From, edge.To),
		Pos:  at(edge.Pos, e.Pos), Spans: []string{edge.From, edge.To},
	}
	from, to := j.pattern(edge.From), j.pattern(edge.To)
	c.OK = slices.ContainsFunc(to.refs, func(r trace.Ref) bool {
		up := j.set.Parent(r)
		return up != trace.NoRef && j.has(from, up)
	})
	if c.OK {
		j.add(c)
		return
	}
	switch {
	case len(from.refs) == 0:
		c.Message = fmt.Sprintf("expected an edge '%s' -> '%s': parent span '%s' not found", edge.From, edge.To, edge.From)
		c.Explain = j.absent(from)
	case len(to.refs) == 0:
		c.Message = fmt.Sprintf("expected an edge '%s' -> '%s': child span '%s' not found", edge.From, edge.To, edge.To)
		c.Explain = j.absent(to)
	default:
		c.Message = fmt.Sprintf("required edge '%s' -> '%s' not found: %s", edge.From, edge.To, j.parentsOf(to))
		c.Explain = j.explainEdge(from, to)
	}
	j.add(c)
}

// parentsOf says in half a sentence which parents the spans of a pattern have.
func (j *judge) parentsOf(p *pattern) string {
	r := p.refs[0]
	t := fmt.Sprintf("the parent of '%s' is ", j.set.Span(r).Name) + j.parentName(r)
	if n := len(p.refs) - 1; n > 0 {
		t += fmt.Sprintf(" (and %s elsewhere)", count(n, "span"))
	}
	return t
}

func (j *judge) parentName(r trace.Ref) string {
	if up := j.set.Parent(r); up != trace.NoRef {
		return "'" + j.set.Span(up).Name + "'"
	}
	if id := j.set.Span(r).ParentID; id != "" {
		return id + ", which was not collected"
	}
	return "none (a root)"
}

// explainEdge shows where the children are instead. A child that has the parent
// higher up is the nearest miss and comes first.
func (j *judge) explainEdge(from, to *pattern) []string {
	above := j.above(from)
	var near, far []string
	for _, r := range to.refs {
		line := "  " + j.place(r) + ": parent is " + j.parentName(r)
		if above[r] {
			if len(near) < maxListed {
				near = append(near, line+"; '"+from.text+"' is above, not direct")
			}
		} else if len(far) < maxListed {
			far = append(far, line)
		}
	}
	lines := append(near, far...)
	return append([]string{fmt.Sprintf("%s '%s', none directly below '%s'", count(len(to.refs), "span"), to.text, from.text)},
		lines[:min(len(lines), maxListed)]...)
}

// above tells for every row whether a proper ancestor matches p. On a cycle a
// span is an ancestor of itself.
func (j *judge) above(p *pattern) []bool {
	if p.under != nil {
		return p.under
	}
	p.under = make([]bool, j.set.Len())
	onCycle := 0
	for _, cycle := range j.set.Cycles() {
		hit := slices.ContainsFunc(cycle, func(r trace.Ref) bool { return j.has(p, r) })
		for _, r := range cycle {
			p.under[r] = hit
		}
		onCycle += len(cycle)
	}
	for _, r := range j.set.TopDown() {
		up := j.set.Parent(r)
		if up != trace.NoRef && !p.under[r] {
			p.under[r] = p.under[up] || j.has(p, up)
		}
	}
	return p.under
}

// mustNotCross wants no path between two kinds of spans, in either direction.
func (j *judge) mustNotCross(e *spec.GraphExpect, edge spec.Edge) {
	c := Check{
		Rule: fmt.Sprintf("expect.graph.must_not_cross[%s -> %s]", edge.From, edge.To),
		Pos:  at(edge.Pos, e.Pos), Spans: []string{edge.From, edge.To},
	}
	a, b := j.pattern(edge.From), j.pattern(edge.To)
	for _, p := range [...]*pattern{a, b} {
		if p.err != nil {
			c.Message, c.Explain = fmt.Sprintf("the pattern '%s' cannot be read", p.text), j.absent(p)
			j.add(c)
			return
		}
	}
	path := j.path(a, b)
	if path == nil {
		path = j.path(b, a)
	}
	c.OK = path == nil
	if !c.OK {
		c.Message = fmt.Sprintf("expected no path between '%s' and '%s', found %s", edge.From, edge.To, j.pathText(path))
		for depth, r := range path[:min(len(path), 2*maxListed)] {
			c.Explain = append(c.Explain, strings.Repeat("  ", depth)+j.place(r))
		}
	} else if p := firstEmpty(a, b); p != nil {
		c.Note = fmt.Sprintf("no span matches '%s'", p.text)
	}
	j.add(c)
}

// firstEmpty returns the first pattern that no span matches, nil when all have
// one.
func firstEmpty(ps ...*pattern) *pattern {
	for _, p := range ps {
		if len(p.refs) == 0 {
			return p
		}
	}
	return nil
}

// path returns a path from a span that matches top down to one that matches
// bottom, nil when there is none.
func (j *judge) path(top, bottom *pattern) []trace.Ref {
	if len(top.refs) == 0 || len(bottom.refs) == 0 {
		return nil
	}
	above := j.above(top)
	i := slices.IndexFunc(bottom.refs, func(r trace.Ref) bool { return above[r] })
	if i < 0 {
		return nil
	}
	r := bottom.refs[i]
	path := []trace.Ref{r}
	for {
		r = j.set.Parent(r)
		path = append(path, r)
		if j.has(top, r) {
			break
		}
	}
	slices.Reverse(path)
	return path
}

// pathText writes a path as a -> b -> c, long ones without their middle.
func (j *judge) pathText(path []trace.Ref) string {
	names := make([]string, 0, len(path))
	for _, r := range path {
		names = append(names, "'"+j.set.Span(r).Name+"'")
	}
	if n := len(names); n > 2*maxListed {
		names = slices.Concat(names[:maxListed], []string{"…"}, names[n-maxListed:])
	}
	return strings.Join(names, " -> ")
}

func (j *judge) acyclic(e *spec.GraphExpect) {
	c := Check{Rule: "expect.graph.acyclic", Pos: at(e.AcyclicPos, e.Pos)}
	cycles := j.set.Cycles()
	c.OK = len(cycles) == 0
	if !c.OK {
		loop := append(slices.Clone(cycles[0]), cycles[0][0])
		slices.Reverse(loop) // from parent to child, as everywhere
		c.Message = fmt.Sprintf("expected parent links without a cycle, found %s: %s", count(len(cycles), "cycle"), j.pathText(loop))
		for _, r := range cycles[0][:min(len(cycles[0]), 2*maxListed)] {
			c.Spans = append(c.Spans, j.set.Span(r).Name)
			c.Explain = append(c.Explain, j.place(r)+": parent is "+j.parentName(r))
		}
	}
	j.add(c)
}
