package expect

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// The tests in this file are the fake-green traps that concern judging, by
// their numbers in engine/check/traps_test.go, and attacks of the red-team kit.

// everyKind is one expectation of each of the seven kinds.
func everyKind() *spec.Expect {
	return &spec.Expect{
		Spans:       []*spec.SpanExpect{{Name: "run", Pos: line(3), Kind: "internal"}},
		Graph:       &spec.GraphExpect{MustInclude: []spec.Edge{{From: "run", To: "step"}}, MustNotCross: []spec.Edge{{From: "step", To: "other"}}, Acyclic: true},
		Counts:      &spec.CountsExpect{SpansTotal: &spec.Bound{Lte: ptr(int64(9))}, EventsTotal: &spec.Bound{Eq: ptr(int64(0))}, ErrorsTotal: &spec.Bound{Eq: ptr(int64(0))}},
		Windows:     []*spec.WindowExpect{{Outer: "run", Contains: []string{"step"}}},
		Order:       &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "run", To: "step"}}},
		Status:      &spec.StatusExpect{All: "OK"},
		Hermeticity: &spec.HermeticityExpect{NoExternalServices: true, ForbidKeys: []string{"http.url"}},
	}
}

func TestTrap1To3EveryExpectationIsJudged(t *testing.T) {
	r := judgeSpans(everyKind(), tree("run 1 9\n  step 2 3"))
	wantGreen(t, r)
	want := []string{
		"expect.span[run].existence", "expect.span[run].kind",
		"expect.graph.must_include[run -> step]", "expect.graph.must_not_cross[step -> other]", "expect.graph.acyclic",
		"expect.counts.spans_total", "expect.counts.events_total", "expect.counts.errors_total",
		"expect.window[0:run]", "expect.order.must_precede[run -> step]", "expect.status.all",
		"expect.hermeticity.no_external_services", "expect.hermeticity.span_attrs.forbid_keys[http.url]",
	}
	if r.Judged() != len(want) || len(r.Checks) != len(want) {
		t.Fatalf("judged %d of %d, declared %d", r.Judged(), len(r.Checks), len(want))
	}
	for i, c := range r.Checks {
		if c.Rule != want[i] {
			t.Errorf("check %d is %s, want %s", i, c.Rule, want[i])
		}
	}
}

func TestTrap3NegativeExpectationsFail(t *testing.T) {
	broken := tree("run 1 9\n  step 2 3\n    mid 2 3\n      other 2 3", on("mid", func(s *trace.Span) {
		s.Status = trace.StatusError
		s.Events = []trace.Event{{Name: "e"}}
		s.Attrs = attrs("http.url", "https://example.com/")
	}))
	r := judgeSpans(everyKind(), broken)
	var failed []string
	for _, c := range r.Failures() {
		failed = append(failed, c.Rule)
	}
	want := "expect.graph.must_not_cross[step -> other] expect.counts.events_total expect.counts.errors_total " +
		"expect.status.all expect.hermeticity.no_external_services expect.hermeticity.span_attrs.forbid_keys[http.url]"
	if got := strings.Join(failed, " "); got != want {
		t.Errorf("failed %s", got)
	}
}

func TestTrap4ZeroSpansNeverPass(t *testing.T) {
	zero := ptr(int64(0))
	for name, e := range map[string]*spec.Expect{
		"every kind":         everyKind(),
		"status.all":         {Status: &spec.StatusExpect{All: "OK"}},
		"no external":        {Hermeticity: &spec.HermeticityExpect{NoExternalServices: true}},
		"forbidden keys":     {Hermeticity: &spec.HermeticityExpect{ForbidKeys: []string{"*"}}},
		"acyclic":            {Graph: &spec.GraphExpect{Acyclic: true}},
		"must_not_cross":     {Graph: &spec.GraphExpect{MustNotCross: []spec.Edge{{From: "a", To: "b"}}}},
		"span must not be":   {Spans: []*spec.SpanExpect{{Name: "a", Exists: ptr(false)}}},
		"zero spans":         {Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Eq: zero}}},
		"zero errors":        {Counts: &spec.CountsExpect{ErrorsTotal: &spec.Bound{Eq: zero}}},
		"no span of a name":  {Counts: &spec.CountsExpect{ByName: []spec.NamedBound{{Name: "a", Bound: spec.Bound{Eq: zero}}}}},
		"resource attribute": {Hermeticity: &spec.HermeticityExpect{ResourceAttrs: []spec.AttrExpect{eq("a", "b")}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := judgeSpans(e, nil)
			if len(r.Checks) == 0 {
				t.Fatal("nothing was declared")
			}
			wantRed(t, r, r.Checks[0].Rule, "no spans collected", "stdout of the steps")
			if len(r.Failures()) != 1 || r.Judged() != 1 {
				t.Errorf("%d failures, %d judged: only the first expectation fails", len(r.Failures()), r.Judged())
			}
			for _, c := range r.Checks {
				if c.OK {
					t.Errorf("%s passed", c.Rule)
				}
			}
		})
	}
}

func TestTrap6NothingDeclaredIsNoPass(t *testing.T) {
	for name, e := range map[string]*spec.Expect{
		"no table":     nil,
		"empty table":  {},
		"empty graph":  {Graph: &spec.GraphExpect{}},
		"empty counts": {Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{}}},
		"all empty":    {Graph: &spec.GraphExpect{}, Counts: &spec.CountsExpect{}, Order: &spec.OrderExpect{}, Status: &spec.StatusExpect{}, Hermeticity: &spec.HermeticityExpect{}},
	} {
		if r := judgeSpans(e, tree("run")); r.Passed() || len(r.Checks) != 0 {
			t.Errorf("%s: %+v", name, r.Checks)
		}
	}
}

func TestTrap7DurationWithoutTimesFails(t *testing.T) {
	for name, tc := range map[string]struct {
		start, end uint64
		want       string
	}{
		"no times": {0, 0, "the span has no times"}, "no end": {5, 0, "the span has no end time"},
		"no start": {0, 5, "the span has no start time"}, "inverted": {5, 4, "the span ends before it starts"},
	} {
		t.Run(name, func(t *testing.T) {
			spans := tree("run", func(s *trace.Span) { s.Start, s.End = tc.start, tc.end })
			for _, d := range []spec.DurationExpect{{Min: ptr(0.0)}, {Max: ptr(1e9)}} {
				e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "run", Duration: &d}}}
				rule := "expect.span[run].duration_ms.min"
				if d.Max != nil {
					rule = "expect.span[run].duration_ms.max"
				}
				wantRed(t, judgeSpans(e, spans), rule, "duration unknown", tc.want)
			}
		})
	}
}

func TestTrap7WindowsAndOrderWithoutTimesFail(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		spans := tree("run 1 9\n  a 2 3\n  b 4 5", on(name, func(s *trace.Span) { s.Start, s.End = 0, 0 }))
		wantRed(t, judgeSpans(&spec.Expect{Windows: []*spec.WindowExpect{{Outer: "run", Contains: []string{name}}}}, spans), "expect.window[0:run]", "no times")
		wantRed(t, judgeSpans(&spec.Expect{Windows: []*spec.WindowExpect{{Outer: name, Contains: []string{"run"}}}}, spans), "expect.window[0:"+name+"]", "no times")
		wantRed(t, judgeSpans(&spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "a", To: "b"}}}}, spans),
			"expect.order.must_precede[a -> b]", "timestamp for order validation")
	}
}

func TestTrap8AttributesAreComparedByEquality(t *testing.T) {
	spans := tree("run", func(s *trace.Span) { s.Attrs = attrs("result", "bypass") })
	for _, e := range []*spec.SpanExpect{
		{Name: "run", AttrsAll: []spec.AttrExpect{eq("result", "pass")}},
		{Name: "run", AttrsAny: []spec.AttrExpect{eq("result", "pass")}},
		{Name: "run", AttrsAll: []spec.AttrExpect{{Key: "result", Op: spec.AttrOneOf, OneOf: []string{"pass", "by"}}}},
	} {
		rule := "expect.span[run].attrs.all"
		if e.AttrsAny != nil {
			rule = "expect.span[run].attrs.any"
		}
		wantRed(t, judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, spans), rule, "result", "(found: bypass)")
	}
}

func TestTrap9NumbersAndBooleansMatchByValue(t *testing.T) {
	for _, tc := range []struct {
		value any
		text  string
		match bool
	}{
		{int64(200), "200", true}, {int64(200), "200.0", false}, {int64(200), "20", false},
		{true, "true", true}, {true, "True", false}, {false, "true", false}, {false, "false", true},
		{1.5, "1.5", true}, {2.0, "2", true}, {1e6, "1e+06", true}, {1e6, "1000000", true}, {0.1, "0.10000001", false},
		{"200", "200", true}, {"2e2", "200", false}, {" 200", "200", false}, {"", "", true},
		{[]any{"a", int64(1)}, `["a",1]`, true}, {map[string]any{"b": true, "a": "x"}, `{"a":"x","b":true}`, true},
		{[]byte("hi"), "aGk=", true},
	} {
		spans := tree("run", func(s *trace.Span) { s.Attrs = attrs("k", tc.value) })
		r := judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{{Name: "run", AttrsAll: []spec.AttrExpect{eq("k", tc.text)}}}}, spans)
		if r.Passed() != tc.match {
			t.Errorf("%#v against %q: %v", tc.value, tc.text, r.Passed())
		}
	}
}

func TestTrap10ResourceAttributesAreCheckedOnEverySpan(t *testing.T) {
	e := &spec.Expect{Hermeticity: &spec.HermeticityExpect{
		ResourceAttrs:    []spec.AttrExpect{eq("service.name", "shop")},
		SDKResourceAttrs: []spec.AttrExpect{eq("telemetry.sdk.language", "go"), eq("language", "go")},
	}}
	wantGreen(t, judgeSpans(e, tree("run\n  step")))
	other := &trace.Resource{Attrs: attrs("service.name", "intruder", "telemetry.sdk.language", "go")}
	rule := "expect.hermeticity.resource_attrs.must_match[service.name]"
	wantRed(t, judgeSpans(e, tree("run\n  step", on("step", func(s *trace.Span) { s.Resource = other }))), rule, "'step' has intruder", "Expected: service.name=shop", "Actual: intruder")
	wantRed(t, judgeSpans(e, tree("run\n  step", on("step", func(s *trace.Span) { s.Resource = nil }))), rule, "'step' has no resource")
	wantRed(t, judgeSpans(e, tree("run\n  step", func(s *trace.Span) { s.Resource = nil })), rule, "no resource attributes at all")
	rust := &trace.Resource{Attrs: attrs("service.name", "shop", "telemetry.sdk.language", "rust")}
	r := judgeSpans(e, tree("run", func(s *trace.Span) { s.Resource = rust }))
	wantRed(t, r, "expect.hermeticity.sdk_resource_attrs.must_match[telemetry.sdk.language]", "rust")
	if n := len(r.Failures()); n != 2 {
		t.Errorf("%d failures", n)
	}
}

func redTeam() *spec.Expect {
	return &spec.Expect{
		Spans: []*spec.SpanExpect{{Name: "clnrm.run", Pos: line(20), AttrsAll: []spec.AttrExpect{eq("result", "pass")}}},
		Graph: &spec.GraphExpect{MustInclude: []spec.Edge{{From: "clnrm.run", To: "clnrm.step:hello_world"}}},
		Hermeticity: &spec.HermeticityExpect{
			ResourceAttrs: []spec.AttrExpect{eq("service.name", "shop")},
		},
	}
}

func TestAttacksABCPrintWordsAndNoSpans(t *testing.T) {
	for name, output := range map[string]string{
		"A success line":    "All tests passed\n",
		"B believable logs": "2026-01-01T00:00:00Z INFO clnrm.run started\n{\"level\":\"info\",\"msg\":\"clnrm.run result=pass\",\"span_id\":\"00f067aa0ba902b7\"}\n",
		"C nothing at all":  "",
	} {
		t.Run(name, func(t *testing.T) {
			in := trace.NewStdoutReader()
			spans := append(in.Feed([]byte(output)), in.Close()...)
			c := wantRed(t, judgeSpans(redTeam(), spans), "expect.span[clnrm.run].existence", "no spans collected")
			if c.Pos != line(20) {
				t.Errorf("position %s", c.Pos)
			}
		})
	}
}

func TestAttackDPrintsOneHandMadeSpan(t *testing.T) {
	in := trace.NewStdoutReader()
	spans := in.Feed([]byte(`{"name":"clnrm.run","trace_id":"a1","span_id":"b2","kind":"internal","attributes":{"result":"pass"}}` + "\n"))
	r := judgeSpans(redTeam(), spans)
	wantRed(t, r, "expect.graph.must_include[clnrm.run -> clnrm.step:hello_world]", "child span 'clnrm.step:hello_world' not found")
	if n := len(r.Failures()); n != 2 {
		t.Errorf("%d failures: the resource must fail too", n)
	}
}

func TestContradictoryCopiesOfASpanFail(t *testing.T) {
	spans := tree("run")
	fake := spans[0]
	fake.Status = trace.StatusError
	r := judgeSpans(&spec.Expect{Status: &spec.StatusExpect{All: "OK"}}, append(spans, fake))
	wantRed(t, r, "trace.duplicates", "two different spans have the id 0001")
}
