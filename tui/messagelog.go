package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// maxMessages bounds the messages that are kept; the oldest go first.
const maxMessages = 500

// message is what was said at a moment, in the footer or in a window.
type message struct {
	at    time.Time // the last time
	level diag.Severity
	text  string
	times int // in a row
}

// note keeps a message, cleaned, for the message log.
func (m *model) note(level diag.Severity, s string) {
	if n := len(m.messages); n > 0 && m.messages[n-1].text == s && m.messages[n-1].level == level {
		m.messages[n-1].at = m.now()
		m.messages[n-1].times++
		return
	}
	if len(m.messages) == maxMessages {
		m.messages = append(m.messages[:0], m.messages[1:]...)
	}
	m.messages = append(m.messages, message{m.now(), level, s, 1})
}

// messageLog is the open overlay with what was said, the newest first. Messages
// that come while it is open do not move it.
type messageLog struct {
	all    []message // the newest first
	at     int       // the selected one
	top    int       // first line on the screen
	height int
	starts []int // first line of each message
	lines  int
}

// openMessages shows what was said.
func (m *model) openMessages() {
	l := &messageLog{all: make([]message, 0, len(m.messages))}
	for i := len(m.messages) - 1; i >= 0; i-- {
		l.all = append(l.all, m.messages[i])
	}
	m.log = l
}

// logKey moves in the message log, copies the selected message, or closes it.
func (m *model) logKey(k string) tea.Cmd {
	l := m.log
	if k == "enter" && l.at < len(l.all) {
		return m.copy("message", l.all[l.at].text)
	}
	a := m.actions.Lookup(k, m.prefs.Focus)
	if a == nil {
		return nil
	}
	if mv, ok := motions[a.ID]; ok {
		list := widget.List{Cursor: l.at}
		list.Move(mv, len(l.all), max(l.height/2, 1))
		l.at = list.Cursor
		return nil
	}
	switch a.ID {
	case action.Copy:
		if l.at < len(l.all) {
			return m.copy("message", l.all[l.at].text)
		}
	case action.Messages, action.Back, action.Quit:
		m.log = nil
	}
	return nil
}

// logMouse moves in the message log by the wheel.
func (m *model) logMouse(msg tea.MouseMsg) {
	l := m.log
	switch {
	case msg.Button == tea.MouseButtonWheelDown:
		l.at = min(l.at+1, max(len(l.all)-1, 0))
	case msg.Button == tea.MouseButtonWheelUp:
		l.at = max(l.at-1, 0)
	default:
		return
	}
	m.dirty = true
}

// timeColumn is the room of "15:04:05 ", a sign and a space.
const timeColumn = 11

// drawMessages draws the message log.
func (m *model) drawMessages(all grid.Region) {
	l := m.log
	w := min(all.W, 100)
	var doc widget.Document
	l.starts = l.starts[:0]
	for i := range l.all {
		x := &l.all[i]
		l.starts = append(l.starts, len(doc.Lines))
		st := panel.OfSeverity(x.level, &m.theme.Glyphs)
		s := x.text
		if x.times > 1 {
			s += fmt.Sprintf("  (%d times)", x.times)
		}
		head := widget.Line{{Style: theme.Border, Text: " " + x.at.Format("15:04:05") + " "}, {Style: st.Style | grid.Bold, Text: st.Glyph + " "}}
		doc.Wrap(max(w-3, timeColumn+1), head, theme.Text, s)
	}
	l.lines = len(doc.Lines)
	if all.H < 6 || all.W < 24 { // no room for a frame
		all.Fill(theme.Text, ' ')
		m.drawMessageLines(all, &doc)
		return
	}
	h := min(max(l.lines, 1)+2, all.H-2)
	m.drawMessageLines(m.window(all.Sub((all.W-w)/2, min(1, all.H-h), w, h), theme.Accent, "Messages", "enter copies   esc closes"), &doc)
}

// drawMessageLines draws the lines around the selected message.
func (m *model) drawMessageLines(r grid.Region, doc *widget.Document) {
	l := m.log
	l.height = r.H
	if len(l.all) == 0 {
		r.Text(1, 0, theme.Text, "No messages yet.")
		return
	}
	from, to := l.starts[l.at], l.lines
	if l.at+1 < len(l.starts) {
		to = l.starts[l.at+1]
	}
	l.top = max(min(l.top, from), to-r.H)
	l.top = max(min(l.top, l.lines-r.H, from), 0)
	doc.Draw(r, l.top, m.theme.Glyphs.More)
	for y := from; y < to; y++ {
		r.Text(0, y-l.top, theme.Accent|grid.Bold, m.theme.Glyphs.Marker)
	}
}
