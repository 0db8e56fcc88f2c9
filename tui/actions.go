package tui

import (
	"cmp"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// motions are the actions that only move.
var motions = map[action.ID]widget.Motion{
	action.Down: widget.Down, action.Up: widget.Up,
	action.HalfDown: widget.HalfDown, action.HalfUp: widget.HalfUp,
	action.PageDown: widget.PageDown, action.PageUp: widget.PageUp,
	action.First: widget.First, action.Last: widget.Last,
	action.Left: widget.Left, action.Right: widget.Right,
}

// gotos are the actions that give the focus to a panel.
var gotos = map[action.ID]layout.Panel{
	action.Panel1: layout.Templates, action.Panel2: layout.Detail, action.Panel3: layout.Diff,
	action.Panel4: layout.Logs, action.Panel5: layout.Trace, action.Panel6: layout.Cache,
	action.Panel7: layout.Perf, action.Panel8: layout.History, action.Panel9: layout.Problems,
}

// do carries out an action that is possible.
func (m *model) do(id action.ID) tea.Cmd {
	if mv, ok := motions[id]; ok {
		m.panels[m.prefs.Focus].Move(m.view(m.prefs.Focus), mv)
		return nil
	}
	if p, ok := gotos[id]; ok {
		m.focus(p)
		return nil
	}
	if m.doRun(id) || m.doLook(id) || m.doJump(id) {
		return nil
	}
	switch id {
	case action.Open:
		return m.edit()
	case action.OpenLog:
		return m.openLog()
	case action.Suspend:
		return m.suspend()
	case action.Quit:
		return m.quit()
	}
	return nil
}

// doRun carries out the actions that are wishes to the engine.
func (m *model) doRun(id action.ID) bool {
	switch id {
	case action.Run:
		m.run()
	case action.RunAll:
		m.runAll()
	case action.RunFailing:
		m.started(m.engine.RunFailed(), "run "+text.Count(m.sums.failing, "failing scenario"))
	case action.Repeat:
		m.chooseRepeat()
	case action.FailFast:
		m.setFailFast(!m.engine.Course().FailFast)
	case action.Retries:
		m.chooseRetries()
	case action.Stop:
		m.started(m.engine.Stop(m.targets()), "stop")
	case action.StopAll:
		m.started(m.engine.Stop(nil), "stop all")
	case action.Recheck:
		ids := m.targets()
		for _, id := range ids {
			m.engine.Recheck(id.Path)
		}
		m.info("check " + m.describe(ids) + " again")
	case action.Watching:
		m.engine.SetWatching(m.snap.Watch.Mode == "paused")
	case action.Mark:
		m.tree.Mark()
	default:
		return false
	}
	return true
}

// doLook carries out the actions that change what is seen.
func (m *model) doLook(id action.ID) bool {
	switch id {
	case action.Filter:
		m.openField(layout.Templates)
	case action.Search:
		m.openField(m.prefs.Focus)
	case action.NextMatch:
		m.nextMatch(1)
	case action.PrevMatch:
		m.nextMatch(-1)
	case action.NextProblem:
		m.stepProblem(1)
	case action.PrevProblem:
		m.stepProblem(-1)
	case action.Goto:
		m.gotoProblem()
	case action.FocusMode:
		m.tree.SetFocus(m.snap, !m.tree.Focus())
	case action.Sort:
		m.info("sorted by " + cmp.Or(string(m.tree.NextOrder(m.snap)), "path"))
	case action.Folders:
		m.tree.SetGrouped(m.snap, !m.tree.Grouped())
	case action.Zoom:
		m.prefs.Zoom = !m.prefs.Zoom
	case action.Resize:
		m.resizing = true
	case action.Copy:
		m.openCopy()
	case action.Export:
		m.openExport()
	case action.Theme:
		m.chooseTheme()
	case action.Expand:
		if !m.tree.Expand(m.snap) {
			m.focus(layout.Detail)
		}
	case action.Collapse:
		m.tree.Collapse(m.snap)
	case action.ExpandAll:
		m.foldAll(true)
	case action.CollapseAll:
		m.foldAll(false)
	case action.NextPanel:
		m.focus((m.prefs.Focus + 1) % layout.Panels)
	case action.PrevPanel:
		m.focus((m.prefs.Focus + layout.Panels - 1) % layout.Panels)
	case action.Help:
		m.help = &help{}
	case action.Palette:
		m.openPalette()
	case action.Messages:
		m.openMessages()
	case action.Mouse:
		m.toggleMouse()
	case action.Back:
		m.back()
	default:
		return false
	}
	return true
}

// started tells how a wish was received. A refusal is shown in full, since it
// says what is missing and how to get it.
func (m *model) started(err error, what string) {
	if err != nil {
		m.fail(err)
		return
	}
	m.notice = nil
	m.info(what)
}

// nextMatch goes to the next match in the panel that has a search.
func (m *model) nextMatch(delta int) {
	p := m.prefs.Focus
	if m.query(p) == "" {
		p = layout.Templates
		if m.query(p) == "" {
			p = layout.Logs
		}
	}
	if f, ok := m.panels[p].(panel.Finder); ok {
		f.Next(m.view(p), delta)
	}
}

// stepProblem selects the next problem and what it is about.
func (m *model) stepProblem(delta int) {
	m.issues.Step(delta, m.tree.Node())
	p, ok := m.issues.Current()
	if !ok {
		return
	}
	if p.Node.Path != "" {
		m.tree.Select(m.snap, p.Node)
		m.detail.Reveal(p.Pos)
	} else {
		m.say(diag.Warning, p.Message)
	}
}

// gotoProblem selects what the current problem is about and shows its detail.
func (m *model) gotoProblem() {
	p, ok := m.issues.Current()
	switch {
	case !ok:
	case p.Node.Path == "":
		m.say(diag.Warning, p.Message)
	default:
		m.tree.Select(m.snap, p.Node)
		m.detail.Reveal(p.Pos)
		m.focus(layout.Detail)
	}
}

func (m *model) toggleMouse() {
	if err := m.term.SetMouse(!m.mouse); err != nil {
		m.err = err
		return
	}
	m.mouse = !m.mouse
	if m.mouse {
		m.info("mouse on")
	} else {
		m.info("mouse off: the terminal selects text")
	}
}

// back closes or clears one thing, the innermost first. It never quits.
func (m *model) back() {
	switch {
	case m.notice != nil:
		m.notice = nil
	case m.query(m.prefs.Focus) != "":
		m.find(m.prefs.Focus, "")
	case m.prefs.Zoom:
		m.prefs.Zoom = false
	case m.query(layout.Templates) != "":
		m.find(layout.Templates, "")
	case len(m.tree.Marks(m.snap)) > 0:
		m.tree.ClearMarks()
	case m.tree.Focus():
		m.tree.SetFocus(m.snap, false)
	default:
		m.focus(layout.Templates)
	}
	m.toast = toast{}
}

// interrupt is ctrl+c: the first one stops what runs, the next one quits.
func (m *model) interrupt() tea.Cmd {
	if m.sums.active == 0 || m.stopping {
		return tea.Quit
	}
	m.stopping = true
	m.started(m.engine.Stop(nil), "stopping everything; ctrl+c again quits")
	return nil
}

// quit asks while something runs.
func (m *model) quit() tea.Cmd {
	if m.sums.active == 0 {
		return tea.Quit
	}
	m.confirm = &confirm{
		text: func() string {
			if m.sums.active == 0 {
				return "Nothing runs any more. Quit?"
			}
			return fmt.Sprintf("%s running. Stop and quit?", text.Count(m.sums.active, "scenario"))
		},
		yes: func() tea.Cmd { return tea.Quit },
	}
	return nil
}

// actionFacts are what the rules of actions look at.
func (m *model) actionFacts() action.Facts {
	_, place := m.place()
	return action.Facts{
		Selected:  m.tree.Node().Path != "",
		Scenarios: m.snap.Counts.Scenarios, Runnable: m.sums.runnable, Failing: m.sums.failing,
		Active: m.sums.active, ActiveHere: m.activeHere(),
		Problems: m.issues.Len(),
		Matches:  m.query(layout.Templates) != "" || m.query(layout.Logs) != "" || m.query(layout.Trace) != "",
		Marks:    len(m.tree.Marks(m.snap)),
		Place:    place, Editor: m.hasEditor(),
		WatchOff: m.snap.Watch.Mode == "off",
	}
}

// activeHere counts the scenarios among the targets that run or wait.
func (m *model) activeHere() (n int) {
	if m.sums.active == 0 {
		return 0
	}
	for _, id := range m.targets() {
		t := panel.Template(m.snap, id.Path)
		if t == nil {
			continue
		}
		for _, s := range t.Scenarios {
			if id.Name != "" && s.ID.Name != id.Name {
				continue
			}
			if s.Verdict == engine.VerdictRunning || s.Verdict == engine.VerdictQueued {
				n++
			}
		}
	}
	return n
}
