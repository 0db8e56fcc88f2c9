package expect

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// benchTrace makes requests of a shop: trees of ten spans, times nested.
func benchTrace(n int) []trace.Span {
	g := rand.New(rand.NewPCG(1, 2))
	res := &trace.Resource{Attrs: attrs("service.name", "shop")}
	names := []string{"GET /cart", "db.query", "cache.get", "charge", "bank.call", "ship", "log", "audit", "mail", "render"}
	spans := make([]trace.Span, n)
	for i := range spans {
		k, root := i%10, i/10*10
		s := &spans[i]
		*s = trace.Span{
			Name: names[k], TraceID: fmt.Sprintf("%032x", root+1), ID: fmt.Sprintf("%016x", i+1), Kind: trace.KindInternal, KindKnown: true,
			Start: 1e9 + uint64(i)*1000, End: 1e9 + uint64(root)*1000 + 20_000, Resource: res, Source: trace.Source{Kind: "otlp", Service: "shop"},
			Attrs: attrs("http.method", "GET", "http.status", int64(200), "user", fmt.Sprint(g.IntN(1000)), "ok", true, "server.address", "db", "n", int64(i)),
		}
		if k > 0 {
			s.ParentID = fmt.Sprintf("%016x", root+1+(k-1)/3)
		}
	}
	return spans
}

// benchExpect is 30 expectations of every kind; all hold.
func benchExpect() *spec.Expect {
	many := spec.Bound{Gte: ptr(int64(1))}
	e := &spec.Expect{
		Graph: &spec.GraphExpect{
			MustInclude:  []spec.Edge{{From: "GET /cart", To: "db.query"}, {From: "*", To: "ship"}, {From: "GET*", To: "charge"}},
			MustNotCross: []spec.Edge{{From: "render", To: "db.query"}, {From: "mail", To: "charge"}}, Acyclic: true,
		},
		Counts: &spec.CountsExpect{SpansTotal: &many, EventsTotal: &spec.Bound{Eq: ptr(int64(0))}, ErrorsTotal: &spec.Bound{Eq: ptr(int64(0))},
			ByName: []spec.NamedBound{{Name: "db.*", Bound: many}, {Name: "charge", Bound: many}}, ByKind: []spec.NamedBound{{Name: "internal", Bound: many}}},
		Windows: []*spec.WindowExpect{{Outer: "GET /cart", Contains: []string{"db.query", "ship"}}, {Outer: "GET*", Contains: []string{"*"}}},
		Order:   &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "GET /cart", To: "db.query"}, {From: "GET /cart", To: "ship"}}, MustFollow: []spec.Edge{{From: "render", To: "GET /cart"}}},
		Status:  &spec.StatusExpect{All: "OK", ByName: []spec.NamedStatus{{Name: "*", Status: "OK"}, {Name: "charge", Status: "OK"}}},
		Hermeticity: &spec.HermeticityExpect{NoExternalServices: true, ResourceAttrs: []spec.AttrExpect{eq("service.name", "shop")},
			ForbidKeys: []string{"http.url", "net.*"}},
	}
	for _, name := range []string{"GET /cart", "db.query", "cache.*", "charge", "sh?p", "*"} {
		e.Spans = append(e.Spans, &spec.SpanExpect{Name: name, Kind: "internal", AttrsAll: []spec.AttrExpect{eq("http.status", "200"), eq("ok", "true")}})
	}
	return e
}

func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		set := trace.NewSet(benchTrace(n))
		e := benchExpect()
		b.Run(fmt.Sprintf("green/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := Judge(e, set, Options{InternalHosts: []string{"db"}}); !r.Passed() {
					b.Fatalf("%+v", r.Failures())
				}
			}
		})
		red := &spec.Expect{}
		for i := range 30 {
			// The worst case: every span is a candidate and none will do.
			red.Spans = append(red.Spans, &spec.SpanExpect{Name: "*", Kind: "client", AttrsAll: []spec.AttrExpect{eq("user", fmt.Sprint("nobody", i))}})
		}
		b.Run(fmt.Sprintf("red/%d", n), func(b *testing.B) {
			for b.Loop() {
				if Judge(red, set, Options{}).Passed() {
					b.Fatal("passed")
				}
			}
		})
	}
}

// BenchmarkCausesOfDeepTraces judges an order over chains of calls between two
// services whose clocks disagree, in which no cause is ever found. The time is to
// grow as the number of spans does.
func BenchmarkCausesOfDeepTraces(b *testing.B) {
	e := &spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{{From: "last", To: "call"}}}}
	services := []*trace.Resource{{Attrs: attrs("service.name", "a")}, {Attrs: attrs("service.name", "b")}}
	for _, n := range []int{1_000, 10_000, 100_000} {
		spans := make([]trace.Span, n)
		for i := range spans {
			spans[i] = trace.Span{Name: "call", TraceID: "t", ID: fmt.Sprint(i), Start: uint64(2e9 - i), End: 3e9, Resource: services[i%2]}
			if i > 0 {
				spans[i].ParentID = fmt.Sprint(i - 1)
			}
		}
		spans[n-1].Name = "last"
		set := trace.NewSet(spans)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if Judge(e, set, Options{}).Passed() {
					b.Fatal("passed")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
		})
	}
}
