package tui

import (
	"fmt"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/term"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// place is the position that "edit" opens.
func (m *model) place() (diag.Position, bool) {
	if m.prefs.Focus == layout.Problems {
		if p, ok := m.issues.Current(); ok && p.Pos.File != "" {
			return p.Pos, true
		}
	}
	v := m.view(m.prefs.Focus)
	if file, line := m.diff.Place(v); m.prefs.Focus == layout.Diff && file != "" {
		return diag.Position{File: file, Line: line}, true
	}
	t, s, step := v.Selected()
	switch {
	case step != nil:
		return diag.Position{File: t.Path, Line: step.Line}, true
	case s != nil:
		if c := s.Last().Result.FirstFailure(); c != nil && c.Pos.Line > 0 {
			return c.Pos, true
		}
		return diag.Position{File: t.Path, Line: int(s.Line)}, true
	case t != nil:
		for i := range t.Diagnostics {
			if d := &t.Diagnostics[i]; d.Severity != diag.Info && d.Pos.File != "" {
				return d.Pos, true
			}
		}
		return diag.Position{File: t.Path}, true
	}
	return diag.Position{}, false
}

// edit opens the file of the selection in the user's editor. An editor with a
// window of its own runs beside the dashboard; another one gets the terminal.
func (m *model) edit() tea.Cmd {
	pos, ok := m.place()
	if !ok {
		return nil
	}
	file := filepath.FromSlash(pos.File)
	if !filepath.IsAbs(file) {
		file = filepath.Join(m.snap.Root, file)
	}
	ed, err := term.FindEditor(m.editorEnv, m.editorStandIn(), file, pos.Line, pos.Column)
	if err != nil {
		m.fail(err)
		return nil
	}
	return m.start(ed, pos.String())
}

// editorStandIn is the editor that is opened where the user has named none; "" when
// there is none either. Programs are looked for once.
func (m *model) editorStandIn() string {
	if m.standIn == nil {
		name := term.StandIn(m.lookPath)
		m.standIn = &name
	}
	return *m.standIn
}

// hasEditor reports whether a file can be opened.
func (m *model) hasEditor() bool {
	return m.editorEnv("VISUAL") != "" || m.getenv("EDITOR") != "" || m.editorStandIn() != ""
}

// page shows a file in the pager of the user.
func (m *model) page(file string) tea.Cmd {
	p, err := term.FindPager(m.editorEnv, m.lookPath, file)
	if err != nil {
		m.fail(err)
		return nil
	}
	return m.start(p, file)
}

// start runs an editor or a pager.
func (m *model) start(ed term.Editor, what string) tea.Cmd {
	c := ed.Command()
	done := func(err error) tea.Msg {
		if err != nil {
			err = fmt.Errorf("open %s: %w", what, err)
		}
		return editorMsg{err}
	}
	if ed.Detached {
		m.info("opened " + text.Clean(what))
		return func() tea.Msg { return done(c.Run()) }
	}
	return tea.Exec(m.term.Lend(c), done)
}

// suspend gives the terminal back to the shell.
func (m *model) suspend() tea.Cmd {
	c, err := m.term.Suspend()
	if err != nil {
		m.info(err.Error())
		return nil
	}
	return tea.Exec(c, func(err error) tea.Msg { return editorMsg{err} })
}
