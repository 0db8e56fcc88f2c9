package expect

import (
	"fmt"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// clock is what stamped a span, in words.
func (n *naive) clock(i int) string {
	if n.spans[i].Resource == nil {
		return " on "
	}
	service, host := "", ""
	for _, a := range n.spans[i].Resource.Attrs {
		switch a.Key {
		case "service.name":
			service = a.Value.(string)
		case "host.name":
			host = a.Value.(string)
		}
	}
	return service + " on " + host
}

// wrongWay reports whether a child and its parent cannot be as they were stamped.
func (n *naive) wrongWay(child, parent int) bool {
	c, p := n.spans[child], n.spans[parent]
	return c.Start > 0 && p.Start > 0 && c.Start < p.Start ||
		p.Kind == trace.KindClient && c.Kind == trace.KindServer && timed(p) && c.Start > p.End
}

// apart reports whether two rows cannot be compared in time: somewhere between
// their clocks the trace is the wrong way round.
func (n *naive) apart(a, b int) bool {
	x, y := n.clock(a), n.clock(b)
	disagree := func(x, y string) bool {
		for i := range n.spans {
			if p := n.parent(i); p >= 0 && n.wrongWay(i, p) {
				if c, d := n.clock(i), n.clock(p); c == x && d == y || c == y && d == x {
					return true
				}
			}
		}
		return false
	}
	// reach is all that is connected with x by edges that allow.
	reach := func(allow func(child, parent int) bool) []string {
		out := []string{x}
		for range n.spans {
			for i := range n.spans {
				p := n.parent(i)
				if p < 0 || n.clock(i) == n.clock(p) || !allow(i, p) {
					continue
				}
				if c, d := n.clock(i), n.clock(p); slices.Contains(out, c) {
					out = append(out, d)
				} else if slices.Contains(out, d) {
					out = append(out, c)
				}
			}
			slices.Sort(out)
			out = slices.Compact(out)
		}
		return out
	}
	if x == y {
		return false
	}
	if disagree(x, y) {
		return true
	}
	island := reach(func(int, int) bool { return true })
	class := reach(func(c, p int) bool {
		return !disagree(n.clock(c), n.clock(p))
	})
	return slices.Contains(island, y) && !slices.Contains(class, y)
}

// caused reports whether what matches a, by another clock, is an ancestor of the
// row or what the row or an ancestor links to.
func (n *naive) caused(a string, i int) bool {
	for _, at := range append([]int{i}, n.ancestors(i)...) {
		from := []int{at}
		for _, l := range n.spans[at].Links {
			for k, s := range n.spans {
				if s.ID != "" && s.ID == l.SpanID && s.TraceID == l.TraceID {
					from = append(from, k)
				}
			}
		}
		for _, k := range from {
			if k != i && match(a, n.spans[k].Name) && n.apart(k, i) {
				return true
			}
		}
	}
	return false
}

// constraints judges what only [otel_validation] can say, by plain loops.
func (n *naive) constraints(e *spec.Expect) {
	for _, v := range e.Values {
		found, ok := false, true
		check := func(attrs []trace.Attr) {
			for _, a := range attrs {
				if a.Key != v.Key {
					continue
				}
				found = true
				kinds := map[string][]string{"string": {"string"}, "integer": {"int64"}, "number": {"int64", "float64"}, "boolean": {"bool"}}
				if v.Type != "" && !slices.Contains(kinds[v.Type], fmt.Sprintf("%T", a.Value)) {
					ok = false
				}
				for _, w := range v.All {
					ok = ok && n.attr(w, trace.Span{Attrs: []trace.Attr{a}})
				}
				return
			}
		}
		for _, s := range n.spans {
			check(s.Attrs)
			if s.Resource != nil {
				check(s.Resource.Attrs)
			}
		}
		n.add("otel_validation.attribute_constraints["+v.Key+"]", found && ok)
	}
	for _, g := range e.Gaps {
		as, bs := n.named(g.From), n.named(g.To)
		ok := len(as) > 0 && len(bs) > 0
		for _, i := range bs {
			s, one := n.spans[i], false
			for _, k := range as {
				t := n.spans[k]
				one = one || k != i && timed(t) && t.End <= s.Start && !n.apart(k, i) &&
					(g.Max == nil || float64(s.Start-t.End)/1e6 <= *g.Max)
			}
			ok = ok && one
		}
		n.add("otel_validation.temporal_constraints["+g.From+" -> "+g.To+"]", ok)
	}
	for _, w := range e.Siblings {
		ok := false
		for _, i := range n.named(w.A) {
			for _, k := range n.named(w.B) {
				p := n.parent(i)
				if i == k || p < 0 || n.parent(k) != p || w.Parent != "" && !match(w.Parent, n.spans[p].Name) {
					continue
				}
				s, t := n.spans[i], n.spans[k]
				switch w.Order {
				case "":
					ok = true
				case spec.OrderParallel:
					ok = ok || timed(s) && timed(t) && !n.apart(i, k) && s.Start < t.End && t.Start < s.End && s.Start < s.End && t.Start < t.End
				case spec.OrderSequential:
					ok = ok || timed(s) && timed(t) && !n.apart(i, k) && s.End <= t.Start
				}
			}
		}
		n.add("otel_validation.sibling_constraints["+w.A+", "+w.B+"]", ok)
	}
}
