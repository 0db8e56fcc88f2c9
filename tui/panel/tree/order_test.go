package tree

import (
	"slices"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// took is a template with one scenario of that verdict that took so long and
// ended at that hour.
func took(path string, v engine.Verdict, d time.Duration, hour int) *engine.Template {
	s := &engine.Scenario{ID: engine.ScenarioID{Path: path, Name: "s"}, Verdict: v}
	if v != engine.VerdictNone {
		s.Run = &engine.ScenarioRun{Result: &engine.Result{Verdict: v, Duration: d, At: time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)}}
	}
	return &engine.Template{Path: path, Status: engine.CheckOK, Scenarios: []*engine.Scenario{s}}
}

func TestTemplatesAreSortedAndTheSelectionStays(t *testing.T) {
	invalid := &engine.Template{Path: "e", Status: engine.CheckError, Timing: engine.Timing{Total: time.Millisecond}}
	snap := &engine.Snapshot{Templates: []*engine.Template{
		took("a", engine.VerdictPass, 2*time.Second, 3),
		took("b", engine.VerdictFail, time.Second, 1),
		took("c", engine.VerdictNone, 0, 0),
		took("d", engine.VerdictPass, 2*time.Second, 5),
		invalid,
	}}
	tr := New()
	tr.Sync(snap)
	tr.Select(snap, panel.Node{Path: "b", Scenario: "s"})
	for _, want := range []struct {
		order Order
		paths []string
	}{
		{ByStatus, []string{"e", "b", "c", "a", "d"}},
		{ByDuration, []string{"a", "d", "b", "e", "c"}},
		{ByRecent, []string{"d", "a", "b", "c", "e"}},
		{ByPath, []string{"a", "b", "c", "d", "e"}},
	} {
		if got := tr.NextOrder(snap); got != want.order {
			t.Fatalf("the next order is %q, want %q", got, want.order)
		}
		var paths []string
		for i := range tr.rows {
			if r := tr.row(i); r.s == nil {
				paths = append(paths, r.t.Path)
			}
		}
		if !slices.Equal(paths, want.paths) {
			t.Errorf("by %q: %q, want %q", want.order, paths, want.paths)
		}
		if n := (panel.Node{Path: "b", Scenario: "s"}); tr.Node() != n || tr.row(tr.list.Cursor).node() != n {
			t.Errorf("by %q the selection is %+v", want.order, tr.Node())
		}
	}
}

func TestEveryStateHasItsRank(t *testing.T) {
	for _, status := range []engine.CheckStatus{engine.CheckPending, engine.CheckOK, engine.CheckWarning, engine.CheckError} {
		for v := engine.VerdictNone; v <= engine.VerdictInterrupted; v++ {
			for _, stale := range []bool{false, true} {
				x := took("a", v, 0, 0)
				x.Status, x.Scenarios[0].Stale, x.Scenarios[0].Replayed = status, stale, stale
				if rank(x) < 0 {
					t.Errorf("%q has no place in the order", panel.OfTemplate(x, &signs).Word)
				}
			}
		}
	}
}
