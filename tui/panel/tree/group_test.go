package tree

import (
	"slices"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// paths are those of all rows but scenarios.
func paths(t *Tree) (out []string) {
	for i := range t.rows {
		if r := t.row(i); r.s == nil {
			out = append(out, r.path())
		}
	}
	return out
}

func want(t *testing.T, tr *Tree, list ...string) {
	t.Helper()
	if got := paths(tr); !slices.Equal(got, list) {
		t.Errorf("rows %q, want %q", got, list)
	}
}

func TestTemplatesAreGroupedByFolder(t *testing.T) {
	snap := &engine.Snapshot{Templates: []*engine.Template{
		took("t/a/1", engine.VerdictPass, time.Second, 3),
		took("t/a/b/2", engine.VerdictPass, time.Second, 1),
		took("t/a/z", engine.VerdictFail, time.Second, 1),
		took("t/c/3", engine.VerdictNone, 0, 0),
		took("t/d", engine.VerdictNone, 0, 0),
	}}
	tr := New()
	tr.Sync(snap)
	tr.Select(snap, panel.Node{Path: "t/a/z", Scenario: "s"})
	tr.SetGrouped(snap, true)
	want(t, tr, "t/d", "t/a/", "t/a/1", "t/a/z", "t/a/b/", "t/a/b/2", "t/c/", "t/c/3")
	if n := tr.Node(); n != (panel.Node{Path: "t/a/z", Scenario: "s"}) {
		t.Errorf("the selection is %+v", n)
	}
	if g := tr.groups[1]; g.dir != "t/a/" {
		t.Errorf("%+v", g)
	} else if g.judge(); g.worst.Path != "t/a/z" || g.failing != 1 {
		t.Errorf("the worst is %s, %d fail", g.worst.Path, g.failing)
	}

	// Up the hierarchy: scenario, template, folder; a folded folder keeps the
	// selection of what is in it.
	tr.Collapse(snap)
	tr.Collapse(snap)
	tr.Collapse(snap)
	if n := tr.Node(); n.Path != "t/a/" || !n.Folder() {
		t.Fatalf("above a template is %+v", n)
	}
	tr.Collapse(snap)
	want(t, tr, "t/d", "t/a/", "t/a/b/", "t/a/b/2", "t/c/", "t/c/3")
	if tr.shown != 5 {
		t.Errorf("%d templates are shown, want 5", tr.shown)
	}
	if ids := tr.Below(tr.Node()); len(ids) != 2 || ids[0].Path != "t/a/1" {
		t.Errorf("below the folder: %v", ids)
	}
	tr.Select(snap, panel.Node{Path: "t/a/1"})
	want(t, tr, "t/d", "t/a/", "t/a/1", "t/a/z", "t/a/b/", "t/a/b/2", "t/c/", "t/c/3")
	tr.FoldAll(snap, false)
	want(t, tr, "t/d", "t/a/", "t/a/b/", "t/c/")
	if n := tr.Node(); n.Path != "t/a/" {
		t.Errorf("the template is hidden and the selection is %+v", n)
	}

	tr.FoldAll(snap, true)
	tr.Select(snap, panel.Node{Path: "t/c/"})
	tr.Mark()
	if ids := tr.Marks(snap); len(ids) != 1 || ids[0].Path != "t/c/3" {
		t.Errorf("marked: %v", ids)
	}
	tr.Find(&panel.View{Snap: snap}, "z")
	want(t, tr, "t/a/", "t/a/z")
	if n := tr.Node(); n.Path != "t/a/z" {
		t.Errorf("a search goes to %+v", n)
	}
	tr.SetGrouped(snap, false)
	want(t, tr, "t/a/z")
}

// A marked folder stands for what "run all" would take of it.
func TestManualSuitesInAMarkedFolderAreLeftOut(t *testing.T) {
	snap := &engine.Snapshot{Templates: []*engine.Template{took("a/1", 0, 0, 0), took("b/2", 0, 0, 0), took("b/3", 0, 0, 0)}}
	snap.Templates[1].Manual = true
	tr := New()
	tr.SetGrouped(snap, true)
	tr.Select(snap, panel.Node{Path: "b/"})
	tr.Mark()
	if ids := tr.Marks(snap); len(ids) != 1 || ids[0].Path != "b/3" {
		t.Errorf("marked: %v", ids)
	}
}
