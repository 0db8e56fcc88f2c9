package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

// keys handles one key message, which can be several keys: bubbletea joins
// runes that arrive together, so that a fast "jjj" is one message.
func (m *model) keys(msg tea.KeyMsg) tea.Cmd {
	msg, ok := m.leak.filter(msg)
	if !ok {
		return nil
	}
	m.dirty = true
	if msg.Type == tea.KeyEscape {
		msg.Alt = false // escape twice in one read is escape
	}
	switch {
	case m.field != nil:
		return m.fieldKey(msg)
	case m.chooser != nil:
		return m.chooserKey(msg)
	case m.help != nil && m.help.field != nil:
		return m.helpFieldKey(msg)
	}
	if msg.Paste {
		return nil // pasted text is no command
	}
	var cmds []tea.Cmd
	for _, k := range split(msg) {
		switch { // an earlier key of the burst may have opened one of these
		case m.field != nil:
			cmds = append(cmds, m.fieldKey(k))
		case m.chooser != nil:
			cmds = append(cmds, m.chooserKey(k))
		case m.help != nil && m.help.field != nil:
			cmds = append(cmds, m.helpFieldKey(k))
		default:
			cmds = append(cmds, m.key(k.String()))
		}
	}
	return tea.Batch(cmds...)
}

// split takes a message apart into single keys. Alt with a key that is not
// bound is what remains of escape followed quickly by that key.
func split(msg tea.KeyMsg) []tea.KeyMsg {
	if msg.Type != tea.KeyRunes {
		return []tea.KeyMsg{msg}
	}
	var out []tea.KeyMsg
	if msg.Alt {
		out = append(out, tea.KeyMsg{Type: tea.KeyEscape})
	}
	for _, r := range msg.Runes {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
		if r == ' ' {
			k.Type = tea.KeySpace
		}
		out = append(out, k)
	}
	return out
}

// key does what a key means: in a question, in the help, or as an action.
func (m *model) key(k string) tea.Cmd {
	if k == "ctrl+c" {
		return m.interrupt()
	}
	m.stopping = false
	switch {
	case m.confirm != nil:
		return m.answer(k)
	case m.log != nil:
		return m.logKey(k)
	case m.help != nil:
		return m.helpKey(k)
	case m.resizing:
		return m.resizeKey(k)
	}
	a := m.actions.Lookup(k, m.prefs.Focus)
	if a == nil {
		m.elsewhere(k)
		return nil
	}
	if why := a.Denied(m.actionFacts()); why != "" {
		m.info(why)
		return nil
	}
	return m.do(a.ID)
}

// elsewhere says where a key works that does nothing in the focused panel.
func (m *model) elsewhere(k string) {
	in := m.actions.Elsewhere(k)
	if len(in) == 0 {
		return
	}
	names := make([]string, len(in))
	for i, p := range in {
		names[i] = fmt.Sprintf("%d %s", p+1, p)
	}
	m.info(fmt.Sprintf("%s works in %s only", action.Shown(k), strings.Join(names, ", ")))
}

// leak swallows mouse reports that bubbletea cuts at the end of its read buffer
// and delivers as keys: alt+[ and then "<64;10;20M", possibly in parts.
type leak struct{ open bool }

// filter returns what is left of a message, and whether anything is.
func (l *leak) filter(msg tea.KeyMsg) (tea.KeyMsg, bool) {
	if msg.Type != tea.KeyRunes || msg.Paste {
		l.open = false
		return msg, true
	}
	if msg.Alt && len(msg.Runes) == 1 && msg.Runes[0] == '[' {
		l.open = true
		return msg, false
	}
	if !l.open {
		return msg, true
	}
	for i, r := range msg.Runes {
		switch {
		case r == 'M' || r == 'm':
			l.open = false
			msg.Runes = msg.Runes[i+1:]
			return msg, len(msg.Runes) > 0
		case !strings.ContainsRune("<;0123456789", r):
			l.open = false
			return msg, true
		}
	}
	return tea.KeyMsg{}, false
}

// doubleClick is the time in which a second click on the same cell opens.
const doubleClick = 400 * time.Millisecond

// click remembers the last click.
type click struct {
	x, y int
	at   time.Time
}

// wheelStep is how many rows one notch of the wheel scrolls.
const wheelStep = 3

// mouseEvent handles the mouse: a click gives the focus and selects, a second
// one opens, the wheel scrolls the panel under the pointer.
func (m *model) mouseEvent(msg tea.MouseMsg) tea.Cmd {
	switch {
	case m.chooser != nil:
		return m.chooserMouse(msg)
	case m.log != nil && m.confirm == nil:
		m.logMouse(msg)
		return nil
	case m.confirm != nil || m.help != nil:
		return nil
	}
	left := msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress
	switch {
	case m.drag != nil:
		m.pull(msg)
		return nil
	case left && m.plan.Header.Contains(msg.X, msg.Y):
		m.headerClick(msg.X)
		return nil
	case left:
		m.grip(msg.X, msg.Y)
	}
	pane, ok := m.plan.At(msg.X, msg.Y)
	if !ok {
		return nil
	}
	p := m.panels[pane.Panel]
	switch {
	case msg.Button == tea.MouseButtonWheelDown:
		p.Scroll(m.view(pane.Panel), wheelStep)
	case msg.Button == tea.MouseButtonWheelUp:
		p.Scroll(m.view(pane.Panel), -wheelStep)
	case left && pane.Panel == layout.Templates && pane.Frame != layout.Bare && msg.Y == pane.Y && m.drag == nil:
		m.focus(pane.Panel)
		m.do(action.Sort)
	case left:
		m.focus(pane.Panel)
		x, y := inside(pane, msg.X, msg.Y)
		p.Click(m.view(pane.Panel), x, y)
		now := m.now()
		if m.click.x == msg.X && m.click.y == msg.Y && now.Sub(m.click.at) < doubleClick {
			m.open(pane.Panel)
			now = time.Time{}
		}
		m.click = click{msg.X, msg.Y, now}
	default:
		return nil
	}
	m.dirty = true
	return nil
}

// open is what a double click does in a panel.
func (m *model) open(p layout.Panel) {
	switch p {
	case layout.Templates:
		m.tree.Toggle(m.snap)
	case layout.Problems:
		m.gotoProblem()
	}
}

// inside turns a cell of the screen into one of a panel's inside.
func inside(p layout.Pane, x, y int) (int, int) {
	switch p.Frame {
	case layout.Boxed:
		return x - p.X - 1, y - p.Y - 1
	case layout.Titled:
		return x - p.X, y - p.Y - 1
	}
	return x - p.X, y - p.Y
}
