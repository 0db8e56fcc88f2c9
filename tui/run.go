package tui

import (
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Above so many scenarios, or so much time by earlier runs, "run all" asks.
const (
	askAbove = 20
	askFrom  = time.Minute
)

// run runs the targets. A folder can hold as much as the whole project: it asks
// where "run all" would.
func (m *model) run() {
	ids := m.toRun()
	if len(ids) == 0 {
		return
	}
	what := m.describe(ids)
	if n := m.scenarios(ids); n > askAbove && m.onFolder() {
		m.ask(fmt.Sprintf("Run %s: %d scenarios?", what, n), func() tea.Cmd {
			m.started(m.engine.Run(ids), "run "+what)
			return nil
		})
		return
	}
	m.started(m.engine.Run(ids), "run "+what)
}

// toRun are the targets without the manual suites of a folder; when nothing is
// left, it says why.
func (m *model) toRun() []engine.ScenarioID {
	ids := m.targets()
	if m.onFolder() {
		ids = slices.DeleteFunc(ids, func(id engine.ScenarioID) bool {
			t := panel.Template(m.snap, id.Path)
			return t != nil && t.Manual
		})
		if len(ids) == 0 {
			m.info("all suites in this folder are manual: select one and press r")
		}
	}
	return ids
}

// onFolder reports whether the targets are what a folder holds.
func (m *model) onFolder() bool {
	return m.tree.Node().Folder() && len(m.tree.Marks(m.snap)) == 0
}

// scenarios counts those that ids stand for.
func (m *model) scenarios(ids []engine.ScenarioID) (n int) {
	for _, id := range ids {
		if t := panel.Template(m.snap, id.Path); id.Name == "" && t != nil {
			n += len(t.Scenarios)
		} else {
			n++
		}
	}
	return n
}

// targets are what run, stop and check act on: the marks, or else the
// selection. A step stands for its scenario, a folder for the templates in it.
func (m *model) targets() []engine.ScenarioID {
	if marks := m.tree.Marks(m.snap); len(marks) > 0 {
		return marks
	}
	n := m.tree.Node()
	switch {
	case n.Folder():
		return m.tree.Below(n)
	case n.Path != "":
		return []engine.ScenarioID{n.ID()}
	}
	return nil
}

// describe names targets for a toast.
func (m *model) describe(ids []engine.ScenarioID) string {
	switch n, hidden := m.tree.Marked(m.snap); {
	case hidden > 0:
		return fmt.Sprintf("%s, %d of them hidden", text.Count(n, "marked row"), hidden)
	case n > 1:
		return text.Count(n, "marked row")
	case len(ids) > 1:
		return text.Count(len(ids), "template") + " of " + text.Clean(panel.DirOf(ids[0].Path))
	}
	if ids[0].Name != "" {
		return panel.ScenarioName(ids[0].Name)
	}
	return text.Clean(ids[0].Path)
}

// runAll runs everything that is shown but manual suites; it asks where that is
// much.
func (m *model) runAll() {
	what, question := "run all", fmt.Sprintf("Run all %s?", text.Count(m.sums.runnable, "scenario"))
	start, n := m.engine.RunAll, m.sums.runnable
	ids, shown := m.tree.Shown(m.snap)
	if m.tree.Narrowed() && shown < n {
		if len(ids) == 0 {
			m.info("nothing that is shown can run: esc shows everything")
			return
		}
		what = fmt.Sprintf("run %d of %s: what is shown", shown, text.Count(n, "scenario"))
		question = fmt.Sprintf("Run the %s shown, of %d?", text.Count(shown, "scenario"), n)
		start, n = func() error { return m.engine.Run(ids) }, shown
	}
	if n <= askAbove {
		takes := m.engine.Forecast(ids)
		if takes < askFrom {
			m.started(start(), what)
			return
		}
		question += " It takes about " + text.Elapsed(takes) + " by earlier runs."
	}
	m.ask(question, func() tea.Cmd {
		m.started(start(), what)
		return nil
	})
}

// label is the word of an action in the footer: what it acts on, where that is not
// the selection or everything.
func (m *model) label(a *action.Action) string {
	desc := a.Binding.Help().Desc
	switch a.ID {
	case action.Run:
		if n, hidden := m.tree.Marked(m.snap); hidden > 0 {
			return fmt.Sprintf("run marked (%d, %d hidden)", n, hidden)
		} else if n > 0 {
			return fmt.Sprintf("run marked (%d)", n)
		}
	case action.RunAll:
		if m.tree.Narrowed() {
			return "run shown"
		}
	}
	return desc
}
