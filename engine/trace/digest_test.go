package trace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// again tells the same behaviour as another run would: other ids, other times,
// other machine, other order of arrival.
func again(g *rand.Rand, spans []Span) []Span {
	out := slices.Clone(spans)
	rename := func(id string) string {
		if id == "" {
			return ""
		}
		return fmt.Sprintf("%x", g.Uint64()) + "-" + id // still distinct
	}
	traces, idOf, res := map[string]string{}, map[string]string{}, map[*Resource]*Resource{}
	lookup := func(m map[string]string, id string) string {
		if _, ok := m[id]; !ok {
			m[id] = rename(id)
		}
		return m[id]
	}
	shift := g.Uint64N(1e15)
	for i := range out {
		s := &out[i]
		s.TraceID, s.ID, s.ParentID = lookup(traces, s.TraceID), lookup(idOf, s.ID), lookup(idOf, s.ParentID)
		s.Start, s.End = s.Start+shift, s.End+shift+g.Uint64N(1e6)
		s.Attrs = append(slices.Clone(s.Attrs), Attr{"thread.id", int64(g.IntN(99))}, Attr{"net.peer.port", int64(g.IntN(65536))})
		g.Shuffle(len(s.Attrs), func(a, b int) { s.Attrs[a], s.Attrs[b] = s.Attrs[b], s.Attrs[a] })
		s.Events = slices.Clone(s.Events)
		for e := range s.Events {
			s.Events[e].Time += shift
		}
		g.Shuffle(len(s.Events), func(a, b int) { s.Events[a], s.Events[b] = s.Events[b], s.Events[a] })
		if s.Resource != nil {
			if res[s.Resource] == nil {
				attrs := slices.Clone(s.Resource.Attrs)
				attrs = append(attrs, Attr{"process.pid", int64(g.IntN(9999))}, Attr{"service.instance.id", fmt.Sprint(g.Uint64())})
				res[s.Resource] = &Resource{Attrs: attrs}
			}
			s.Resource = res[s.Resource]
		}
		s.Source.Service = fmt.Sprint(g.IntN(3))
	}
	g.Shuffle(len(out), func(a, b int) { out[a], out[b] = out[b], out[a] })
	return out
}

func TestSameBehaviourHasTheSameDigest(t *testing.T) {
	for seed := range uint64(300) {
		g := rand.New(rand.NewPCG(seed, 6))
		spans := randomSpans(g, g.IntN(25))
		want := Digest(NewSet(slices.Clone(spans)))
		for range 3 {
			if got := Digest(NewSet(again(g, spans))); got != want {
				t.Fatalf("seed %d: %s and %s", seed, got, want)
			}
		}
	}
}

func TestEqualSiblingsAreToldApartByWhatIsBelow(t *testing.T) {
	// Two equal children, only one of which has a child of its own, in either
	// order of arrival.
	a := link("r", "a<r", "b<r", "c<a")
	b := link("r", "b<r", "a<r", "c<a")
	for _, spans := range [][]Span{a, b} {
		for i := range spans[1:3] {
			spans[1+i].Name = "same"
		}
	}
	if Digest(NewSet(a)) != Digest(NewSet(b)) {
		t.Error("the order of arrival changes the digest")
	}
}

func TestTracesThatBeginAlikeAreToldApartByTheirRest(t *testing.T) {
	root := func(trace, id, name string) Span { return Span{Name: name, TraceID: trace, ID: id} }
	a := []Span{root("1", "a", "x"), root("1", "b", "y"), root("2", "c", "x"), root("2", "d", "z")}
	b := []Span{root("2", "c", "x"), root("2", "d", "z"), root("1", "a", "x"), root("1", "b", "y")}
	if Digest(NewSet(a)) != Digest(NewSet(b)) {
		t.Error("the order of arrival changes the digest")
	}
}

func TestEveryChangeOfBehaviourChangesTheDigest(t *testing.T) {
	base := func() []Span {
		spans := link("r", "a<r", "b<a", "q")
		spans[1].Attrs = []Attr{{"k", "v"}}
		spans[1].Events = []Event{{Name: "e"}, {Name: "e"}}
		spans[1].Resource = &Resource{Attrs: []Attr{{"service.name", "shop"}}}
		return spans
	}
	seen := map[string]string{Digest(NewSet(base())): "the base"}
	for name, change := range map[string]func(s []Span) []Span{
		"a span less":          func(s []Span) []Span { return s[:3] },
		"a span more":          func(s []Span) []Span { return append(s, link("z<r")...) },
		"another name":         func(s []Span) []Span { s[2].Name = "x"; return s },
		"another kind":         func(s []Span) []Span { s[2].Kind = KindClient; return s },
		"another status":       func(s []Span) []Span { s[2].Status = StatusError; return s },
		"another parent":       func(s []Span) []Span { s[2].ParentID = "r"; return s },
		"a parent less":        func(s []Span) []Span { s[1].ParentID = ""; return s },
		"a parent not there":   func(s []Span) []Span { s[1].ParentID = "gone"; return s },
		"a cycle":              func(s []Span) []Span { s[1].ParentID = "b"; return s },
		"an attribute more":    func(s []Span) []Span { s[2].Attrs = []Attr{{"x", int64(1)}}; return s },
		"another value":        func(s []Span) []Span { s[1].Attrs = []Attr{{"k", "w"}}; return s },
		"an event less":        func(s []Span) []Span { s[1].Events = s[1].Events[:1]; return s },
		"another event":        func(s []Span) []Span { s[1].Events[0].Name = "f"; return s },
		"another resource":     func(s []Span) []Span { s[1].Resource = &Resource{}; return s },
		"no resource":          func(s []Span) []Span { s[1].Resource = nil; return s },
		"another trace":        func(s []Span) []Span { s[3].TraceID = "u"; return s },
		"nothing but the root": func(s []Span) []Span { return s[:1] },
		"nothing":              func([]Span) []Span { return nil },
	} {
		d := Digest(NewSet(change(base())))
		if other, ok := seen[d]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
		if len(d) != 64 || strings.ToLower(d) != d {
			t.Errorf("%s is not lower hex of SHA-256", d)
		}
	}
}

func TestDigestOfAVeryDeepTraceIsQuick(t *testing.T) {
	const n = 200_000
	spans := make([]Span, n)
	for i := range spans {
		spans[i] = Span{Name: "n", TraceID: "t", ID: fmt.Sprint("s", i)}
		if i > 0 {
			spans[i].ParentID = fmt.Sprint("s", i-1)
		}
	}
	if d := Digest(NewSet(spans)); len(d) != 64 {
		t.Error(d)
	}
}

func TestPortsAreNoBehaviour(t *testing.T) {
	for _, tc := range []struct{ key, in, want string }{
		{"url.full", "http://127.0.0.1:40123/a?b=c:1#d", "http://127.0.0.1/a?b=c:1#d"},
		{"http.url", "http://[::1]:8080", "http://[::1]"},
		{"http.url", "http://[::1]/x:1", "http://[::1]/x:1"},
		{"http.host", "localhost:80", "localhost"},
		{"server.address", "db", "db"},
		{"server.address", "fe80::1:80", "fe80::1:80"},
		{"server.address", "db:", "db:"},
		{"url.full", "/cart:12", "/cart:12"},
		{"url.full", "", ""},
		{"text", "a:1", "a:1"},
	} {
		if got := withoutPort(tc.key, tc.in); got != tc.want {
			t.Errorf("%s %s: got %s, want %s", tc.key, tc.in, got, tc.want)
		}
	}
	one, two := link("a"), link("a")
	one[0].Attrs = []Attr{{"url.full", "http://127.0.0.1:1/a"}}
	two[0].Attrs = []Attr{{"url.full", "http://127.0.0.1:2/a"}}
	if Digest(NewSet(one)) != Digest(NewSet(two)) {
		t.Error("another port is another digest")
	}
}
