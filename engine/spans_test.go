package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// timedSpan is a span from ms to ms of one trace.
func timedSpan(name, id, parent string, from, to int) trace.Span {
	const base = 1_700_000_000_000_000_000
	return trace.Span{
		Name: name, TraceID: "t1", ID: id, ParentID: parent, Status: trace.StatusOK,
		Start: base + uint64(from)*1e6, End: base + uint64(to)*1e6,
		Resource: &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}}},
	}
}

// outline writes a view as text: indented names, with a star on the critical path.
func outline(s *Spans) (out []string) {
	for i := range s.Rows {
		row := &s.Rows[i]
		star := ""
		if row.Critical {
			star = "*"
		}
		out = append(out, fmt.Sprintf("%d %s%s +%d", row.Depth, row.Name, star, row.Below))
	}
	return out
}

func TestSpansAreAWaterfall(t *testing.T) {
	loop := []trace.Span{timedSpan("a", "1", "2", 0, 9), timedSpan("b", "2", "1", 1, 8)}
	for _, c := range []struct {
		name  string
		spans []trace.Span
		want  []string
	}{
		{"siblings stand by their start", []trace.Span{
			timedSpan("late", "3", "1", 50, 60), timedSpan("early", "2", "1", 10, 20), timedSpan("root", "1", "", 0, 100), timedSpan("leaf", "4", "2", 12, 15),
		}, []string{"0 root* +3", "1 early* +1", "2 leaf* +0", "1 late* +0"}},
		{"what runs beside the critical path is not on it", []trace.Span{
			timedSpan("root", "1", "", 0, 100), timedSpan("long", "2", "1", 10, 95), timedSpan("beside", "3", "1", 20, 60), timedSpan("before", "4", "1", 1, 9),
		}, []string{"0 root* +3", "1 before* +0", "1 long* +0", "1 beside +0"}},
		{"a span that outlives its parent is on it", []trace.Span{
			timedSpan("root", "1", "", 0, 100), timedSpan("async", "2", "1", 10, 200), timedSpan("first", "3", "1", 0, 9),
		}, []string{"0 root* +2", "1 first* +0", "1 async* +0"}},
		{"an orphan is a root", []trace.Span{timedSpan("root", "1", "", 0, 10), timedSpan("lost", "2", "77", 5, 8)},
			[]string{"0 root* +0", "0 lost* +0"}},
		{"a circle is entered somewhere", loop, []string{"0 a* +1", "1 b* +0"}},
		{"nothing", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := outline(newSpans(ScenarioID{}, c.spans, nil)); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSpansKnowWhatIsSaidAboutThem(t *testing.T) {
	spans := []trace.Span{
		timedSpan("root", "aa", "", 0, 100), timedSpan("charge", "bb", "aa", 10, 20), timedSpan("charge", "cc", "aa", 30, 40),
		timedSpan("clnrm.step:pay", "dd", "", 0, 5),
	}
	r := &Result{Checks: []Check{
		{Rule: "held", OK: true, Spans: []string{"charge"}},
		{Rule: "failed", Spans: []string{"charge"}, Explain: []string{"nearest of 2 candidates: 'charge' (span cc of trace t1), 1 of 1 field not met"}},
		{Rule: "expect.graph.must_include[charge -> receipt]", Spans: []string{"charge", "receipt"}},
		{Rule: "expect.span[receipt].status", Unjudged: true, Spans: []string{"receipt"}},
		{Rule: "expect.span[refund*].existence", Spans: []string{"refund*"}},
		{Rule: "no such span", OK: true, Spans: []string{"forbidden"}},
		{Rule: "the other spelling", Spans: []string{"clnrm.step.pay"}},
		{Rule: "a pattern that cannot be read", Spans: []string{"["}},
		{Rule: "of all", Explain: []string{"'root' (span aa of trace t1) lasts too long"}},
	}}
	s := newSpans(ScenarioID{}, spans, r)
	var missing []string
	for _, m := range s.Missing {
		missing = append(missing, fmt.Sprintf("%s below %d by %d", m.Name, m.Parent, m.Check))
	}
	if want := []string{"receipt below 1 by 2", "refund* below -1 by 4"}; !slices.Equal(missing, want) {
		t.Errorf("missing %q, want %q", missing, want)
	}
	if want := []int{1, 2, 1, -1, -1, -1, 3, -1, -1}; !slices.Equal(s.CheckRows, want) {
		t.Errorf("rows of checks %v, want %v", s.CheckRows, want)
	}
	for i, want := range []struct {
		checks []int // those that failed first
		failed bool
	}{{[]int{8}, false}, {[]int{1, 2, 0}, true}, {[]int{1, 2, 0}, true}, {[]int{6}, true}} {
		if got := s.Rows[i]; !slices.Equal(s.Checks(i), want.checks) || got.Failed != want.failed {
			t.Errorf("row %d (%s): checks %v, failed %v", i, got.Name, s.Checks(i), got.Failed)
		}
	}
	if row := s.RowAt(time.Unix(0, int64(s.From)+35e6)); row != 2 {
		t.Errorf("at 35ms row %d is open, want 2", row)
	}
	if row := s.RowAt(time.Unix(0, int64(s.From)+500e6)); row != -1 {
		t.Errorf("at 500ms row %d is open", row)
	}
	if d := s.Detail(2); d.ID != "cc" || d.Resource[0].Value != "shop" {
		t.Errorf("detail %+v", d)
	}
}

func TestViewsOfSpansAreBounded(t *testing.T) {
	spans := make([]trace.Span, maxViewSpans+10)
	for i := range spans {
		spans[i] = timedSpan("x", fmt.Sprint(i+1), "", i, i+1)
	}
	if s := newSpans(ScenarioID{}, spans, nil); len(s.Rows) != maxViewSpans || s.Total != len(spans) {
		t.Errorf("%d rows of %d", len(s.Rows), s.Total)
	}
	kept := lazy[int]{limit: 10}
	work := func(v int) func() (int, int) { return func() (int, int) { return v, 4 } }
	for i := range 4 {
		id := ScenarioID{Name: fmt.Sprint(i)}
		if _, ready := kept.get(id, i, work(i), func(f func()) { f() }); ready {
			t.Error("a value is there before it was worked out")
		}
		if v, ready := kept.get(id, i, nil, nil); !ready || v != i {
			t.Errorf("%d is %d, %v", i, v, ready)
		}
	}
	if len(kept.kept) != 2 {
		t.Errorf("%d values of weight 4 are kept where 10 is allowed", len(kept.kept))
	}
	if _, ready := kept.get(ScenarioID{Name: "3"}, "other", work(9), func(func()) {}); ready {
		t.Error("a value that was worked out from something else is returned")
	}
}

// A newer question makes the answer to an older one worthless.
func TestLateAnswersAreDropped(t *testing.T) {
	kept, id := lazy[string]{limit: 100}, ScenarioID{Name: "x"}
	var late []func()
	hold := func(f func()) { late = append(late, f) }
	kept.get(id, 1, func() (string, int) { return "old", 1 }, hold)
	kept.get(id, 2, func() (string, int) { return "new", 1 }, hold)
	late[1]()
	late[0]()
	if v, ready := kept.get(id, 2, nil, nil); v != "new" || !ready {
		t.Errorf("%q, %v", v, ready)
	}
}

// Who scrolls past thousands of rows waits for those on the screen only.
func TestWhatNobodyLooksAtAnyMoreIsNotWorkedOut(t *testing.T) {
	var kept lazy[int]
	for i := range maxPending + 5 {
		kept.get(ScenarioID{Name: fmt.Sprint(i)}, 1, nil, func(func()) {})
	}
	for i, want := range map[int]bool{0: false, 4: false, 5: true, maxPending + 4: true} {
		if got := kept.wanted(ScenarioID{Name: fmt.Sprint(i)}, 1); got != want {
			t.Errorf("%d is wanted: %v", i, got)
		}
	}
	if kept.wanted(ScenarioID{Name: "9"}, 2) {
		t.Error("another version is wanted")
	}
}
