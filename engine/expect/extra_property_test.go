package expect

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// extras makes expectations that extra judges, over the vocabulary of the
// generator.
func (g generator) extras() *spec.Expect {
	depth := int64(g.IntN(5) + 1)
	e := &spec.Expect{
		Graph: &spec.GraphExpect{MaxDepth: &depth, SingleRoot: true, NoOrphans: true, Connected: true},
		Counts: &spec.CountsExpect{ByService: []spec.NamedBound{
			{Name: g.one("shop", "s*", "*", "other"), Bound: *g.bound()},
		}},
		Windows:   []*spec.WindowExpect{{Outer: g.pattern(), Duration: g.duration()}},
		EachTrace: &spec.EachTraceExpect{Duration: g.duration(), Nested: true},
	}
	e.Traces = append(e.Traces, &spec.TraceExpect{Names: []string{g.pattern(), g.pattern()}, Complete: g.chance(50)})
	e.Values = []*spec.ValueExpect{{Key: g.one("k", "n", "service.name"), Type: g.one("", "string", "integer", "number", "boolean")}}
	for range g.IntN(2) {
		e.Values[0].All = append(e.Values[0].All, spec.AttrExpect{Key: e.Values[0].Key, Op: g.op(), Value: g.one("s", "1"), Number: float64(g.IntN(3)), OneOf: []string{"1", "2", "pass", "shop", "stock"}})
	}
	e.Gaps = []*spec.GapExpect{{From: g.pattern(), To: g.pattern()}}
	if g.chance(60) {
		limit := float64(g.IntN(5))
		e.Gaps[0].Max = &limit
	}
	e.Siblings = []*spec.SiblingExpect{{A: g.pattern(), B: g.pattern(), Parent: g.one("", "", "*", "a"), Order: g.one("", spec.OrderParallel, spec.OrderSequential)}}
	return e
}

func (g generator) op() spec.AttrOp {
	return []spec.AttrOp{spec.AttrGte, spec.AttrLte, spec.AttrRegex, spec.AttrOneOf}[g.IntN(4)]
}

func (g generator) duration() *spec.DurationExpect {
	lo, hi := float64(g.IntN(4)), float64(g.IntN(14))
	d := &spec.DurationExpect{Min: &lo, Max: &hi}
	switch g.IntN(3) {
	case 0:
		d.Min = nil
	case 1:
		d.Max = nil
	}
	return d
}

// extras judges the same by plain loops, in the order of extra.
func (n *naive) extras(e *spec.Expect) {
	roots, orphans, depth := 0, 0, int64(0)
	var circles [][]int
	for i, s := range n.spans {
		up := n.ancestors(i)
		switch {
		case s.ParentID == "":
			roots++
		case n.parent(i) < 0:
			orphans++
		case slices.Contains(up, i):
			circle := append([]int(nil), up...)
			slices.Sort(circle)
			if !slices.ContainsFunc(circles, func(c []int) bool { return slices.Equal(c, circle) }) {
				circles = append(circles, circle)
			}
		}
		level := int64(len(up) + 1)
		top := i
		if len(up) > 0 {
			top = up[len(up)-1]
		}
		if n.spans[top].ParentID != "" {
			level++
		}
		depth = max(depth, level)
	}
	n.add("expect.graph.max_depth", len(circles) == 0 && depth <= *e.Graph.MaxDepth)
	n.add("expect.graph.single_root", roots == 1 && orphans == 0 && len(circles) == 0)
	n.add("expect.graph.no_orphans", orphans == 0)
	n.add("expect.graph.must_be_connected", roots+orphans+len(circles) == 1)
	for _, b := range e.Counts.ByService {
		var found int64
		known := false
		for _, s := range n.spans {
			if s.Resource == nil {
				continue
			}
			if v, ok := trace.Lookup(s.Resource.Attrs, "service.name"); ok {
				known = true
				if globMatch(b.Name, v.(string)) {
					found++
				}
			}
		}
		n.add("expect.counts.spans_per_service["+b.Name+"]", known && (b.Eq == nil || found == *b.Eq) && (b.Gte == nil || found >= *b.Gte) && (b.Lte == nil || found <= *b.Lte))
	}
	for _, w := range e.Windows {
		ok := len(n.named(w.Outer)) > 0
		for _, i := range n.named(w.Outer) {
			ok = ok && timed(n.spans[i]) && inBounds(w.Duration, n.spans[i].End-n.spans[i].Start)
		}
		n.add("expect.window[0:"+w.Outer+"].duration_ms", ok)
	}
	traces := map[string][]int{}
	for i, s := range n.spans {
		traces[s.TraceID] = append(traces[s.TraceID], i)
	}
	for _, want := range e.Traces {
		ok := false
		for _, rows := range traces {
			good := true
			for _, name := range want.Names {
				good = good && slices.ContainsFunc(rows, func(i int) bool { return slices.Contains(n.named(name), i) })
			}
			for _, i := range rows {
				good = good && (!want.Complete || n.spans[i].ParentID == "" || n.parent(i) >= 0)
			}
			ok = ok || good
		}
		n.add("otel_validation.expected_traces[0]", ok)
	}
	lasts, nested := true, true
	for _, rows := range traces {
		first, last := uint64(1<<63), uint64(0)
		for _, i := range rows {
			s := n.spans[i]
			lasts = lasts && timed(s)
			first, last = min(first, s.Start), max(last, s.End)
			if up := n.parent(i); up >= 0 {
				p := n.spans[up]
				nested = nested && timed(s) && timed(p) && p.Start <= s.Start && s.End <= p.End && !n.apart(i, up)
			}
			for _, k := range rows {
				lasts = lasts && !n.apart(i, k)
			}
		}
		lasts = lasts && inBounds(e.EachTrace.Duration, last-first)
	}
	n.add("expect.window.duration_ms", lasts)
	n.add("expect.window.parent_contains_children", nested)
	n.constraints(e)
}

func inBounds(d *spec.DurationExpect, ns uint64) bool {
	ms := float64(ns) / 1e6
	return !(d.Min != nil && ms < *d.Min) && !(d.Max != nil && ms > *d.Max)
}

func TestExtraRulesAgreeWithTheNaiveJudge(t *testing.T) {
	cases := judgeCases(t)
	seen, skewed := map[string][2]int{}, map[string]int{}
	for seed := range uint64(cases) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		spans, e := g.spans(), g.extras()
		n := &naive{}
		for _, s := range spans {
			if !slices.ContainsFunc(n.spans, func(t trace.Span) bool { return s.ID != "" && t.ID == s.ID && t.TraceID == s.TraceID }) {
				n.spans = append(n.spans, s)
			}
		}
		n.extras(e)
		var got []verdict
		for _, c := range Judge(e, trace.NewSet(slices.Clone(spans)), Options{}).Checks {
			if c.Rule == "trace.duplicates" || c.Rule == "expect.window[0:"+e.Windows[0].Outer+"]" {
				continue // judged elsewhere
			}
			got = append(got, verdict{c.Rule, c.OK})
			count := seen[ruleKind(c.Rule)]
			if c.OK {
				count[1]++
			} else {
				count[0]++
			}
			seen[ruleKind(c.Rule)] = count
			countSkew(skewed, c)
			if !c.OK && c.Message == "" {
				t.Fatalf("seed %d: %s fails without a message", seed, c.Rule)
			}
		}
		if len(n.spans) == 0 {
			for i := range n.out {
				n.out[i].ok = false
			}
		}
		if !slices.Equal(got, n.out) {
			t.Fatalf("seed %d: judged %v\nby plain loops %v\n%s", seed, got, n.out, describe(spans))
		}
	}
	wantSkew(t, skewed, cases, "expect.window.duration_ms", "expect.window.parent_contains_children",
		"otel_validation.temporal_constraints", "otel_validation.sibling_constraints")
	for kind, n := range seen {
		if n[0] < cases/200 || n[1] < cases/200 {
			t.Errorf("rule %s failed %d and held %d times: the generator does not exercise it", kind, n[0], n[1])
		}
	}
}
