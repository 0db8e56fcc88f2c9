package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// field is the text field in the footer. Its text takes effect with each key.
type field struct {
	*widget.Field
	panel layout.Panel // whose text it is
}

// openField starts editing the filter of the tree or the search of the logs.
func (m *model) openField(p layout.Panel) {
	m.focus(p)
	m.field = &field{widget.NewField(m.query(p)), p}
}

// fieldKey handles a key while the field is open.
func (m *model) fieldKey(msg tea.KeyMsg) tea.Cmd {
	f := m.field
	switch k := msg.String(); k {
	case "ctrl+c":
		return m.interrupt()
	case "enter":
		m.field = nil
		return nil
	case "esc":
		m.field = nil
		m.find(f.panel, "")
		return nil
	case "tab", "shift+tab":
		m.field = nil
		return m.key(k)
	case "up", "down", "pgup", "pgdown":
		return m.key(k)
	default:
		if msg.Type == tea.KeyRunes && !msg.Alt || msg.Type == tea.KeySpace {
			f.Insert(msg.Runes)
		} else if !f.Key(k) {
			return nil
		}
	}
	m.find(f.panel, f.String())
	return nil
}

// find sets what a panel filters or searches by.
func (m *model) find(p layout.Panel, query string) {
	if f, ok := m.panels[p].(panel.Finder); ok {
		f.Find(m.view(p), query)
	}
}

// query returns what a panel filters or searches by.
func (m *model) query(p layout.Panel) string {
	if f, ok := m.panels[p].(panel.Finder); ok {
		return f.Query()
	}
	return ""
}
