package expect

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// constraints judges what only [otel_validation] can say.
func (j *judge) constraints(e *spec.Expect) {
	for _, v := range e.Values {
		j.values(v)
	}
	for _, g := range e.Gaps {
		j.gap(g)
	}
	for _, s := range e.Siblings {
		j.siblings(s)
	}
}

// values wants every value of an attribute, of spans and of resources, to be as
// it is said, and one at least to be there. The prefix "resource." leaves out
// those of spans.
func (j *judge) values(e *spec.ValueExpect) {
	c := Check{Rule: "otel_validation.attribute_constraints[" + e.Key + "]", Pos: e.Pos}
	var conditions []attr
	key, resourceOnly := e.Key, false
	for _, want := range e.All {
		conditions = append(conditions, compileAttr(want))
	}
	if a := compileAttr(spec.AttrExpect{Key: e.Key}); a.resource {
		key, resourceOnly = a.key, true
	}
	judged := map[*trace.Resource]bool{}
	found, wrong := 0, 0
	check := func(r trace.Ref, where string, attrs []trace.Attr) {
		v, ok := trace.Lookup(attrs, key)
		if !ok {
			return
		}
		found++
		why := wrongValue(e.Type, conditions, v)
		if why == "" {
			return
		}
		if wrong++; wrong > maxListed {
			return
		}
		text := clip(trace.ValueText(v))
		if wrong == 1 {
			c.Message = fmt.Sprintf("expected every value of %s to be %s, found %s", e.Key, why, text)
		}
		c.Spans = append(c.Spans, j.set.Span(r).Name)
		c.Explain = append(c.Explain, fmt.Sprintf("%s%s: %s, not %s", j.place(r), where, text, why))
	}
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		if !resourceOnly {
			check(r, "", s.Attrs)
		}
		if s.Resource != nil && !judged[s.Resource] {
			judged[s.Resource] = true
			check(r, " (its resource)", s.Resource.Attrs)
		}
	}
	if c.OK = found > 0 && wrong == 0; found == 0 {
		c.Message = fmt.Sprintf("expected values of %s, found no span and no resource with that attribute", e.Key)
	} else if wrong > 1 {
		c.Message += fmt.Sprintf(" and %d more", wrong-1)
	}
	j.add(c)
}

// wrongValue says what a value should be and is not; empty when it is all of it.
func wrongValue(kind string, conditions []attr, v any) string {
	var ok bool
	switch kind {
	case "string":
		_, ok = v.(string)
	case "integer":
		_, ok = v.(int64)
	case "boolean":
		_, ok = v.(bool)
	case "number":
		if _, ok = v.(float64); !ok {
			_, ok = v.(int64)
		}
	default:
		ok = true
	}
	if !ok {
		return "of type " + kind
	}
	for i := range conditions {
		if a := &conditions[i]; !a.accepts(v, true) {
			return a.String()
		}
	}
	return ""
}

// gap wants, for every later span, an earlier one that has ended when it starts,
// and not longer ago than the bound.
func (j *judge) gap(e *spec.GapExpect) {
	c := Check{Rule: fmt.Sprintf("otel_validation.temporal_constraints[%s -> %s]", e.From, e.To), Pos: e.Pos, Spans: []string{e.From, e.To}}
	from, to := j.pattern(e.From), j.pattern(e.To)
	for _, p := range [...]*pattern{from, to} {
		if len(p.refs) == 0 {
			c.Message = fmt.Sprintf("expected '%s' to end before '%s' starts, found no span '%s'", e.From, e.To, p.text)
			c.Explain = j.absent(p)
			j.add(c)
			return
		}
	}
	within := "ended before it starts"
	if e.Max != nil {
		within += " by at most " + trace.ValueText(*e.Max) + "ms"
	}
	ends := j.endsByClock(from)
	late := 0
	for _, r := range to.refs {
		last, left := j.lastBefore(ends, r)
		s := j.set.Span(r)
		if last.ref != trace.NoRef && (e.Max == nil || float64(s.Start-last.at)/1e6 <= *e.Max) {
			continue
		}
		if late++; late > maxListed {
			continue
		}
		why := "none has ended"
		switch {
		case s.Start == 0:
			why = timesOf(s)
		case last.ref != trace.NoRef:
			why = fmt.Sprintf("the last one, '%s', has ended %s before", j.set.Span(last.ref).Name, millis(s.Start-last.at))
		case left != trace.NoRef:
			why = "cannot be decided: " + j.skewText(left, r)
		}
		if late == 1 {
			c.Message = fmt.Sprintf("expected for every '%s' a '%s' that has %s, but %s", e.To, e.From, within, why)
		}
		c.Explain = append(c.Explain, j.place(r)+": "+why)
	}
	c.OK = late == 0
	j.add(c)
}

// endsByClock are the ends of the spans that match p, sorted, by their clocks;
// under the number 0 when no clocks disagree.
func (j *judge) endsByClock(p *pattern) map[int][]moment {
	ends := map[int][]moment{}
	for _, r := range p.refs {
		if s := j.set.Span(r); s.Timed() {
			of := j.clockNumber(r)
			ends[of] = append(ends[of], moment{s.End, r})
		}
	}
	for _, list := range ends {
		slices.SortFunc(list, func(a, b moment) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ref, b.ref)) })
	}
	return ends
}

// lastBefore is the last of the ends, by clocks that may be compared, that is not
// after the start of a row; NoRef when there is none. left is an end whose clock
// disagrees with that of the row, if any.
func (j *judge) lastBefore(ends map[int][]moment, r trace.Ref) (last moment, left trace.Ref) {
	last.ref, left = trace.NoRef, trace.NoRef
	start := j.set.Span(r).Start
	for _, list := range ends {
		if j.apart(list[0].ref, r) {
			if left == trace.NoRef || list[0].ref < left {
				left = list[0].ref
			}
			continue
		}
		i := sort.Search(len(list), func(i int) bool { return list[i].at > start }) - 1
		if i >= 0 && list[i].ref == r {
			i-- // a span does not precede itself
		}
		if i >= 0 && list[i].at > last.at {
			last = list[i]
		}
	}
	return last, left
}

// siblings wants two spans with one parent, in an order.
func (j *judge) siblings(e *spec.SiblingExpect) {
	c := Check{Rule: fmt.Sprintf("otel_validation.sibling_constraints[%s, %s]", e.A, e.B), Pos: e.Pos, Spans: []string{e.A, e.B}}
	a, b := j.pattern(e.A), j.pattern(e.B)
	what := fmt.Sprintf("a span '%s' and a span '%s' below one parent", e.A, e.B)
	var above *pattern
	if e.Parent != "" {
		above = j.pattern(e.Parent)
		what += " '" + e.Parent + "'"
	}
	switch e.Order {
	case spec.OrderParallel:
		what += ", at the same time"
	case spec.OrderSequential:
		what += ", one after the other"
	}
	pairs, one, other := 0, trace.NoRef, trace.NoRef // that have one parent; two that cannot be compared
	for _, x := range a.refs {
		up := j.set.Parent(x)
		if up == trace.NoRef || above != nil && !j.has(above, up) {
			continue
		}
		for _, y := range j.set.Children(up) {
			if y == x || !j.has(b, y) {
				continue
			}
			pairs++
			s, t := j.set.Span(x), j.set.Span(y)
			switch {
			case e.Order == "":
				c.OK = true
			case !s.Timed() || !t.Timed():
			case j.apart(x, y):
				one, other = x, y
			case e.Order == spec.OrderParallel:
				c.OK = max(s.Start, t.Start) < min(s.End, t.End)
			default:
				c.OK = s.End <= t.Start
			}
			if c.OK {
				j.add(c)
				return
			}
			if pairs <= maxListed {
				c.Explain = append(c.Explain, fmt.Sprintf("%s and %s", j.place(x), j.place(y)))
			}
		}
	}
	switch {
	case one != trace.NoRef:
		c.Message = fmt.Sprintf("%s cannot be decided: %s", what, j.skewText(one, other))
	case pairs > 0:
		c.Message = fmt.Sprintf("expected %s, found %s that are not", what, count(pairs, "pair"))
	default:
		c.Message = fmt.Sprintf("expected %s, found none", what)
		for _, p := range [...]*pattern{a, b, above} {
			if p != nil && len(p.refs) == 0 {
				c.Explain = append(c.Explain, j.absent(p)...)
			}
		}
	}
	j.add(c)
}
