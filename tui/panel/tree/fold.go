package tree

import (
	"cmp"
	"maps"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// Expand shows what is inside the selected row. It reports whether there was
// anything to show: false on a leaf and on a row that is open already.
func (t *Tree) Expand(s *engine.Snapshot) bool {
	if len(t.rows) == 0 || t.rows[t.list.Cursor].fold != closed {
		return false
	}
	t.set(s, t.node, true)
	return true
}

// Collapse folds the selected row, or goes to the row above it in the
// hierarchy when it is not open.
func (t *Tree) Collapse(s *engine.Snapshot) {
	if len(t.rows) == 0 {
		return
	}
	if t.rows[t.list.Cursor].fold == open {
		t.set(s, t.node, false)
		return
	}
	above := t.node.Parent()
	if above == t.node {
		above = panel.Node{Path: panel.DirOf(t.node.Path)} // there is none unless grouped
	}
	if i := t.find(above); i >= 0 {
		t.chosen = true
		t.list.Cursor = i
		t.settle()
		t.list.Reveal(len(t.rows), t.height)
	}
}

// Toggle opens or closes the selected row.
func (t *Tree) Toggle(s *engine.Snapshot) {
	if len(t.rows) == 0 {
		return
	}
	switch t.rows[t.list.Cursor].fold {
	case closed:
		t.set(s, t.node, true)
	case open:
		t.set(s, t.node, false)
	}
}

func (t *Tree) set(s *engine.Snapshot, n panel.Node, open bool) {
	t.chosen = true
	t.folds[n] = open
	t.Sync(s)
	t.list.Reveal(len(t.rows), t.height)
}

// FoldAll folds everything, or unfolds it down to the scenarios.
func (t *Tree) FoldAll(s *engine.Snapshot, open bool) {
	t.hold()
	t.folds = make(map[panel.Node]bool, len(s.Templates)+len(t.groups))
	rows := len(t.groups)
	for _, tpl := range s.Templates {
		t.folds[panel.Node{Path: tpl.Path}] = open
		rows++
		if open {
			rows += len(tpl.Scenarios)
		}
	}
	t.rows = make([]place, 0, rows) // growing to a hundred thousand would leave as much behind several times
	for _, g := range t.groups {
		t.folds[panel.Node{Path: g.dir}] = open
	}
	t.rebuild(s)
	t.list.Reveal(len(t.rows), t.height)
}

// Folds returns the rows that the user opened or closed, in a fixed order, or
// nothing when they are more than limit.
func (t *Tree) Folds(limit int) []panel.Node {
	if len(t.folds) > limit {
		return nil
	}
	return slices.SortedFunc(maps.Keys(t.folds), func(a, b panel.Node) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Scenario, b.Scenario))
	})
}

// Open reports whether the user opened a row of Folds.
func (t *Tree) Open(n panel.Node) bool { return t.folds[n] }

// SetFolds replaces what the user opened (true) or closed.
func (t *Tree) SetFolds(s *engine.Snapshot, folds map[panel.Node]bool) {
	t.folds = folds
	t.Sync(s)
}

// SetFocus switches focus mode: only what fails, runs, waits or is out of date.
func (t *Tree) SetFocus(s *engine.Snapshot, on bool) {
	t.focus, t.held = on, panel.Node{}
	t.rebuild(s)
	t.chosen = t.chosen || on && len(t.rows) > 0
	t.list.Reveal(len(t.rows), t.height)
}

// Focus reports whether focus mode is on.
func (t *Tree) Focus() bool { return t.focus }
