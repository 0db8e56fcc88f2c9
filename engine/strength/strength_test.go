package strength

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// TestMain sees to it that nothing goes on that a test has started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ptr[T any](v T) *T { return &v }

// shop makes requests of three to ten spans until there are n.
func shop(n int) []trace.Span {
	res := &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}}}
	names := []string{"GET /cart", "db.query", "cache.get", "charge", "ship"}
	spans := make([]trace.Span, n)
	for i := range spans {
		k, root := i%len(names), i/len(names)*len(names)
		start := 1e9 + uint64(i)*10_000_000
		spans[i] = trace.Span{
			Name: names[k], TraceID: fmt.Sprintf("%032x", root+1), ID: fmt.Sprintf("%016x", i+1), Kind: trace.KindInternal, KindKnown: true,
			Start: start, End: start + 1_000_000, Resource: res, Status: trace.StatusOK, Source: trace.Source{Kind: "otlp"},
			Attrs: []trace.Attr{
				{Key: "n", Value: int64(i)}, {Key: "ok", Value: true}, {Key: "user", Value: fmt.Sprint("u", i%3)},
				{Key: "server.port", Value: int64(4000 + i)}, {Key: "ratio", Value: 0.5},
			},
			Events: []trace.Event{{Name: "done"}},
		}
		if k == 0 {
			spans[i].End = start + 100_000_000
		} else {
			spans[i].ParentID = fmt.Sprintf("%016x", root+1)
		}
	}
	return spans
}

func measure(t *testing.T, e *spec.Expect, spans []trace.Span) *Report {
	t.Helper()
	r, err := Measure(t.Context(), []Table{{Expect: e}}, spans, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEachMutationIsMadeAndNamed(t *testing.T) {
	r := measure(t, &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(1))}}}, shop(5))
	seen := map[Mutation]int{}
	for _, s := range r.Survivors {
		seen[s.Mutation]++
	}
	// The root of the only trace has nowhere else to hang, and no sibling; the
	// last child no next one; a port is no behaviour.
	want := map[Mutation]int{DropSpan: 5, Reparent: 4, SwapOrder: 3, FlipStatus: 5, ChangeAttribute: 20, RemoveAttribute: 20, StretchDuration: 5, DuplicateSpan: 5}
	for kind, n := range want {
		if seen[kind] != n {
			t.Errorf("%s: %d survivors, want %d", kind, seen[kind], n)
		}
	}
	if r.Mutants != len(r.Survivors) || r.Killed != 0 || r.Score() != 0 {
		t.Errorf("%d mutants, %d killed", r.Mutants, r.Killed)
	}
	for _, s := range r.Survivors {
		if strings.Contains(s.Detail, "port") {
			t.Errorf("a volatile attribute was mutated: %+v", s)
		}
		if s.WouldKill == "" {
			t.Errorf("nothing would kill %s of %s %s", s.Mutation, s.Span, s.Detail)
		}
	}
}

func TestAMutantIsKilledByTheExpectationItBreaks(t *testing.T) {
	for _, tc := range []struct {
		kind Mutation
		e    spec.Expect
	}{
		{DropSpan, spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(5))}}}},
		{DuplicateSpan, spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Lte: ptr(int64(5))}}}},
		{FlipStatus, spec.Expect{Status: &spec.StatusExpect{All: "OK"}}},
		{StretchDuration, spec.Expect{EachTrace: &spec.EachTraceExpect{Duration: &spec.DurationExpect{Max: ptr(200.0)}}}},
		{Reparent, spec.Expect{Graph: &spec.GraphExpect{MustInclude: []spec.Edge{
			{From: "GET /cart", To: "db.query"}, {From: "GET /cart", To: "cache.get"}, {From: "GET /cart", To: "charge"}, {From: "GET /cart", To: "ship"}}}}},
		{SwapOrder, spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{
			{From: "db.query", To: "cache.get"}, {From: "cache.get", To: "charge"}, {From: "charge", To: "ship"}}}}},
	} {
		for _, s := range measure(t, &tc.e, shop(5)).Survivors {
			if s.Mutation == tc.kind {
				t.Errorf("%s survives: %s", tc.kind, s.Detail)
			}
		}
	}
}

// failing is a trace in which something went wrong, twice the same way round and
// once the other.
func failing(n int) []trace.Span {
	spans := shop(n)
	spans[1].Status = trace.StatusError
	for i := range spans[5:] {
		spans[5+i].Name = spans[(5+i)%2+1].Name
		spans[5+i].ParentID = spans[0].ID
		spans[5+i].TraceID = spans[0].TraceID
	}
	return spans
}

// TestAdviceIsTrue adds the advice and measures again: everything that was said
// to be killed is dead, and the honest trace is green.
func TestAdviceIsTrue(t *testing.T) {
	for _, honest := range [][]trace.Span{shop(1), shop(4), shop(5), shop(15), failing(5), failing(12)} {
		n := len(honest)
		weak := &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(1))}}}
		before := measure(t, weak, honest)
		hopeless := 0
		for _, s := range before.Survivors {
			if s.WouldKill == "" {
				hopeless++
				continue
			}
			if decode(t, s.WouldKill) == nil {
				t.Fatalf("%s is no expectation", s.WouldKill)
			}
		}
		tables := []Table{{Expect: weak}, {Expect: decode(t, string(before.Advice))}}
		after, err := Measure(t.Context(), tables, honest, nil)
		if err != nil {
			t.Fatalf("%d spans: %v\n%s", n, err, before.Advice)
		}
		if len(after.Survivors) > hopeless {
			t.Errorf("%d spans: %d survive, %d were said to\n%s\n%+v", n, len(after.Survivors), hopeless, before.Advice, after.Survivors)
		}
		t.Logf("%d spans: %d mutants, score %.3f with the advice", n, after.Mutants, after.Score())
	}
}

// decode reads a block of expectations as a test file would hold it.
func decode(t *testing.T, block string) *spec.Expect {
	t.Helper()
	text := "[meta]\nname=\"t\"\nversion=\"1.0\"\n[otel]\nexporter=\"otlp\"\n[service.a]\nimage=\"i:1\"\n[[scenario]]\nname=\"s\"\nservice=\"a\"\nrun=\"x\"\n" + block
	f, ds := spec.Decode("t", []byte(text), spec.PlainText("t", []byte(text)))
	if len(ds) > 0 {
		t.Fatalf("%v\n%s", ds, block)
	}
	return f.Expect
}

func TestTheHonestTraceMustBeGreen(t *testing.T) {
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "nothing"}}}
	if _, err := Measure(t.Context(), []Table{{Expect: e}}, shop(5), nil); !errors.Is(err, ErrRed) || !strings.Contains(err.Error(), "expect.span[nothing].existence") {
		t.Error(err)
	}
	if _, err := Measure(t.Context(), nil, shop(5), nil); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	if _, err := Measure(t.Context(), []Table{{Expect: &spec.Expect{}}}, shop(5), nil); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e = &spec.Expect{Status: &spec.StatusExpect{All: "OK"}}
	if _, err := Measure(ctx, []Table{{Expect: e}}, shop(5), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMutantsLeaveTheHonestTraceAlone(t *testing.T) {
	spans := shop(10)
	before := fmt.Sprintf("%+v", spans)
	measure(t, &spec.Expect{Status: &spec.StatusExpect{All: "OK"}}, spans)
	if after := fmt.Sprintf("%+v", spans); after != before {
		t.Error("the spans were changed")
	}
}

func TestATableSeesItsOwnSpansOnly(t *testing.T) {
	spans := shop(10)
	for i := range spans {
		spans[i].Source.Scenario = []string{"one", "two"}[i/5]
	}
	one := Table{
		Expect: &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Eq: ptr(int64(5))}}},
		About:  func(s *trace.Span) bool { return s.Source.Scenario == "one" },
	}
	r, err := Measure(t.Context(), []Table{one}, spans, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := slices.IndexFunc(r.Survivors, func(s Survivor) bool { return s.Mutation == DropSpan }); n < 0 || r.Killed != 10 {
		t.Errorf("%d killed", r.Killed)
	}
}

func TestHiddenAttributesAreNeitherBrokenNorWrittenDown(t *testing.T) {
	weak := Table{Expect: &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(1))}}}}
	r, err := Measure(t.Context(), []Table{weak}, shop(5), func(a trace.Attr) bool { return a.Key == "user" })
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %s", r.Survivors, r.Advice); strings.Contains(text, "user") || strings.Contains(text, "u1") {
		t.Errorf("%s", text)
	}
}

func TestALargeTraceIsSampled(t *testing.T) {
	weak := Table{Expect: &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Eq: ptr(int64(500))}}}}
	var first *Report
	for range 2 {
		r, err := Measure(t.Context(), []Table{weak}, shop(500), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Mutants != maxWork/500 || r.Possible < 5000 || r.Killed < 80 || r.Killed > 160 {
			t.Errorf("%d of %d mutants, %d killed", r.Mutants, r.Possible, r.Killed)
		}
		if first != nil && (first.Killed != r.Killed || len(first.Survivors) != len(r.Survivors)) {
			t.Error("another sample the second time")
		}
		first = r
	}
}

// TestSpansWithoutTimesAndIDs makes mutants of what formats without them hold.
func TestSpansWithoutTimesAndIDs(t *testing.T) {
	spans := []trace.Span{{Name: "a", Elapsed: 5e6}, {Name: "b", Elapsed: 1}, {Name: ""}, {Name: "a"}}
	e := &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(1))}}}
	r := measure(t, e, spans)
	for _, s := range r.Survivors {
		if s.Mutation == SwapOrder {
			t.Errorf("%+v", s)
		}
		if s.WouldKill == "" && s.Span != "" {
			t.Errorf("nothing would kill %+v", s)
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	spans := shop(50)
	weak := &spec.Expect{Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Gte: ptr(int64(1))}}}
	strong := &spec.Expect{
		Counts: &spec.CountsExpect{SpansTotal: &spec.Bound{Eq: ptr(int64(50))}, ErrorsTotal: &spec.Bound{Eq: ptr(int64(0))}, EventsTotal: &spec.Bound{Eq: ptr(int64(50))}},
		Graph:  &spec.GraphExpect{Acyclic: true, NoOrphans: true, MustInclude: []spec.Edge{{From: "GET /cart", To: "ship"}, {From: "GET /cart", To: "charge"}}},
		Order:  &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "db.query", To: "cache.get"}, {From: "charge", To: "ship"}}},
		Status: &spec.StatusExpect{All: "OK"}, Hermeticity: &spec.HermeticityExpect{NoExternalServices: true},
	}
	for i, name := range []string{"GET /cart", "db.query", "cache.get", "charge", "ship"} {
		strong.Spans = append(strong.Spans, &spec.SpanExpect{Name: name, Kind: "internal", AttrsAll: []spec.AttrExpect{{Key: "n", Value: fmt.Sprint(i)}, {Key: "ok", Value: "true"}}, EventsAll: []string{"done"}})
	}
	for _, bc := range []struct {
		name string
		e    *spec.Expect
	}{{"weak", weak}, {"strong", strong}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			var r *Report
			for b.Loop() {
				var err error
				if r, err = Measure(b.Context(), []Table{{bc.e, expect.Options{}, nil}}, spans, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.Mutants), "mutants")
			b.ReportMetric(r.Score(), "score")
		})
	}
}
