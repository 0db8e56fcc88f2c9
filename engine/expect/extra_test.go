package expect

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// cut takes the parent of the spans of a name away: they become orphans.
func cut(name string) func(*trace.Span) {
	return on(name, func(s *trace.Span) { s.ParentID = "ffff" })
}

// apart puts the spans of a name into a trace of their own.
func apart(name string) func(*trace.Span) {
	return on(name, func(s *trace.Span) { s.TraceID, s.ParentID = "t2", "" })
}

// circle makes the spans of a name their own parents.
func circle(name string) func(*trace.Span) {
	return on(name, func(s *trace.Span) { s.ParentID = s.ID })
}

const threeLevels = "run 1 9\n  step 2 8\n    call 3 4\n  end 8 9"

func TestMaxDepth(t *testing.T) {
	depth := func(n int64) *spec.Expect {
		return &spec.Expect{Graph: &spec.GraphExpect{MaxDepth: &n, MaxDepthPos: line(7)}}
	}
	const rule = "expect.graph.max_depth"
	wantGreen(t, judgeSpans(depth(3), tree(threeLevels)))
	wantGreen(t, judgeSpans(depth(1), tree("run")))
	c := wantRed(t, judgeSpans(depth(2), tree(threeLevels)), rule, "at most 2 levels, found 3 down to 'call'")
	if c.Pos != line(7) || len(c.Explain) != 3 {
		t.Errorf("%+v", c)
	}
	// What hangs below an unknown parent is one level deeper than it looks.
	wantGreen(t, judgeSpans(depth(2), tree("run", cut("run"))))
	wantRed(t, judgeSpans(depth(1), tree("run", cut("run"))), rule, "found 2")
	wantRed(t, judgeSpans(depth(9), tree(threeLevels, circle("call"))), rule, "1 cycle")
}

func TestSingleRootNoOrphansConnected(t *testing.T) {
	graph := &spec.Expect{Graph: &spec.GraphExpect{SingleRoot: true, NoOrphans: true, Connected: true}}
	const root, orphans, connected = "expect.graph.single_root", "expect.graph.no_orphans", "expect.graph.must_be_connected"
	cases := []struct {
		name   string
		change func(*trace.Span)
		failed []string
	}{
		{"one tree", func(*trace.Span) {}, nil},
		{"two traces", apart("end"), []string{root, connected}},
		{"an orphan", cut("call"), []string{root, orphans, connected}},
		{"no root", cut("run"), []string{root, orphans}},
		{"a circle", circle("call"), []string{root, connected}},
	}
	for _, c := range cases {
		r := judgeSpans(graph, tree(threeLevels, c.change))
		if len(r.Checks) != 3 {
			t.Fatalf("%s: %+v", c.name, r.Checks)
		}
		var failed []string
		for _, f := range r.Failures() {
			failed = append(failed, f.Rule)
		}
		if len(failed) != len(c.failed) {
			t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
			continue
		}
		for i := range failed {
			if failed[i] != c.failed[i] {
				t.Errorf("%s: failed %v, want %v", c.name, failed, c.failed)
			}
		}
	}
	wantRed(t, judgeSpans(graph, tree(threeLevels, cut("call"))), root, "1 root and 1 span whose parent was not collected", "'call'")
}

func TestSpansPerService(t *testing.T) {
	two := tree(threeLevels, on("call", func(s *trace.Span) { s.Resource = &trace.Resource{Attrs: attrs("service.name", "pay")} }))
	per := func(name string, b spec.Bound) *spec.Expect {
		return &spec.Expect{Counts: &spec.CountsExpect{ByService: []spec.NamedBound{{Name: name, Bound: b}}}}
	}
	n := func(v int64) *int64 { return &v }
	wantGreen(t, judgeSpans(per("shop", spec.Bound{Eq: n(3)}), two))
	wantGreen(t, judgeSpans(per("*", spec.Bound{Eq: n(4)}), two))
	wantGreen(t, judgeSpans(per("other", spec.Bound{Eq: n(0)}), two))
	wantRed(t, judgeSpans(per("pay", spec.Bound{Gte: n(2)}), two), "expect.counts.spans_per_service[pay]", "at least 2, found 1", "3 spans of service 'shop'")
	none := tree("run", func(s *trace.Span) { s.Resource = nil })
	for _, b := range []spec.Bound{{Eq: n(0)}, {Lte: n(5)}, {Gte: n(1)}} {
		wantRed(t, judgeSpans(per("shop", b), none), "expect.counts.spans_per_service[shop]", "none has the resource attribute service.name")
	}
	wantRed(t, judgeSpans(per("[a", spec.Bound{Lte: n(5)}), two), "expect.counts.spans_per_service[[a]", "cannot be read")
}

func TestDurationOfWindows(t *testing.T) {
	w := func(outer string, d spec.DurationExpect) *spec.Expect {
		return &spec.Expect{Windows: []*spec.WindowExpect{{Outer: outer, Duration: &d}}}
	}
	wantGreen(t, judgeSpans(w("step", spec.DurationExpect{Min: ptr(6.0), Max: ptr(6.0)}), tree(threeLevels)))
	wantRed(t, judgeSpans(w("step", spec.DurationExpect{Min: ptr(6.5)}), tree(threeLevels)), "expect.window[0:step].duration_ms", "at least 6.5ms, found 6ms")
	wantRed(t, judgeSpans(w("step", spec.DurationExpect{Max: ptr(5.5)}), tree(threeLevels)), "expect.window[0:step].duration_ms", "at most 5.5ms, found 6ms")
	// Every span of the name counts, not the first one.
	wantRed(t, judgeSpans(w("*", spec.DurationExpect{Min: ptr(1.5)}), tree(threeLevels)), "expect.window[0:*].duration_ms", "'call'")
	r := judgeSpans(w("nothing", spec.DurationExpect{Max: ptr(9.0)}), tree(threeLevels))
	if len(r.Failures()) != 2 {
		t.Errorf("%+v", r.Checks)
	}
	timeless := tree(threeLevels, on("step", func(s *trace.Span) { s.End = 0 }))
	r = judgeSpans(w("step", spec.DurationExpect{Max: ptr(9.0)}), timeless)
	if f := r.Failures(); len(f) != 2 || f[1].Rule != "expect.window[0:step].duration_ms" {
		t.Errorf("%+v", r.Checks)
	}
}

func TestExpectedTraces(t *testing.T) {
	want := func(complete bool, names ...string) *spec.Expect {
		return &spec.Expect{Traces: []*spec.TraceExpect{{Names: names, Complete: complete, Pos: line(4)}}}
	}
	const rule = "otel_validation.expected_traces[0]"
	wantGreen(t, judgeSpans(want(true, "run", "call"), tree(threeLevels)))
	wantGreen(t, judgeSpans(want(false, "c*", "step"), tree(threeLevels, cut("step"))))
	wantRed(t, judgeSpans(want(true, "c*", "step"), tree(threeLevels, cut("step"))), rule, "all parents", "has all names, and 1 span whose parent was not collected")
	// All names are there, but in no single trace.
	c := wantRed(t, judgeSpans(want(false, "run", "end"), tree(threeLevels, apart("end"))), rule, "found none in 2 traces", "lacks 'end'")
	if c.Pos != line(4) {
		t.Errorf("%+v", c)
	}
	// An orphan in another trace is no matter.
	wantGreen(t, judgeSpans(want(true, "run"), tree(threeLevels, on("end", func(s *trace.Span) { s.TraceID = "t2" }))))
	wantRed(t, judgeSpans(want(false, "run"), nil), rule, "no spans collected")
}

func TestBoundsOfEveryTrace(t *testing.T) {
	each := func(d *spec.DurationExpect, nested bool) *spec.Expect {
		return &spec.Expect{EachTrace: &spec.EachTraceExpect{Duration: d, Nested: nested}}
	}
	const duration, nested = "expect.window.duration_ms", "expect.window.parent_contains_children"
	wantGreen(t, judgeSpans(each(&spec.DurationExpect{Min: ptr(8.0), Max: ptr(8.0)}, true), tree(threeLevels)))
	wantRed(t, judgeSpans(each(&spec.DurationExpect{Max: ptr(7.9)}, false), tree(threeLevels)), duration, "at most 7.9ms, found one of 8ms")
	wantRed(t, judgeSpans(each(&spec.DurationExpect{Min: ptr(2.0)}, false), tree(threeLevels, apart("end"))), duration, "found one of 1ms")
	timeless := on("call", func(s *trace.Span) { s.Start, s.End = 0, 0 })
	wantRed(t, judgeSpans(each(&spec.DurationExpect{Max: ptr(9.0)}, false), tree(threeLevels, timeless)), duration, "'call' could lie anywhere", "no times")
	wantRed(t, judgeSpans(each(nil, true), tree(threeLevels, timeless)), nested, "1 of 3 outside", "no times")
	wantRed(t, judgeSpans(each(nil, true), tree("run 2 9\n  early 1 3\n  late 8 11\n  fine 2 9")), nested, "2 of 3 outside", "starts 1ms before 'run'", "ends 2ms after 'run'")
	r := judgeSpans(each(nil, true), tree("run"))
	wantGreen(t, r)
	if r.Checks[0].Note == "" {
		t.Error("nothing was compared and nothing says so")
	}
}
