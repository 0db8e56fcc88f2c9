package expect

import (
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func TestWhatOnePatternCoversOfAnother(t *testing.T) {
	for _, tc := range []struct {
		p, q string
		want bool
	}{
		{"pay", "pay", true},
		{"pay", "paid", false},
		{"clnrm.step:a", "clnrm.step.a", true},
		{"p*", "pay", true},
		{"q*", "pay", false},
		{"clnrm.step:*", "clnrm.step.a", true},
		{"clnrm.step.*", "clnrm.step.a", true},
		{"p*", "pa*", true},
		{"pa*", "p*", false},
		{"pay", "p*", false},
	} {
		p, err := CompilePattern(tc.p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := CompilePattern(tc.q)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Covers(q); got != tc.want {
			t.Errorf("%s covers %s: %t", tc.p, tc.q, got)
		}
	}
	if _, err := CompilePattern("a[b"); err == nil {
		t.Error("an open bracket is a pattern")
	}
}

func TestMessageTellsOnlyWhatThereIs(t *testing.T) {
	graph := &spec.Expect{Graph: &spec.GraphExpect{SingleRoot: true}}
	const rule = "expect.graph.single_root"
	for _, tc := range []struct {
		change func(*trace.Span)
		want   string
	}{
		{apart("end"), "expected one root above all spans, found 2 roots"},
		{cut("end"), "expected one root above all spans, found 1 root and 1 span whose parent was not collected"},
	} {
		if c := wantRed(t, judgeSpans(graph, tree(threeLevels, tc.change)), rule, ""); c.Message != tc.want {
			t.Errorf("message %q, want %q", c.Message, tc.want)
		}
	}
}

func TestMessageOfTraceDurationsCountsTheOthers(t *testing.T) {
	most := 0.5
	e := &spec.Expect{EachTrace: &spec.EachTraceExpect{Duration: &spec.DurationExpect{Max: &most}}}
	for n, want := range map[int]bool{1: false, 2: true} {
		spans := tree("a 1 9\nb 1 9", apart("b"))[:n]
		failed := judgeSpans(e, spans).Failures()
		if len(failed) != 1 || strings.Contains(failed[0].Message, " and 1 more") != want || strings.Contains(failed[0].Message, "and 0 more") {
			t.Errorf("%d traces: %+v", n, failed)
		}
	}
}

func TestMissingEdgeSaysWhereTheChildrenAre(t *testing.T) {
	e := &spec.Expect{Graph: &spec.GraphExpect{MustInclude: []spec.Edge{{From: "run", To: "call"}}}}
	const rule = "expect.graph.must_include[run -> call]"
	c := wantRed(t, judgeSpans(e, tree("run 1 9\ncall 3 4\nother 1 2\n  call 1 2")), rule, "")
	text := strings.Join(c.Explain, "\n")
	for _, want := range []string{"none (a root)", "parent is 'other'"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

func TestNearestNames(t *testing.T) {
	names := []string{"GET /items", "POST /items", "payments.charge", "payments.refund", "payments.list", "payments.void", "x"}
	for _, tc := range []struct {
		pattern string
		want    []string
	}{
		{"GET /itms", []string{"GET /items", "POST /items"}},
		{"z*payments*", []string{"payments.charge", "payments.refund", "payments.list"}}, // no more than three
		{"*qqqqqqqqqqqqqqqqq*", nil},
		{"**************************", nil}, // without any letter, everything would be near
	} {
		if got := nearest(tc.pattern, names); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.pattern, got, tc.want)
		}
	}
}

func TestMatcherKnowsBothSpellings(t *testing.T) {
	for _, tc := range []struct {
		pattern, name string
		want          bool
	}{
		{"pay*", "payment", true},
		{"pay*", "order", false},
		{"clnrm.step:*", "clnrm.step.a", true},
		{"clnrm.step:a", "clnrm.step.b", false},
		{"shop:a", "shop.a", false},
	} {
		matches, err := Matcher(tc.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := matches(tc.name); got != tc.want {
			t.Errorf("%s matches %s: %t", tc.pattern, tc.name, got)
		}
	}
	if _, err := Matcher("[x"); err == nil {
		t.Error("an open bracket is a pattern")
	}
}
