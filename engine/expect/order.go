package expect

import (
	"fmt"
	"math"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// order judges [expect.order].
func (j *judge) order(e *spec.OrderExpect) {
	if e == nil {
		return
	}
	for _, edge := range e.MustPrecede {
		rule := fmt.Sprintf("expect.order.must_precede[%s -> %s]", edge.From, edge.To)
		j.precedes(rule, at(edge.Pos, e.Pos), edge.From, edge.To)
	}
	for _, edge := range e.MustFollow {
		rule := fmt.Sprintf("expect.order.must_follow[%s -> %s]", edge.From, edge.To)
		j.precedes(rule, at(edge.Pos, e.Pos), edge.To, edge.From)
	}
}

// precedes wants, for each later span, an earlier one that ends before it
// starts, or that is its ancestor and starts no later.
func (j *judge) precedes(rule string, pos diag.Position, earlier, later string) {
	c := Check{Rule: rule, Pos: pos, Spans: []string{earlier, later}}
	a, b := j.pattern(earlier), j.pattern(later)
	for _, p := range [...]*pattern{a, b} {
		if len(p.refs) == 0 {
			c.Message = fmt.Sprintf("expected '%s' before '%s', found no span '%s'", earlier, later, p.text)
			c.Explain = j.absent(p)
			j.add(c)
			return
		}
	}
	first, second := j.earliestEnds(a)
	var late []trace.Ref
	skewed, other := trace.NoRef, trace.NoRef // a span that cannot be placed, and for whose sake
	var ends map[int][2]moment
	if j.skews().of != nil {
		ends = j.firstOfClock(a)
	}
	for _, r := range b.refs {
		done := first
		if first.ref == r {
			done = second // a span does not precede itself
		}
		start, left := j.set.Span(r).Start, trace.NoRef
		after := done.ref != trace.NoRef && done.at <= start
		if ends != nil {
			if after, left = j.before(ends, r); !after {
				after = j.causes(a, r)
			}
		}
		if start != 0 && (after || j.startsBelow(a, r)) {
			continue
		}
		late = append(late, r)
		if start != 0 && left != trace.NoRef {
			skewed, other = r, left
		}
	}
	if c.OK = len(late) == 0; !c.OK {
		c.Message = j.lateMessage(late[0], a, len(late), len(b.refs))
		c.Explain = j.explainOrder(late, first, a)
		if skewed != trace.NoRef {
			c.Message = fmt.Sprintf("'%s' before every '%s' cannot be decided: %s", earlier, later, j.skewText(other, skewed))
			c.Explain = []string{"not comparable", "  " + j.place(other), "  " + j.place(skewed)}
		}
	}
	j.add(c)
}

// moment is when a span ends; at is the greatest number when there is none.
type moment struct {
	at  uint64
	ref trace.Ref
}

// earliestEnds returns the two earliest ends among the spans that match p and
// have both times.
func (j *judge) earliestEnds(p *pattern) (first, second moment) {
	first = moment{math.MaxUint64, trace.NoRef}
	second = first
	for _, r := range p.refs {
		s := j.set.Span(r)
		switch {
		case !s.Timed():
		case s.End < first.at:
			first, second = moment{s.End, r}, first
		case s.End < second.at:
			second = moment{s.End, r}
		}
	}
	return first, second
}

// earliestAbove gives for every row the earliest start of a proper ancestor
// that matches p; the greatest number when there is none.
func (j *judge) earliestAbove(p *pattern) []uint64 {
	if p.earliest != nil {
		return p.earliest
	}
	p.earliest = make([]uint64, j.set.Len())
	for i := range p.earliest {
		p.earliest[i] = math.MaxUint64
	}
	own := func(r trace.Ref) uint64 {
		if s := j.set.Span(r); s.Start != 0 && j.has(p, r) {
			return s.Start
		}
		return math.MaxUint64
	}
	for _, cycle := range j.set.Cycles() {
		least := uint64(math.MaxUint64)
		for _, r := range cycle {
			least = min(least, own(r))
		}
		for _, r := range cycle {
			p.earliest[r] = least
		}
	}
	for _, r := range j.set.TopDown() {
		if up := j.set.Parent(r); up != trace.NoRef {
			p.earliest[r] = min(p.earliest[r], p.earliest[up], own(up))
		}
	}
	return p.earliest
}

// startsBelow reports whether a proper ancestor that matches p has started when
// the row starts.
func (j *judge) startsBelow(p *pattern, r trace.Ref) bool {
	above := j.earliestAbove(p)[r]
	return above != math.MaxUint64 && above <= j.set.Span(r).Start
}

func (j *judge) lateMessage(r trace.Ref, a *pattern, late, all int) string {
	s := j.set.Span(r)
	if s.Start == 0 {
		return fmt.Sprintf("span '%s' missing start timestamp for order validation", s.Name)
	}
	timed := false
	for _, x := range a.refs {
		timed = timed || j.set.Span(x).Timed()
	}
	if !timed {
		x := j.set.Span(a.refs[0])
		return fmt.Sprintf("span '%s' missing end timestamp for order validation (%s)", x.Name, timesOf(x))
	}
	return fmt.Sprintf("expected '%s' before every '%s', found %d of %d without", a.text, s.Name, late, all)
}

// explainOrder lists the spans that come too early, and by how much.
func (j *judge) explainOrder(late []trace.Ref, first moment, a *pattern) []string {
	lines := []string{"not preceded by '" + a.text + "'"}
	for _, r := range late[:min(len(late), maxListed)] {
		s := j.set.Span(r)
		line := "  " + j.place(r)
		switch {
		case s.Start == 0:
			line += ": " + timesOf(s)
		case first.ref == trace.NoRef || first.ref == r:
			line += ": no other span '" + a.text + "' has times"
		default:
			line += fmt.Sprintf(": starts %s before the first '%s' ends", millis(beyond(first.at, s.Start)), j.set.Span(first.ref).Name)
		}
		lines = append(lines, line)
	}
	return lines
}
