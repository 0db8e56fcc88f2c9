package expect

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// remote makes the spans of the names those of another service, whose clock is
// off by so many ms.
func remote(shift int64, names ...string) func(*trace.Span) {
	res := &trace.Resource{Attrs: attrs("service.name", "stock", "host.name", "b")}
	return func(s *trace.Span) {
		for _, name := range names {
			if s.Name == name {
				s.Resource, s.Kind = res, trace.KindServer
				s.Start, s.End = uint64(int64(s.Start)+shift*1e6), uint64(int64(s.End)+shift*1e6)
			}
		}
	}
}

const twoServices = "run 1000 2000\n  call 1100 1500\n    serve 1200 1400\n      query 1250 1300\n  after 1600 1700\n"

// TestChecksAcrossClocksThatDisagreeNameTheSkew shifts the clock of one service
// and wants what compares it with another one to fail for that reason, whatever
// the times happen to say, and everything else to be judged as ever.
func TestChecksAcrossClocksThatDisagreeNameTheSkew(t *testing.T) {
	order := func(a, b string) *spec.Expect {
		return &spec.Expect{Order: &spec.OrderExpect{Pos: line(1), MustPrecede: []spec.Edge{{Pos: line(2), From: a, To: b}}}}
	}
	window := func(outer, inner string) *spec.Expect {
		return &spec.Expect{Windows: []*spec.WindowExpect{{Pos: line(3), Outer: outer, Contains: []string{inner}}}}
	}
	const green, red, skewed = "green", "red", "skew"
	for name, c := range map[string]struct {
		expect  *spec.Expect
		shift   int64
		verdict string
	}{
		"order with equal clocks":                      {order("query", "after"), 0, green},
		"order that luck would pass":                   {order("query", "after"), -600, skewed},
		"order that luck would fail":                   {order("query", "after"), 600_000, skewed},
		"order inside the one service":                 {order("call", "after"), -600, green},
		"order of an ancestor, whatever the clocks":    {order("call", "query"), -600, green},
		"wrong order inside the one service":           {order("after", "call"), -600, red},
		"window with equal clocks":                     {window("call", "query"), 0, green},
		"window that luck would pass":                  {window("run", "query"), -140, skewed},
		"window that luck would fail":                  {window("run", "query"), -600, skewed},
		"window inside the skewed service":             {window("serve", "query"), -600, green},
		"window inside the other service":              {window("run", "after"), -600, green},
		"children inside parents":                      {&spec.Expect{EachTrace: &spec.EachTraceExpect{Nested: true}}, -140, skewed},
		"a call answered after it ended":               {order("query", "after"), 400, skewed},
		"duration of a trace":                          {&spec.Expect{EachTrace: &spec.EachTraceExpect{Duration: &spec.DurationExpect{Max: ptr(1e6)}}}, -140, skewed},
		"duration of a trace whose clocks agree":       {&spec.Expect{EachTrace: &spec.EachTraceExpect{Duration: &spec.DurationExpect{Max: ptr(1e6)}}}, 0, green},
		"a child that ends late is no sign of a skew":  {order("call", "after"), 150, green},
		"a child that ends late is outside its window": {window("call", "serve"), 150, red},
	} {
		t.Run(name, func(t *testing.T) {
			client := on("call", func(s *trace.Span) { s.Kind = trace.KindClient })
			r := judgeSpans(c.expect, tree(twoServices, client, remote(c.shift, "serve", "query")))
			got, text := green, ""
			for _, f := range r.Failures() {
				got, text = red, f.Message+strings.Join(f.Explain, "\n")
				if strings.Contains(text, "clock skew") && strings.Contains(text, "'shop'") && strings.Contains(text, "'stock' on 'b'") {
					got = skewed
				}
			}
			if got != c.verdict {
				t.Errorf("%s, not %s: %s", got, c.verdict, text)
			}
		})
	}
}

// TestClocksAreComparedByWayOfOthers has three services: shop calls stock, whose
// clock is off, and stock calls its database, which shares that clock; bill is
// called by shop and right. What lies beyond a disagreement cannot be compared
// either, what lies on one side of it can.
func TestClocksAreComparedByWayOfOthers(t *testing.T) {
	const three = "run 1000 2000\n  call 1100 1500\n    serve 1200 1400\n      store 1250 1300\n  charge 1600 1700\n"
	of := func(service, host, name string) func(*trace.Span) {
		res := &trace.Resource{Attrs: attrs("service.name", service, "container.id", host)}
		return on(name, func(s *trace.Span) { s.Resource = res })
	}
	linked := on("charge", func(s *trace.Span) { s.Links = []trace.Link{{TraceID: "t1", SpanID: "0004"}} })
	for name, c := range map[string]struct {
		from, to string
		change   func(*trace.Span)
		green    bool
	}{
		"beyond the disagreement":             {"store", "charge", nil, false},
		"on its far side":                     {"store", "serve", nil, false}, // in the wrong order, by one clock
		"on its near side":                    {"call", "charge", nil, true},
		"a link says what came first":         {"store", "charge", linked, true},
		"a link says so of spans below, too":  {"store", "after", linked, true},
		"a link does not say it of its own":   {"charge", "store", linked, false},
		"two hosts of a service are compared": {"run", "call", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			text := three + "    after 1650 1660\n"
			changes := []func(*trace.Span){remote(-600, "serve", "store"), of("db", "b", "store"), of("bill", "c", "charge"), of("bill", "d", "after")}
			if c.change != nil {
				changes = append(changes, c.change)
			}
			e := &spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: c.from, To: c.to}}}}
			r := judgeSpans(e, tree(text, changes...))
			if r.Passed() != c.green {
				t.Fatalf("%+v", r.Failures())
			}
			if name == "beyond the disagreement" {
				want := "the clocks of 'db' on 'b' and 'bill' on 'c' cannot be compared, for those of 'shop' and 'stock' on 'b' disagree"
				if got := r.Failures()[0].Message; !strings.Contains(got, want) {
					t.Errorf("%s\nis not in %s", want, got)
				}
			}
		})
	}
}

// TestTheSkewIsShownByWhatCameFirst has two services that both disagree with the
// one that is judged: the message is about the first of their spans, in every
// run, and says in which way the times are impossible.
func TestTheSkewIsShownByWhatCameFirst(t *testing.T) {
	of := func(service string, shift int64, kind trace.Kind) func(*trace.Span) {
		res := &trace.Resource{Attrs: attrs("service.name", service)}
		return func(s *trace.Span) {
			if strings.HasPrefix(s.Name, service) {
				s.Resource, s.Kind = res, kind
				s.Start, s.End = uint64(int64(s.Start)+shift*1e6), uint64(int64(s.End)+shift*1e6)
			}
		}
	}
	const text = "run 1000 2000\n  call 1100 1500\n    b.done 1200 1400\n  call 1100 1500\n    a.done 1200 1400\n  last 1900 1950\n"
	spans := func() []trace.Span {
		client := on("call", func(s *trace.Span) { s.Kind = trace.KindClient })
		return tree(text, client, of("a", -600, trace.KindServer), of("b", 400, trace.KindServer))
	}
	for range 20 { // a map would be in another order by now
		order := &spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "*.done", To: "last"}}}}
		gap := &spec.Expect{Gaps: []*spec.GapExpect{{From: "*.done", To: "last"}}}
		for _, e := range []*spec.Expect{order, gap} {
			f := judgeSpans(e, spans()).Failures()
			if len(f) != 1 || !strings.Contains(f[0].Message, "'b.done' starts 100ms after the call 'call' has ended") {
				t.Fatalf("%+v", f)
			}
		}
	}
	early := &spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "a.done", To: "last"}}}}
	if f := judgeSpans(early, spans()).Failures(); len(f) != 1 || !strings.Contains(f[0].Message, "'a.done' starts 500ms before its parent 'call'") {
		t.Errorf("%+v", f)
	}
}

// TestOneClockIsComparedAsEverBesideOthers judges spans of clocks that agree in a
// trace where others do not.
func TestOneClockIsComparedAsEverBesideOthers(t *testing.T) {
	bill := &trace.Resource{Attrs: attrs("service.name", "bill")}
	const text = "run 1000 2000\n  call 1100 1500\n    serve 1200 1400\n  old 1510 1520\n  new 1600 1650\n  last 1700 1750\n  tick 1800 1800\n  tick 1800 1800\n"
	billed := func(s *trace.Span) {
		if s.Name == "new" {
			s.Resource = bill
		}
	}
	spans := tree(text, remote(-600, "serve"), billed)
	limit := 60.0
	e := &spec.Expect{
		Gaps:  []*spec.GapExpect{{From: "[on]*", To: "last", Max: &limit}}, // the last end is of another service
		Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "tick", To: "tick"}}},
	}
	wantGreen(t, judgeSpans(e, spans))
	limit = 49
	if judgeSpans(e, spans).Passed() {
		t.Error("a gap of 50ms is none of at most 49ms")
	}
}
