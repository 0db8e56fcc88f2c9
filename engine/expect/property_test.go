package expect

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// judgeCases is how many random cases the judge is tried on: CLNRM_JUDGE_CASES,
// else ten thousand, fewer in a short test. Case n is the same in every run.
func judgeCases(t *testing.T) int {
	if text := os.Getenv("CLNRM_JUDGE_CASES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("CLNRM_JUDGE_CASES = %q is no number of cases", text)
		}
		return n
	}
	if testing.Short() {
		return 2000
	}
	return 10000
}

// TestJudgeAgreesWithTheNaiveJudge compares the indexed judge with the plain
// loops of naive_test.go on random traces and random expectations, rule by rule.
func TestJudgeAgreesWithTheNaiveJudge(t *testing.T) {
	cases := judgeCases(t)
	seen := map[string][2]int{} // rule kind → how often it failed and held
	skewed := map[string]int{}
	for seed := range uint64(cases) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		spans, e := g.spans(), g.expect()
		internal := []string{"db"}
		want := naiveJudge(e, spans, internal)
		got := Judge(e, trace.NewSet(append([]trace.Span(nil), spans...)), Options{InternalHosts: internal})
		if diff := compareVerdicts(want, got.Checks); diff != "" {
			t.Fatalf("seed %d: %s\nspans: %s\nexpect: %+v\nchecks: %+v", seed, diff, describe(spans), e, got.Checks)
		}
		for _, c := range got.Checks {
			kind := ruleKind(c.Rule)
			n := seen[kind]
			if c.OK {
				n[1]++
			} else {
				n[0]++
			}
			seen[kind] = n
			countSkew(skewed, c)
			if !c.OK && !c.Unjudged && c.Message == "" {
				t.Fatalf("seed %d: %s fails without a message", seed, c.Rule)
			}
		}
	}
	delete(seen, "trace.duplicates") // is only added when it fails
	for kind, n := range seen {
		if n[0] < cases/200 || n[1] < cases/200 {
			t.Errorf("rule %s failed %d and held %d times: the generator does not exercise it", kind, n[0], n[1])
		}
	}
	wantSkew(t, skewed, cases, "expect.order.must_precede", "expect.order.must_follow", "expect.window", "indirect")
	if len(seen) < 22 {
		t.Errorf("only %d kinds of rules were exercised: %v", len(seen), seen)
	}
}

// countSkew counts the rules that fail because clocks disagree, and those for
// which the disagreement is between others.
func countSkew(skewed map[string]int, c Check) {
	text := c.Message + strings.Join(c.Explain, "\n")
	if !strings.Contains(text, "clock skew: ") {
		return
	}
	skewed[ruleKind(c.Rule)]++
	if strings.Contains(text, "cannot be compared, for those of") {
		skewed["indirect"]++
	}
}

func wantSkew(t *testing.T, skewed map[string]int, cases int, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if skewed[kind] < max(1, cases/1000) {
			t.Errorf("%s: clocks disagreed %d times: the generator does not exercise it", kind, skewed[kind])
		}
	}
}

// ruleKind is a rule without what it is about.
func ruleKind(rule string) string {
	if i, k := strings.IndexByte(rule, '['), strings.LastIndexByte(rule, ']'); i >= 0 {
		return rule[:i] + rule[k+1:]
	}
	return rule
}

// compareVerdicts walks both lists. A naive "fails n" stands for the rules of
// one block, of which exactly n must have failed.
func compareVerdicts(want []verdict, got []Check) string {
	i := 0
	for _, w := range want {
		var fails int
		if _, err := fmt.Sscanf(w.rule[strings.LastIndex(w.rule, " fails ")+1:], "fails %d", &fails); err == nil {
			n := 0
			for ; i < len(got) && strings.HasPrefix(got[i].Rule, "expect.span[") && !strings.HasSuffix(got[i].Rule, ".existence"); i++ {
				if !got[i].OK {
					n++
				}
			}
			if n != fails && w.ok {
				return fmt.Sprintf("%s, found %d", w.rule, n)
			}
			continue
		}
		if i >= len(got) {
			return "missing check " + w.rule
		}
		if got[i].Rule != w.rule || got[i].OK != w.ok {
			return fmt.Sprintf("expected %s ok=%v, found %s ok=%v", w.rule, w.ok, got[i].Rule, got[i].OK)
		}
		i++
	}
	if i < len(got) && got[i].Rule != "trace.duplicates" {
		return "unexpected check " + got[i].Rule
	}
	return ""
}

func describe(spans []trace.Span) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&b, "\n  %+v", s)
	}
	return b.String()
}

// generator makes small traces and expectations over a small vocabulary, so
// that they often have to do with one another.
type generator struct{ *rand.Rand }

func (g generator) one(from ...string) string { return from[g.IntN(len(from))] }
func (g generator) chance(percent int) bool   { return g.IntN(100) < percent }

func (g generator) pattern() string {
	return g.one("a", "b", "c", "a", "b", "c", "a.x", "clnrm.step:s", "clnrm.step.s", "*", "a*", "[ab]", "[!a]*", "?", "zz", "clnrm.*")
}

func (g generator) spans() []trace.Span {
	n := g.IntN(9)
	resources := []*trace.Resource{
		nil, {}, {Attrs: attrs("service.name", "shop")}, {Attrs: attrs("service.name", "shop")},
		{Attrs: attrs("service.name", "shop", "host.name", "b")}, {Attrs: attrs("service.name", "stock")}, {Attrs: attrs("service.name", "bill")},
	}
	hosts := g.chance(50) // several clocks
	spans := make([]trace.Span, n)
	neat := g.chance(50) // times and kinds are there
	for i := range spans {
		s := &spans[i]
		s.Name = g.one("a", "b", "c", "a.x", "ab", "clnrm.step:s", "clnrm.step.t")
		s.TraceID = g.one("t1", "t1", "t2", "")
		s.ID = fmt.Sprint(i)
		if g.chance(3) {
			s.ID = g.one("", "0", "1")
		}
		if g.chance(70) {
			s.ParentID = fmt.Sprint(g.IntN(n + 1))
			if neat && i > 0 {
				s.ParentID = fmt.Sprint(g.IntN(i))
				s.TraceID = spans[0].TraceID
			}
		}
		s.Kind = trace.Kind(g.IntN(6))
		if s.KindKnown = neat || g.chance(80); !s.KindKnown {
			s.Kind = trace.KindUnset
		}
		s.Start = uint64(g.IntN(8)+1) * 1e6
		s.End = s.Start + uint64(g.IntN(8))*1e6
		if !neat && g.chance(15) {
			s.Start = uint64(g.IntN(2)) * 5e6
			s.End = uint64(g.IntN(2)) * 2e6
		}
		s.Status = trace.Status(g.IntN(3))
		if neat && g.chance(80) {
			s.Status = trace.StatusOK
		}
		for _, k := range []string{"k", "n", "server.address"} {
			if g.chance(30) {
				s.Attrs = append(s.Attrs, trace.Attr{Key: k, Value: g.value(k)})
			}
		}
		for range g.IntN(3) {
			s.Events = append(s.Events, trace.Event{Name: g.one("e1", "e2", "e3")})
		}
		s.Scope = g.one("", "a", "ab")
		for range g.IntN(4) {
			to := &spans[g.IntN(i+1)]
			s.Links = append(s.Links, trace.Link{TraceID: to.TraceID, SpanID: g.one(to.ID, to.ID, to.ID, "99")})
		}
		s.Resource = resources[g.IntN(3)]
		switch {
		case hosts:
			s.Resource = resources[g.IntN(len(resources))]
		case neat:
			s.Resource = resources[2]
		}
		if neat && hosts && s.ParentID != "" && g.chance(85) { // most are the right way round
			for k := range i {
				if spans[k].ID == s.ParentID {
					s.Start = spans[k].Start + uint64(g.IntN(3))*1e6
					s.End = s.Start + uint64(g.IntN(8))*1e6
				}
			}
		}
	}
	return spans
}

func (g generator) value(key string) any {
	if key == "server.address" {
		return g.one("localhost", "localhost", "db", "db", "example.com")
	}
	return []any{"1", int64(1), int64(2), 1.5, true, "pass", "bypass"}[g.IntN(7)]
}

func (g generator) attr() spec.AttrExpect {
	a := spec.AttrExpect{Key: g.one("k", "n", "resource.service.name"), Op: spec.AttrOp(g.IntN(7))}
	a.Value = g.one("1", "2", "1.5", "true", "pass", "shop")
	a.Number = float64(g.IntN(3))
	a.OneOf = []string{"1", g.one("pass", "shop", "true")}
	return a
}

func (g generator) attrs() []spec.AttrExpect {
	var out []spec.AttrExpect
	for range g.IntN(3) {
		out = append(out, g.attr())
	}
	return out
}

func (g generator) edges() []spec.Edge {
	var out []spec.Edge
	for range g.IntN(3) {
		out = append(out, spec.Edge{From: g.pattern(), To: g.pattern()})
	}
	return out
}

func (g generator) bound() *spec.Bound {
	n, m := int64(g.IntN(6)), int64(g.IntN(6))
	switch g.IntN(4) {
	case 0:
		return &spec.Bound{Eq: &n}
	case 1:
		return &spec.Bound{Gte: &n}
	case 2:
		return &spec.Bound{Lte: &n}
	default:
		return &spec.Bound{Gte: &n, Lte: &m}
	}
}

func (g generator) expect() *spec.Expect {
	e := &spec.Expect{}
	for range g.IntN(3) {
		e.Spans = append(e.Spans, g.spanExpect())
	}
	e.Graph = &spec.GraphExpect{MustInclude: g.edges(), MustNotCross: g.edges(), Acyclic: g.chance(50)}
	e.Counts = &spec.CountsExpect{SpansTotal: g.bound(), EventsTotal: g.bound(), ErrorsTotal: g.bound()}
	e.Counts.ByName = []spec.NamedBound{{Name: g.pattern(), Bound: *g.bound()}}
	e.Counts.ByKind = []spec.NamedBound{{Name: g.one("internal", "client", "server"), Bound: *g.bound()}}
	if g.chance(50) {
		e.Windows = append(e.Windows, &spec.WindowExpect{Outer: g.pattern(), Contains: []string{g.pattern()}})
	}
	e.Order = &spec.OrderExpect{MustPrecede: g.edges(), MustFollow: g.edges()}
	e.Status = &spec.StatusExpect{Strict: g.chance(30)}
	if g.chance(70) {
		e.Status.All = g.one("OK", "OK", "OK", "ERROR", "UNSET")
	}
	e.Status.ByName = []spec.NamedStatus{{Name: g.pattern(), Status: g.one("OK", "OK", "ERROR", "UNSET")}}
	e.Hermeticity = &spec.HermeticityExpect{
		NoExternalServices: true,
		ResourceAttrs:      []spec.AttrExpect{{Key: "service.name", Value: "shop"}},
		ForbidKeys:         []string{g.one("k", "n*", "zz", "*.address")},
	}
	return e
}

func (g generator) spanExpect() *spec.SpanExpect {
	e := &spec.SpanExpect{Name: g.pattern(), AttrsAll: g.attrs(), AttrsAny: g.attrs()}
	if g.chance(25) {
		e.Parent = g.pattern()
	}
	if g.chance(15) {
		root := g.chance(50)
		e.Root = &root
	}
	if g.chance(15) {
		e.Scope = g.one("a", "a*", "b", "*")
	}
	if g.chance(10) {
		e.Links = []string{g.pattern(), g.pattern()}[:1+g.IntN(2)]
	}
	if g.chance(25) {
		e.Kind = g.one("internal", "client", "server", "producer", "consumer")
	}
	if g.chance(25) {
		e.Status = g.one("OK", "ERROR", "UNSET")
	}
	if g.chance(25) {
		e.EventsAny = []string{g.one("e1", "e2"), g.one("e3", "e4")}
	}
	if g.chance(25) {
		e.EventsAll = []string{g.one("e1", "e2"), g.one("e1", "e3")}
	}
	if g.chance(25) {
		lo, hi := float64(g.IntN(5)), float64(g.IntN(8))
		e.Duration = &spec.DurationExpect{Min: &lo, Max: &hi}
	}
	if g.chance(20) {
		exists := g.chance(30)
		e.Exists = &exists
	}
	return e
}
