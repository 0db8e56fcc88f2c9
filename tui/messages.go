package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// toastTime is how long a remark stays in the footer.
const toastTime = 6 * time.Second

// toast is a short remark in the footer.
type toast struct {
	text  string
	until time.Time
}

// notice is a message that may need several lines. It stays until it is closed
// or replaced.
type notice struct {
	level diag.Severity
	text  string
}

// confirm is a question that is answered with y or n.
type confirm struct {
	text func() string // as things stand now, since a question may stay open for long
	yes  func() tea.Cmd
}

// info shows a remark.
func (m *model) info(s string) {
	m.toast = toast{text: text.Clean(s), until: m.now().Add(toastTime)}
	m.note(diag.Info, m.toast.text)
	m.dirty = true
}

// say shows a message: a remark for information, a notice for anything that is
// wrong, since it says what to do and that must not be cut.
func (m *model) say(level diag.Severity, s string) {
	if level == diag.Info {
		m.info(s)
		return
	}
	m.notice, m.toast = &notice{level, text.Clean(s)}, toast{} // a remark such as "run x" may no longer be true
	m.note(level, m.notice.text)
	m.dirty = true
}

// fail shows an error.
func (m *model) fail(err error) { m.say(diag.Error, err.Error()) }

// ask shows a question; yes is done when it is answered so.
func (m *model) ask(s string, yes func() tea.Cmd) {
	m.confirm = &confirm{func() string { return s }, yes}
}

// answer handles a key while a question is open.
func (m *model) answer(k string) tea.Cmd {
	c := m.confirm
	switch k {
	case "y", "Y", "enter":
		m.confirm = nil
		return c.yes()
	case "n", "N", "esc", "q":
		m.confirm = nil
	}
	return nil
}
