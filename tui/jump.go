package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// doJump carries out the actions that lead from one account of a failure to the
// next: expectation, span, line of the log.
func (m *model) doJump(id action.ID) bool {
	switch id {
	case action.Jump:
		m.jump()
	case action.JumpLog:
		m.jumpToLog()
	case action.Spans:
		m.trace.NextShow()
	case action.Side:
		m.info(m.diff.Side())
	case action.Fix:
		m.fix()
	case action.Unfix:
		if err := m.engine.UndoFixes(m.tree.Node().Path); err != nil {
			m.info(err.Error())
		}
	case action.LogTimes:
		m.logs.Times()
	case action.LogErrors:
		m.logs.Errors()
	case action.LogLevel:
		m.info(m.logs.NextLevel(m.view(layout.Logs)))
	case action.LogWrap:
		m.logs.Wrap()
	case action.LogPause:
		m.logs.Hold()
	case action.NextStep:
		m.hopStep(1)
	case action.PrevStep:
		m.hopStep(-1)
	case action.CompareWith:
		m.info(m.past.Base(m.view(layout.History)))
	case action.MoreContext:
		m.diff.Context(1)
	case action.LessContext:
		m.diff.Context(-1)
	case action.NextHunk:
		m.hop(1)
	case action.PrevHunk:
		m.hop(-1)
	default:
		return false
	}
	return true
}

// hopper is a panel with parts to go through.
type hopper interface {
	Hop(v *panel.View, delta int)
}

func (m *model) hop(delta int) {
	if p, ok := m.panels[m.prefs.Focus].(hopper); ok {
		p.Hop(m.view(m.prefs.Focus), delta)
	}
}

// hopStep selects the next step (delta 1) or the previous one (-1) of the
// scenario whose output is shown. The scenario itself, with the output of all
// steps, lies between the last and the first.
func (m *model) hopStep(delta int) {
	v := m.view(layout.Logs)
	_, s := panel.Interesting(v)
	if s == nil || !s.Stepped {
		m.info("there are no steps to go through")
		return
	}
	steps := s.Steps()
	at := 0 // the scenario; step i is i+1
	for i := range steps {
		if steps[i].Name == v.Node.Step {
			at = i + 1
		}
	}
	n := len(steps) + 1
	to := panel.Node{Path: s.ID.Path, Scenario: s.ID.Name}
	if i := (at + delta + n) % n; i > 0 {
		to.Step = steps[i-1].Name
	}
	m.tree.Select(m.snap, to)
}

// jump goes to the other side of what the focused panel has under its cursor.
func (m *model) jump() {
	v := m.view(m.prefs.Focus)
	if _, s := panel.Interesting(v); s != nil && v.Node.Scenario == "" {
		m.tree.Select(m.snap, panel.Node{Path: s.ID.Path, Scenario: s.ID.Name}) // what the panels show
	}
	switch m.prefs.Focus {
	case layout.Detail:
		check := m.detail.Check(v)
		if check < 0 {
			m.info("no expectation is selected: ] goes through them")
			return
		}
		if _, s := panel.Interesting(v); s != nil && s.Last().Result != nil && len(s.Last().Result.Checks[check].Spans) == 0 {
			m.info("this is about no single span")
			return
		}
		m.trace.ShowCheck(check)
		m.focus(layout.Trace)
	case layout.Trace:
		check := m.trace.Check()
		if check < 0 {
			m.info("no expectation is about this span")
			return
		}
		m.detail.ShowCheck(check)
		m.focus(layout.Detail)
	case layout.Logs:
		at := m.logs.Time(v)
		if at.IsZero() {
			m.info("it is not known when this was written")
			return
		}
		m.trace.ShowTime(at)
		m.focus(layout.Trace)
	}
}

// jumpToLog shows the log at the start of the selected span.
func (m *model) jumpToLog() {
	at := m.trace.Time()
	if at.IsZero() {
		m.info("it is not known when this span began")
		return
	}
	if !m.logs.ShowTime(m.view(layout.Logs), at) {
		m.info("the log has nothing from that moment")
		return
	}
	m.focus(layout.Logs)
}

// foldAll folds or unfolds everything in the focused panel.
func (m *model) foldAll(open bool) {
	if m.prefs.Focus == layout.Trace {
		m.trace.FoldAll(open)
		return
	}
	m.tree.FoldAll(m.snap, open)
}

// fix asks whether to make the changes that the complaints about the selected
// template offer.
func (m *model) fix() {
	t, _, _ := m.view(layout.Templates).Selected()
	if t == nil {
		m.info("select a template or a scenario")
		return
	}
	var titles []string
	for i := range t.Diagnostics {
		if d := &t.Diagnostics[i]; d.Fix != nil && d.Pos.File == t.Path {
			titles = append(titles, fmt.Sprintf("line %d: %s", d.Pos.Line, text.Clean(d.Fix.Title)))
		}
	}
	if len(titles) == 0 {
		m.info("nothing in this template can certainly be fixed")
		return
	}
	path := t.Path
	m.ask("Change "+text.Clean(path)+"? "+strings.Join(titles, "; "), func() tea.Cmd {
		m.engine.ApplyFixes(path)
		return nil
	})
}
