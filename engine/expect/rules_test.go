package expect

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func TestABlockIsSatisfiedByOneSpanAltogether(t *testing.T) {
	spans := tree("run\n  call\n  call\n  call")
	spans[1].Kind, spans[2].Attrs = trace.KindClient, attrs("peer", "db")
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "call", Kind: "client", AttrsAll: []spec.AttrExpect{eq("peer", "db")}}}}
	c := wantRed(t, judgeSpans(e, spans), "expect.span[call].attrs.all", "nearest of 3 candidates: 'call' (span 0002 of trace t1), 1 of 2 fields not met")
	if c.Message != "span 'call': missing required attributes: [peer=db (found: nothing)]" {
		t.Error(c.Message)
	}
	spans[3].Kind, spans[3].Attrs = trace.KindClient, attrs("peer", "db")
	wantGreen(t, judgeSpans(e, spans)) // the last candidate holds all of it
}

func TestTheNearestCandidateHasTheFewestFailedFields(t *testing.T) {
	spans := tree("run\n  call\n  call")
	spans[1].Attrs = attrs("a", "1", "b", "2")
	spans[2].Attrs = attrs("a", "1", "b", "2", "c", "3")
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "call", AttrsAll: []spec.AttrExpect{eq("a", "1"), eq("b", "2"), eq("c", "3"), eq("d", "4")}}}}
	wantRed(t, judgeSpans(e, spans), "expect.span[call].attrs.all", "(span 0003", "[d=4 (found: nothing)]")
}

func TestParentIsDirectAndOfTheSameTrace(t *testing.T) {
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "leaf", Parent: "run", ParentPos: line(7)}}}
	rule := "expect.span[leaf].parent"
	wantGreen(t, judgeSpans(e, tree("run\n  leaf")))
	if c := wantRed(t, judgeSpans(e, tree("run\n  mid\n    leaf")), rule, "expected 'run', found 'mid'"); c.Pos != line(7) {
		t.Error(c.Pos)
	}
	wantRed(t, judgeSpans(e, tree("leaf")), rule, "expected 'run', found none")
	wantRed(t, judgeSpans(e, tree("run\n  leaf", on("leaf", func(s *trace.Span) { s.TraceID = "t2" }))), rule, "not collected")
	wantRed(t, judgeSpans(e, tree("run\n  leaf", on("leaf", func(s *trace.Span) { s.ParentID = "ffff" }))), rule, "parent id ffff, a span that was not collected")
}

func TestMissingKindIsInternalOnlyWhereTheFormatHasNone(t *testing.T) {
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "run", Kind: "internal"}}}
	none := func(known bool) func(*trace.Span) {
		return func(s *trace.Span) { s.Kind, s.KindKnown = trace.KindUnset, known }
	}
	wantGreen(t, judgeSpans(e, tree("run", none(false))))
	wantRed(t, judgeSpans(e, tree("run", none(true))), "expect.span[run].kind", "expected kind internal, found none")
	e.Spans[0].Kind = "client"
	wantRed(t, judgeSpans(e, tree("run", none(false))), "expect.span[run].kind", "found internal")
	e.Spans[0].Kind = "internalish"
	wantRed(t, judgeSpans(e, tree("run")), "expect.span[run].kind", "unknown kind")
}

func TestAttributeOperators(t *testing.T) {
	span := tree("run", func(s *trace.Span) {
		s.Attrs = attrs("n", int64(5), "f", 2.5, "digits", "7", "text", "GET /cart", "none", nil)
	})
	for name, tc := range map[string]struct {
		want spec.AttrExpect
		ok   bool
	}{
		"present":            {spec.AttrExpect{Key: "n", Op: spec.AttrPresent}, true},
		"present, no":        {spec.AttrExpect{Key: "x", Op: spec.AttrPresent}, false},
		"absent":             {spec.AttrExpect{Key: "x", Op: spec.AttrAbsent}, true},
		"absent, no":         {spec.AttrExpect{Key: "n", Op: spec.AttrAbsent}, false},
		"gte bound":          {spec.AttrExpect{Key: "n", Op: spec.AttrGte, Number: 5}, true},
		"gte":                {spec.AttrExpect{Key: "n", Op: spec.AttrGte, Number: 5.1}, false},
		"lte bound":          {spec.AttrExpect{Key: "f", Op: spec.AttrLte, Number: 2.5}, true},
		"lte":                {spec.AttrExpect{Key: "f", Op: spec.AttrLte, Number: 2}, false},
		"digits as text":     {spec.AttrExpect{Key: "digits", Op: spec.AttrGte, Number: 7}, true},
		"text is no number":  {spec.AttrExpect{Key: "text", Op: spec.AttrGte}, false},
		"missing is no zero": {spec.AttrExpect{Key: "x", Op: spec.AttrLte, Number: 9}, false},
		"regex unanchored":   {spec.AttrExpect{Key: "text", Op: spec.AttrRegex, Value: "/c.rt$"}, true},
		"regex, no":          {spec.AttrExpect{Key: "text", Op: spec.AttrRegex, Value: "^/cart"}, false},
		"regex on a number":  {spec.AttrExpect{Key: "f", Op: spec.AttrRegex, Value: `^2\.5$`}, true},
		"regex broken":       {spec.AttrExpect{Key: "text", Op: spec.AttrRegex, Value: "("}, false},
		"one of":             {spec.AttrExpect{Key: "n", Op: spec.AttrOneOf, OneOf: []string{"4", "5"}}, true},
		"one of, no":         {spec.AttrExpect{Key: "n", Op: spec.AttrOneOf, OneOf: []string{"4", "6"}}, false},
		"resource":           {eq("resource.service.name", "shop"), true},
		"resource, no":       {eq("resource.service.name", "db"), false},
		"not on the span":    {eq("service.name", "shop"), false},
		"no value":           {eq("none", ""), false},
	} {
		for _, e := range []*spec.SpanExpect{{Name: "run", AttrsAll: []spec.AttrExpect{tc.want}}, {Name: "run", AttrsAny: []spec.AttrExpect{eq("never", "x"), tc.want}}} {
			if r := judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, span); r.Passed() != tc.ok {
				t.Errorf("%s: %+v", name, r.Checks)
			}
		}
	}
}

func TestExistsFalseForbidsTheWholeBlock(t *testing.T) {
	spans := tree("run\n  retry\n  retry")
	spans[2].Attrs = attrs("attempt", int64(2))
	e := &spec.SpanExpect{Name: "retry", Exists: ptr(false)}
	c := wantRed(t, judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, spans), "expect.span[retry].existence", "expected no such span 'retry', found 2 spans")
	if len(c.Explain) != 2 {
		t.Error(c.Explain)
	}
	e.AttrsAll = []spec.AttrExpect{eq("attempt", "2")}
	wantRed(t, judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, spans), "expect.span[retry].existence", "found 1 span", "0003")
	e.AttrsAll = []spec.AttrExpect{eq("attempt", "3")}
	r := judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, spans)
	wantGreen(t, r)
	if len(r.Checks) != 1 {
		t.Errorf("%+v", r.Checks)
	}
	e.Name = "[z-a]"
	wantRed(t, judgeSpans(&spec.Expect{Spans: []*spec.SpanExpect{e}}, spans), "expect.span[[z-a]].existence", "cannot be read")
}

func TestBothSpellingsOfTheRunnersSpansMatch(t *testing.T) {
	for _, name := range []string{"clnrm.step:hello", "clnrm.step.hello"} {
		for _, pattern := range []string{"clnrm.step:hello", "clnrm.step.hello", "clnrm.step.h*", "clnrm.step:h*", "clnrm.*"} {
			e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: pattern, Exists: ptr(true)}}, Counts: &spec.CountsExpect{ByName: []spec.NamedBound{{Name: pattern, Bound: spec.Bound{Eq: ptr(int64(1))}}}}}
			if !judgeSpans(e, tree(name)).Passed() {
				t.Errorf("%s does not match %s", pattern, name)
			}
		}
	}
	e := &spec.Expect{Spans: []*spec.SpanExpect{{Name: "other.step:x"}}}
	wantRed(t, judgeSpans(e, tree("other.step.x")), "expect.span[other.step:x].existence")
}

func TestMustNotCrossIsAboutPathsInBothDirections(t *testing.T) {
	e := func(a, b string) *spec.Expect {
		return &spec.Expect{Graph: &spec.GraphExpect{MustNotCross: []spec.Edge{{From: a, To: b, Pos: line(4)}}}}
	}
	spans := tree("run\n  a\n    mid\n      b\n  c")
	wantRed(t, judgeSpans(e("a", "b"), spans), "expect.graph.must_not_cross[a -> b]", "found 'a' -> 'mid' -> 'b'")
	wantRed(t, judgeSpans(e("b", "a"), spans), "expect.graph.must_not_cross[b -> a]", "found 'a' -> 'mid' -> 'b'")
	wantGreen(t, judgeSpans(e("a", "c"), spans))
	wantGreen(t, judgeSpans(e("a", "a"), spans)) // a span is no path
	r := judgeSpans(e("a", "nobody"), spans)
	wantGreen(t, r)
	if r.Checks[0].Note != "no span matches 'nobody'" {
		t.Errorf("a rule that held because there was nothing says so: %q", r.Checks[0].Note)
	}
}

func TestCyclesAreNamed(t *testing.T) {
	spans := tree("a\n  b\n    c\nr")
	spans[0].ParentID = spans[2].ID
	e := &spec.Expect{Graph: &spec.GraphExpect{Acyclic: true, AcyclicPos: line(9)}}
	c := wantRed(t, judgeSpans(e, spans), "expect.graph.acyclic", "found 1 cycle", "'a' -> 'b' -> 'c' -> 'a'")
	if c.Pos != line(9) {
		t.Error(c.Pos)
	}
	wantGreen(t, judgeSpans(e, tree("a\n  b")))
}

func TestAllGivenBoundsMustHold(t *testing.T) {
	spans := tree("a\n  b\n  b")
	b := &spec.Bound{Gte: ptr(int64(1)), Lte: ptr(int64(2)), Eq: ptr(int64(4)), Pos: line(5)}
	c := wantRed(t, judgeSpans(&spec.Expect{Counts: &spec.CountsExpect{SpansTotal: b}}, spans), "expect.counts.spans_total")
	if c.Message != "total span count: expected exactly 4 and at most 2, found 3" || c.Pos != line(5) {
		t.Errorf("%+v", c)
	}
	e := &spec.CountsExpect{ByKind: []spec.NamedBound{{Name: "internal", Bound: spec.Bound{Eq: ptr(int64(3))}}, {Name: "outside", Bound: spec.Bound{Eq: ptr(int64(0))}}}}
	wantRed(t, judgeSpans(&spec.Expect{Counts: e}, spans), "expect.counts.by_kind[outside]", "unknown span kind")
}

func TestEverySpanOfAWindowLiesInside(t *testing.T) {
	e := &spec.Expect{Windows: []*spec.WindowExpect{{Outer: "run", Contains: []string{"a", "b*"}, Pos: line(6)}}}
	wantGreen(t, judgeSpans(e, tree("run 1 9\n  a 1 9\n  b 2 3\n  b2 8 9")))
	wantRed(t, judgeSpans(e, tree("run 1 9\n  a 2 3\n  b 2 3\n  b2 8 10")), "expect.window[0:run]", "found 1 of 2 outside", "'b2'", "ends 1ms after 'run'")
	wantRed(t, judgeSpans(e, tree("run 1 9\n  a 2 3\n  b 0.5 10")), "expect.window[0:run]", "starts 0.5ms before and ends 1ms after 'run'")
	wantRed(t, judgeSpans(e, tree("run 1 9\n  a 2 3")), "expect.window[0:run]", "expected spans 'b*' inside 'run', found none")
	wantRed(t, judgeSpans(e, tree("runs 1 9\n  a 2 3\n  b 2 3")), "expect.window[0:run]", "expected a span 'run'", "runs (1 span)")
	far := tree("run 1 9\n  a 2 3\n  b 2 3", on("b", func(s *trace.Span) { s.TraceID = "t2" }))
	wantRed(t, judgeSpans(e, far), "expect.window[0:run]", "no such window in its trace")
	wantGreen(t, judgeSpans(e, tree("run 1 4\nrun 5 9\n  a 2 3\n  b 6 9")))                                               // in any of them
	wantRed(t, judgeSpans(e, tree("run 1 4\nrun 5 9\n  a 2 6\n  b 6 9")), "expect.window[0:run]", "ends 2ms after 'run'") // not in their union
}

func TestOrderIsEndOrderAndForNestedSpansStartOrder(t *testing.T) {
	e := func(a, b string) *spec.Expect {
		return &spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: a, To: b}}}}
	}
	spans := tree("run 1 9\n  a 2 3\n  b 3 4\n  c 3.5 6")
	wantGreen(t, judgeSpans(e("run", "b"), spans)) // an ancestor that starts before
	wantGreen(t, judgeSpans(e("a", "b"), spans))   // ends as the other starts
	wantRed(t, judgeSpans(e("b", "c"), spans), "expect.order.must_precede[b -> c]", "expected 'b' before every 'c', found 1 of 1 without", "starts 0.5ms before the first 'b' ends")
	wantRed(t, judgeSpans(e("b", "run"), spans), "expect.order.must_precede[b -> run]")
	wantRed(t, judgeSpans(e("a", "x"), spans), "expect.order.must_precede[a -> x]", "found no span 'x'")
	wantRed(t, judgeSpans(e("x", "a"), spans), "expect.order.must_precede[x -> a]", "found no span 'x'")
	wantRed(t, judgeSpans(e("a", "a"), spans), "expect.order.must_precede[a -> a]", "no other span 'a' has times")
	late := tree("run 5 9\n  a 2 3") // a child that starts before its parent
	wantRed(t, judgeSpans(e("run", "a"), late), "expect.order.must_precede[run -> a]")
	frozen := tree("a 5 5\nb 5 5")
	wantGreen(t, judgeSpans(e("a", "b"), frozen))
	follow := &spec.Expect{Order: &spec.OrderExpect{MustFollow: []spec.Edge{{From: "b", To: "a"}, {From: "a", To: "b"}}}}
	c := wantRed(t, judgeSpans(follow, spans), "expect.order.must_follow[a -> b]")
	if !strings.Contains(c.Message, "expected 'b' before") {
		t.Error(c.Message)
	}
}

func TestUnsetSatisfiesOKUnlessStrict(t *testing.T) {
	unset := on("step", func(s *trace.Span) { s.Status = trace.StatusUnset })
	e := &spec.Expect{
		Spans:  []*spec.SpanExpect{{Name: "step", Status: "OK"}},
		Status: &spec.StatusExpect{All: "OK", ByName: []spec.NamedStatus{{Name: "st*", Status: "OK"}, {Name: "run", Status: "OK"}}},
	}
	r := judgeSpans(e, tree("run\n  step\n  step", unset))
	wantGreen(t, r)
	var notes []string
	for _, c := range r.Checks {
		notes = append(notes, c.Note)
	}
	if got := fmt.Sprintf("%q", notes); got != `["" "1 UNSET span accepted as OK" "2 UNSET spans accepted as OK" "2 UNSET spans accepted as OK" ""]` {
		t.Error(got)
	}
	e.Status.Strict = true
	r = judgeSpans(e, tree("run\n  step\n  step", unset))
	wantRed(t, r, "expect.span[step].status", "expected status OK, found UNSET")
	if n := len(r.Failures()); n != 3 {
		t.Errorf("%d failures", n)
	}
	e = &spec.Expect{Status: &spec.StatusExpect{All: "UNSET"}}
	wantRed(t, judgeSpans(e, tree("run\n  step", unset)), "expect.status.all", "expected status UNSET on every span, found OK on 'run'")
	e = &spec.Expect{Status: &spec.StatusExpect{ByName: []spec.NamedStatus{{Name: "stop", Status: "OK"}}}}
	wantRed(t, judgeSpans(e, tree("run\n  step")), "expect.status.by_name[stop]", "no spans match pattern 'stop'", "step (1 span)")
	e = &spec.Expect{Status: &spec.StatusExpect{ByName: []spec.NamedStatus{{Name: "run"}}}}
	wantRed(t, judgeSpans(e, tree("run")), "expect.status.by_name[run]", "invalid status code ''")
	e = &spec.Expect{Status: &spec.StatusExpect{All: "GOOD"}}
	wantRed(t, judgeSpans(e, tree("run")), "expect.status.all", "invalid status code 'GOOD'")
}

func TestNoExternalServices(t *testing.T) {
	for name, tc := range map[string]struct {
		attrs []trace.Attr
		ok    bool
	}{
		"a host outside":              {attrs("server.address", "example.com"), false},
		"a service":                   {attrs("server.address", "db"), true},
		"a service in capitals":       {attrs("server.address", "DB."), true},
		"a service with a port":       {attrs("http.host", "db:5432"), true},
		"loopback":                    {attrs("net.peer.ip", "127.0.0.7"), true},
		"loopback of IPv6":            {attrs("network.peer.address", "::1"), true},
		"loopback mapped":             {attrs("network.peer.address", "::ffff:127.0.0.1"), true},
		"bracketed with a port":       {attrs("http.host", "[::1]:80"), true},
		"an address outside":          {attrs("net.peer.ip", "10.0.0.9"), false},
		"an address of the network":   {attrs("net.peer.ip", "172.18.0.3"), true},
		"a URL inside":                {attrs("url.full", "http://localhost:8080/x?q=example.com"), true},
		"a URL outside":               {attrs("http.url", "https://example.com/db"), false},
		"a URL that pretends":         {attrs("http.url", "https://localhost@example.com/"), false},
		"a relative URL":              {attrs("http.url", "/api"), false},
		"a relative URL, known host":  {attrs("http.url", "/api", "server.address", "shop"), true},
		"a name that pretends":        {attrs("server.address", "localhost.example.com"), false},
		"a connection string":         {attrs("db.connection_string", "host=db port=5432"), true},
		"a connection string outside": {attrs("db.connection_string", "Server=prod.example.com;Database=x"), false},
		"a database URL":              {attrs("db.connection_string", "postgres://u:p@db:5432/x"), true},
		"only a port":                 {attrs("net.peer.port", int64(443)), false},
		"a port beside a service":     {attrs("net.peer.port", int64(443), "net.peer.name", "db"), true},
		"a port beside an outsider":   {attrs("net.peer.port", int64(443), "net.peer.name", "db", "http.host", "x.org"), false},
		"a topic":                     {attrs("messaging.destination", "orders"), false},
		"a topic on a service":        {attrs("messaging.destination", "orders", "server.address", "db"), true},
		"a Unix socket":               {attrs("network.peer.address", "/run/db.sock"), true},
		"another key":                 {attrs("http.route", "https://example.com"), true},
	} {
		e := &spec.Expect{Hermeticity: &spec.HermeticityExpect{NoExternalServices: true, NoExternalPos: line(8)}}
		r := Judge(e, trace.NewSet(tree("run", func(s *trace.Span) { s.Attrs = tc.attrs })), Options{InternalHosts: []string{"db", "shop", "172.18.0.0/16"}})
		if r.Passed() != tc.ok {
			t.Errorf("%s: %+v", name, r.Checks)
		}
	}
}

func TestForbiddenKeysMayBePatterns(t *testing.T) {
	spans := tree("run", func(s *trace.Span) { s.Attrs = attrs("net.peer.name", "db", "k", "v") })
	e := &spec.Expect{Hermeticity: &spec.HermeticityExpect{ForbidKeys: []string{"net", "http.*", "net.*", "k"}, ForbidPos: line(2)}}
	r := judgeSpans(e, spans)
	c := wantRed(t, r, "expect.hermeticity.span_attrs.forbid_keys[net.*]", "found it on 1 span: 'run' has net.peer.name=db", "Attribute: net.peer.name")
	if c.Pos != line(2) || len(r.Failures()) != 2 {
		t.Errorf("%+v", r.Failures())
	}
}

func TestResultNamesItsSources(t *testing.T) {
	r := judgeSpans(&spec.Expect{}, tree("run\n  db", on("db", func(s *trace.Span) { s.Source = trace.Source{Kind: "stdout"} })))
	if got := strings.Join(r.Sources, ", "); got != "otlp shop, stdout" || r.Spans != 2 {
		t.Errorf("%s, %d spans", got, r.Spans)
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// TestExplanations keeps the wording of failures as a whole: what a person sees.
func TestExplanations(t *testing.T) {
	spans := tree("POST_/checkout 1 500\n  reserve 10 60\n  charge 70 480\n    bank.call 80 470\n  ship 475 520",
		on("charge", func(s *trace.Span) {
			s.Status, s.StatusMessage = trace.StatusError, "card declined"
			s.Attrs = attrs("amount", int64(1200), "currency", "EUR")
			s.Events = []trace.Event{{Name: "retry"}}
		}),
		on("bank.call", func(s *trace.Span) {
			s.Kind = trace.KindClient
			s.Attrs = attrs("server.address", "bank.example.com", "server.port", int64(443))
		}))
	min, two := 500.0, ptr(int64(2))
	e := &spec.Expect{
		Spans: []*spec.SpanExpect{
			{Name: "charge", Pos: line(10), Parent: "reserve", ParentPos: line(11), Kind: "internal", KindPos: line(12), Status: "OK", StatusPos: line(13),
				AttrsAll:  []spec.AttrExpect{{Pos: line(14), Key: "amount", Op: spec.AttrLte, Number: 1000}, {Key: "currency", Value: "USD"}, {Key: "order.id", Op: spec.AttrPresent}},
				EventsAll: []string{"charged"}, EventsPos: line(15), Duration: &spec.DurationExpect{Pos: line(16), Min: &min}},
			{Name: "chargeback", Pos: line(20), Kind: "client"},
			{Name: "nothing.alike", Pos: line(21)},
		},
		Graph: &spec.GraphExpect{Pos: line(30),
			MustInclude:  []spec.Edge{{From: "POST_/checkout", To: "bank.call"}, {From: "gateway", To: "charge"}},
			MustNotCross: []spec.Edge{{From: "POST*", To: "bank.*"}}},
		Counts:  &spec.CountsExpect{Pos: line(40), SpansTotal: &spec.Bound{Eq: two}, EventsTotal: &spec.Bound{Eq: two}, ErrorsTotal: &spec.Bound{Eq: two}, ByName: []spec.NamedBound{{Name: "refund", Bound: spec.Bound{Gte: two}}, {Name: "re*", Bound: spec.Bound{Gte: two}}}},
		Windows: []*spec.WindowExpect{{Pos: line(50), Outer: "POST_/checkout", Contains: []string{"ship"}}},
		Order:   &spec.OrderExpect{Pos: line(60), MustPrecede: []spec.Edge{{From: "charge", To: "ship"}}},
		Status:  &spec.StatusExpect{Pos: line(70), All: "OK"},
		Hermeticity: &spec.HermeticityExpect{Pos: line(80), NoExternalServices: true, ForbidKeys: []string{"server.*"},
			ResourceAttrs: []spec.AttrExpect{eq("deployment.environment", "ci")}},
	}
	var b strings.Builder
	for _, c := range judgeSpans(e, spans).Checks {
		verdict := "FAIL"
		if c.OK {
			verdict = "ok  "
		} else if c.Unjudged {
			verdict = "none"
		}
		fmt.Fprintf(&b, "%s %s  (line %d)\n", verdict, c.Rule, c.Pos.Line)
		if c.Message != "" {
			fmt.Fprintf(&b, "     %s  %v\n", c.Message, c.Spans)
		}
		for _, l := range c.Explain {
			fmt.Fprintf(&b, "       | %s\n", l)
		}
	}
	golden := filepath.Join("testdata", "explanations.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
