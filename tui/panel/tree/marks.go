package tree

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/query"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Mark marks the selected template or scenario, or takes the mark away, and
// goes one row down. A step cannot be run alone and marks its scenario.
func (t *Tree) Mark() {
	if len(t.rows) == 0 {
		return
	}
	n := t.node
	n.Step = ""
	if t.marks[n] {
		delete(t.marks, n)
	} else {
		t.marks[n] = true
	}
	t.Move(nil, widget.Down)
}

// ClearMarks takes all marks away.
func (t *Tree) ClearMarks() { clear(t.marks) }

// Marks returns what is marked and still exists, in the order of the snapshot.
func (t *Tree) Marks(s *engine.Snapshot) []engine.ScenarioID {
	if len(t.marks) == 0 {
		return nil
	}
	var out []engine.ScenarioID
	for _, tpl := range s.Templates {
		if t.marks[panel.Node{Path: tpl.Path}] {
			out = append(out, engine.ScenarioID{Path: tpl.Path})
			continue
		}
		if t.marks[panel.Node{Path: panel.DirOf(tpl.Path)}] && !tpl.Manual {
			out = append(out, engine.ScenarioID{Path: tpl.Path})
			continue
		}
		for _, sc := range tpl.Scenarios {
			if t.marks[panel.Node{Path: tpl.Path, Scenario: sc.ID.Name}] {
				out = append(out, sc.ID)
			}
		}
	}
	return out
}

// Marked counts the marks on what still exists, and those of them on rows that the
// filter, focus mode or the grouping hides. A folded row is not hidden.
func (t *Tree) Marked(s *engine.Snapshot) (n, hidden int) {
	for node := range t.marks {
		if node.Folder() {
			n++
			if !slices.ContainsFunc(t.groups, func(g *group) bool { return g.row && g.dir == node.Path }) {
				hidden++
			}
			continue
		}
		tpl := panel.Template(s, node.Path)
		sc := panel.Scenario(tpl, node.Scenario)
		if tpl == nil || node.Scenario != "" && sc == nil {
			continue
		}
		n++
		if of := t.filter.On(tpl); t.hides(tpl, &of) || sc != nil && t.leavesOut(&of, sc) {
			hidden++
		}
	}
	return n, hidden
}

// Narrowed reports whether a filter or focus mode leaves rows out.
func (t *Tree) Narrowed() bool { return t.focus || t.filter.Active() }

// Shown returns the scenarios that the filter and focus mode show, in folded rows,
// too, without those that "run all" leaves out, and counts them; a template stands
// for all of its scenarios.
func (t *Tree) Shown(s *engine.Snapshot) (ids []engine.ScenarioID, n int) {
	for _, tpl := range s.Templates {
		of := t.filter.On(tpl)
		if tpl.Manual || tpl.Status == engine.CheckError || t.hides(tpl, &of) {
			continue
		}
		from := len(ids)
		for _, sc := range tpl.Scenarios {
			if t.leavesOut(&of, sc) {
				continue
			}
			ids = append(ids, sc.ID)
			if !sc.ID.IsFile() {
				n++
			}
		}
		if len(ids)-from == len(tpl.Scenarios) && len(tpl.Scenarios) > 0 {
			ids = append(ids[:from], engine.ScenarioID{Path: tpl.Path})
		}
	}
	return ids, n
}

// leavesOut reports whether the filter or focus mode shows no row of a scenario, in
// a template of which it shows one.
func (t *Tree) leavesOut(of *query.Template, s *engine.Scenario) bool {
	return (!of.Scenario(s) || t.focus && !panel.NeedsAttention(s)) && (t.held.Path != s.ID.Path || t.held.Scenario != s.ID.Name)
}
