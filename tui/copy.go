package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// copiedLines is how many lines of a log are copied; the export has them all.
const copiedLines = 1000

// doneMsg says how something that took its time ended: with a remark, or with
// an error.
type doneMsg struct {
	said string
	err  error
}

// openCopy shows what can be copied of the selection.
func (m *model) openCopy() {
	t, s, step := m.view(m.prefs.Focus).Selected()
	if t == nil {
		m.info("select a template or a scenario")
		return
	}
	pos, _ := m.place()
	rows := []choice{
		m.copyRow("n", "name", nameOf(t, s, step)),
		m.copyRow("p", "path:line", pos.String()),
		m.copyRow("e", "error", m.errorText(t, s)),
		m.copyRow("c", "command", commandOf(t, s)),
		m.copyLogRow(s),
		m.copyRow("t", "trace id", m.traceID(s)),
		m.copyRow("f", "frame", m.grid.String()), // as it is without this menu
	}
	m.menu("Copy", rows)
}

// copyRow is one row of the copy menu.
func (m *model) copyRow(key, title, value string) choice {
	c := choice{title: title, key: key, note: text.Clean(firstLine(value)), act: func() tea.Cmd { return m.copy(title, value) }}
	if value == "" {
		c.why = "there is none"
	}
	return c
}

// copyLogRow copies the end of the log.
func (m *model) copyLogRow(s *engine.Scenario) choice {
	var lines []engine.LogLine
	total := 0
	if s != nil {
		w := m.engine.Log(s.ID, -copiedLines, copiedLines)
		lines, total = w.Lines, w.Total
	}
	c := choice{title: "log lines", key: "l"}
	if len(lines) == 0 {
		c.why = "there is no output"
		return c
	}
	c.note = text.Count(len(lines), "line")
	if total > len(lines) {
		c.note = fmt.Sprintf("the last %d of %d lines; O opens all", len(lines), total)
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text + "\n")
	}
	c.act = func() tea.Cmd { return m.copy(c.note, b.String()) }
	return c
}

// copy puts a value into the clipboard and says which way and how much.
func (m *model) copy(what, value string) tea.Cmd {
	clip := m.term.Copy
	return func() tea.Msg {
		way, err := clip(value, m.getenv, m.lookPath)
		if err != nil {
			return doneMsg{err: fmt.Errorf("copy %s: %w", what, err)}
		}
		return doneMsg{said: fmt.Sprintf("copied %s, %s, %s", what, text.Count(len(value), "byte"), way)}
	}
}

// nameOf is the name of the selection.
func nameOf(t *engine.Template, s *engine.Scenario, step *engine.Step) string {
	switch {
	case step != nil:
		return step.Name
	case s != nil:
		return s.ID.Name
	case t.Name != "":
		return t.Name
	}
	return t.Path
}

// commandOf is the command line that runs the selection outside of the
// dashboard.
func commandOf(t *engine.Template, s *engine.Scenario) string {
	c := "clnrm-tui run " + quoted(t.Path)
	if s != nil && !s.ID.IsFile() {
		c += " --only " + quoted(strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s.ID.Name))
	}
	return c
}

// quoted writes a word for a shell.
func quoted(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// errorText is why the selection is red, with its place, or "".
func (m *model) errorText(t *engine.Template, s *engine.Scenario) string {
	if s != nil {
		if s.Last().Result == nil {
			return ""
		}
		if c := s.Last().Result.FirstFailure(); c != nil {
			return strings.Join(append([]string{c.Pos.String() + ": " + c.Message}, c.Explain...), "\n")
		}
		return s.Last().Result.Message
	}
	for i := range t.Diagnostics {
		if t.Diagnostics[i].Severity == diag.Error {
			return t.Diagnostics[i].Error()
		}
	}
	return ""
}

// traceID is the trace that the last result was judged over: that of the span
// which a failure is about, or else of the first.
func (m *model) traceID(s *engine.Scenario) string {
	if s == nil {
		return ""
	}
	spans, ok := m.engine.Spans(s.ID)
	if !ok || spans == nil || len(spans.Rows) == 0 || spans.Detail == nil {
		return ""
	}
	row := 0
	for i := range spans.Rows {
		if spans.Rows[i].Failed {
			row = i
			break
		}
	}
	return spans.Detail(row).TraceID
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// openLog shows the complete log of the selection in a pager.
func (m *model) openLog() tea.Cmd {
	_, s, _ := m.view(m.prefs.Focus).Selected()
	if s == nil {
		m.info("select a scenario: logs belong to one")
		return nil
	}
	file := m.engine.Log(s.ID, 0, 0).File
	if file == "" {
		m.info("no complete log of " + panel.ScenarioName(s.ID.Name) + ": r runs it")
		return nil
	}
	return m.page(file)
}
