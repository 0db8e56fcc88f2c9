package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// After any sequence of snapshots and of what a user does in between, an update
// has made the rows that building all of them anew makes.
func TestAnUpdateMakesTheSameRowsAsBuildingThem(t *testing.T) {
	patched := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		snap := &engine.Snapshot{}
		for i := range 20 + r.IntN(30) { // unfolded at first, or not
			snap.Templates = append(snap.Templates, random(r, fmt.Sprintf("t%02d", i)))
		}
		tr := New()
		tr.height = 10
		for range 40 {
			next := &engine.Snapshot{Templates: slices.Clone(snap.Templates)}
			for range r.IntN(4) {
				i := r.IntN(len(next.Templates))
				next.Templates[i] = random(r, next.Templates[i].Path)
			}
			if at := r.IntN(len(next.Templates)); r.IntN(8) == 0 {
				next.Templates = slices.Delete(next.Templates, at, at+1)
			}
			snap = next
			if was := tr.parts.templates; was != nil && len(was) == len(snap.Templates) {
				patched++
			}
			tr.Update(snap)
			again := New()
			again.height, again.folds, again.focus, again.order, again.filter = tr.height, tr.folds, tr.focus, tr.order, tr.filter
			again.chosen, again.node, again.held, again.list = tr.chosen, tr.node, tr.held, tr.list
			again.rebuild(snap)
			if !slices.Equal(rowsOf(tr), rowsOf(again)) || tr.shown != again.shown || tr.total != again.total || tr.node != again.node {
				t.Fatalf("seed %d: %d rows, %d shown, at %v; built anew %d, %d, %v", seed, len(tr.rows), tr.shown, tr.node, len(again.rows), again.shown, again.node)
			}
			act(r, tr, snap)
		}
	}
	if patched < 300 {
		t.Errorf("only %d updates could be patched", patched)
	}
}

// A test that is mended is the one that r runs next: neither the filter nor focus
// mode takes the row from under the cursor.
func TestTheSelectedRowStaysWhenItsVerdictTurns(t *testing.T) {
	state := func(a, b engine.Verdict) *engine.Snapshot {
		s := &engine.Snapshot{}
		for path, v := range map[string]engine.Verdict{"a": a, "b": b} {
			s.Templates = append(s.Templates, &engine.Template{Path: path, Scenarios: []*engine.Scenario{{ID: engine.ScenarioID{Path: path, Name: "s"}, Verdict: v}}})
		}
		slices.SortFunc(s.Templates, func(a, b *engine.Template) int { return strings.Compare(a.Path, b.Path) })
		return s
	}
	const fail, pass, running = engine.VerdictFail, engine.VerdictPass, engine.VerdictRunning
	red := state(fail, fail)
	for name, narrow := range map[string]func(*Tree){
		"filter":          func(tr *Tree) { tr.Find(&panel.View{Snap: red}, "status:fail") },
		"focus":           func(tr *Tree) { tr.SetFocus(red, true) },
		"filter, grouped": func(tr *Tree) { tr.SetGrouped(red, true); tr.Find(&panel.View{Snap: red}, "status:fail") },
	} {
		tr := New()
		tr.height = 10
		tr.Sync(red)
		narrow(tr)
		sel := panel.Node{Path: "a", Scenario: "s"}
		tr.Select(red, sel)
		for i, s := range []*engine.Snapshot{state(pass, fail), state(running, fail), state(pass, fail)} {
			if tr.Update(s); tr.Node() != sel {
				t.Errorf("%s: after %d changes %v is selected", name, i+1, tr.Node())
			}
		}
		tr.Select(state(pass, fail), panel.Node{Path: "b", Scenario: "s"})
		tr.Update(state(pass, fail))
		if n := tr.find(sel); n >= 0 {
			t.Errorf("%s: the row stays although another is selected", name)
		}
	}
}

// rowsOf are the visible rows of a tree, without their folders, which are made anew.
func rowsOf(t *Tree) (out []row) {
	for i := range t.rows {
		r := t.row(i)
		r.group = nil
		out = append(out, r)
	}
	return out
}

// act does something that a user may do.
func act(r *rand.Rand, tr *Tree, s *engine.Snapshot) {
	switch r.IntN(12) {
	case 0:
		tr.Toggle(s)
	case 1:
		tr.FoldAll(s, r.IntN(2) == 0)
	case 2:
		tr.SetFocus(s, r.IntN(3) == 0)
	case 3:
		if r.IntN(3) == 0 {
			tr.NextOrder(s)
		}
	case 4:
		tr.Find(&panel.View{Snap: s}, []string{"", "t1", "s2"}[r.IntN(3)])
	default:
		tr.Click(nil, 0, r.IntN(10))
	}
}

// random is a template with a few scenarios of any state.
func random(r *rand.Rand, path string) *engine.Template {
	t := &engine.Template{Path: path, Status: engine.CheckOK}
	if r.IntN(4) == 0 {
		t.Status = engine.CheckError
	}
	for i := range r.IntN(4) {
		s := &engine.Scenario{ID: engine.ScenarioID{Path: path, Name: fmt.Sprintf("s%d", i)}, Stale: r.IntN(3) == 0}
		if r.IntN(2) == 0 {
			s.Stepped, s.Run = true, &engine.ScenarioRun{Steps: []engine.Step{{Name: "one"}}}
		}
		t.Scenarios = append(t.Scenarios, s)
	}
	return t
}
