package trace

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func ids(s *Set, refs []Ref) string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = s.Span(r).ID
	}
	return strings.Join(out, " ")
}

// link makes spans from "id<parent" words; all are of one trace.
func link(words ...string) []Span {
	spans := make([]Span, len(words))
	for i, w := range words {
		id, parent, _ := strings.Cut(w, "<")
		spans[i] = Span{Name: "n" + id, TraceID: "t", ID: id, ParentID: parent}
	}
	return spans
}

func TestSetLinksParentsWithinATraceOnly(t *testing.T) {
	spans := link("a", "b<a", "c<a", "d<b", "e<x")
	spans = append(spans, Span{Name: "other", TraceID: "u", ID: "f", ParentID: "a"})
	s := NewSet(spans)
	if got := ids(s, s.Roots()); got != "a" {
		t.Errorf("roots %s", got)
	}
	if got := ids(s, s.Orphans()); got != "e f" {
		t.Errorf("orphans %s", got)
	}
	if got := ids(s, s.Children(0)); got != "b c" {
		t.Errorf("children %s", got)
	}
	if s.Parent(3) != 1 || s.Parent(0) != NoRef || s.Parent(5) != NoRef {
		t.Errorf("parents %v", s.parent)
	}
	if s.Traces() != 2 || s.Trace(0) != s.Trace(4) || s.Trace(0) == s.Trace(5) {
		t.Errorf("traces %v", s.trace)
	}
	if got := ids(s, s.TopDown()); got != "a e f b c d" {
		t.Errorf("top down %s", got)
	}
	if r, ok := s.Find("t", "d"); !ok || r != 3 {
		t.Errorf("find: %d %v", r, ok)
	}
	if _, ok := s.Find("u", "d"); ok {
		t.Error("found a span of another trace")
	}
}

func TestSetWithoutTraceIDsIsOneTrace(t *testing.T) {
	s := NewSet([]Span{{Name: "a", ID: "1"}, {Name: "b", ID: "2", ParentID: "1"}})
	if s.Traces() != 1 || s.Parent(1) != 0 {
		t.Errorf("%d traces, parent %d", s.Traces(), s.Parent(1))
	}
}

func TestSetGroupsByName(t *testing.T) {
	s := NewSet([]Span{{Name: "b"}, {Name: "a"}, {Name: "b"}, {Name: ""}})
	if !slices.Equal(s.Names(), []string{"", "a", "b"}) || !slices.Equal(s.Named("b"), []Ref{0, 2}) || s.Named("c") != nil {
		t.Errorf("names %q, b %v, c %v", s.Names(), s.Named("b"), s.Named("c"))
	}
	if id := s.NameID(1); s.Names()[id] != "a" || !slices.Equal(s.WithName(id), []Ref{1}) {
		t.Errorf("name id %d", id)
	}
}

func TestSetFindsCycles(t *testing.T) {
	for name, tc := range map[string]struct {
		words  []string
		cycles []string
	}{
		"none":           {[]string{"a", "b<a"}, nil},
		"itself":         {[]string{"a<a", "b<a"}, []string{"a"}},
		"three and tail": {[]string{"r", "a<c", "b<a", "c<b", "d<c", "e<d"}, []string{"a c b"}},
		"two cycles":     {[]string{"a<b", "b<a", "c<d", "d<c"}, []string{"a b", "c d"}},
		"tail first":     {[]string{"e<d", "d<c", "c<b", "b<c"}, []string{"c b"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSet(link(tc.words...))
			var got []string
			for _, c := range s.Cycles() {
				got = append(got, ids(s, c))
			}
			if !slices.Equal(got, tc.cycles) {
				t.Errorf("got %q, want %q", got, tc.cycles)
			}
			checkTopDown(t, s)
		})
	}
}

// checkTopDown verifies the promise of TopDown.
func checkTopDown(t *testing.T, s *Set) {
	t.Helper()
	onCycle := map[Ref]bool{}
	for _, c := range s.Cycles() {
		for i, r := range c {
			onCycle[r] = true
			if s.Parent(r) != c[(i+1)%len(c)] {
				t.Fatalf("%v is not a loop of parents", c)
			}
		}
	}
	place := map[Ref]int{}
	for i, r := range s.TopDown() {
		place[r] = i
	}
	if len(place) != s.Len() || len(s.TopDown()) != s.Len() {
		t.Fatalf("%d rows of %d", len(place), s.Len())
	}
	for r := range Ref(s.Len()) {
		if up := s.Parent(r); up != NoRef && !onCycle[r] && place[up] > place[r] {
			t.Fatalf("%d stands before its parent %d", r, up)
		}
	}
}

func TestTopDownHoldsForAnyLinks(t *testing.T) {
	for seed := range uint64(500) {
		g := rand.New(rand.NewPCG(seed, 5))
		n := g.IntN(12)
		spans := make([]Span, n)
		for i := range spans {
			spans[i] = Span{ID: fmt.Sprint("s", i), ParentID: []string{"", fmt.Sprint("s", g.IntN(n+2))}[g.IntN(2)]}
		}
		checkTopDown(t, NewSet(spans))
	}
}

func TestDuplicatesAreDroppedAndContradictionsReported(t *testing.T) {
	a := Span{Name: "a", TraceID: "t", ID: "1", Source: Source{Kind: "otlp", Service: "shop"}}
	same, other := a, a
	same.Source.Kind = "stdout"
	other.Name = "b"
	elsewhere := a
	elsewhere.TraceID = "u"
	spans := []Span{a, {Name: "c", ID: "2"}, same, elsewhere, other, {Name: "d", ID: "3", ParentID: "2"}, {Name: "x"}, {Name: "x"}}
	before := slices.Clone(spans)
	s := NewSet(spans)
	if s.Len() != 6 || len(s.Named("b")) != 0 {
		t.Errorf("%d spans: %q", s.Len(), s.Names())
	}
	if r, ok := s.Find("", "3"); !ok || s.Span(r).Name != "d" || s.Span(s.Parent(r)).Name != "c" {
		t.Errorf("rows are wrong after a duplicate: %d %v", r, ok)
	}
	p := s.Problems()
	if len(p) != 1 || p[0].Code != ConflictingDuplicate || !strings.Contains(p[0].Message, "'a' (from otlp shop) and 'b'") {
		t.Errorf("problems %+v", p)
	}
	if !reflect.DeepEqual(spans, before) {
		t.Error("the given slice was changed")
	}
	if n := len(NewSet([]Span{a, same}).Problems()); n != 0 {
		t.Errorf("the same span over two channels is a problem")
	}
}

func TestDroppedDataIsReported(t *testing.T) {
	spans := make([]Span, 50)
	for i := range spans {
		spans[i] = Span{Name: fmt.Sprint("s", i), Dropped: 2}
	}
	p := NewSet(spans).Problems()
	if len(p) != 1 || p[0].Code != DroppedData || p[0].Count != 50 || len(p[0].Examples) != maxExamples ||
		p[0].Message != "the SDK left out 2 attributes or events of span 's0' (and 49 more like it)" {
		t.Errorf("problems %+v", p)
	}
}

func TestSourcesAreSortedAndDistinct(t *testing.T) {
	s := NewSet([]Span{{Source: Source{"stdout", "x", ""}}, {Source: Source{"otlp", "x", "shop"}}, {Source: Source{"otlp", "x", "db"}}, {Source: Source{"otlp", "x", "shop"}}})
	var got []string
	for _, src := range s.Sources() {
		got = append(got, src.String())
	}
	if strings.Join(got, ", ") != "otlp db, otlp shop, stdout" {
		t.Errorf("got %q", got)
	}
}

func TestEmptySet(t *testing.T) {
	s := NewSet(nil)
	if s.Len() != 0 || s.Traces() != 0 || len(s.Names()) != 0 || len(s.TopDown()) != 0 || s.Named("a") != nil {
		t.Errorf("%+v", s)
	}
}
