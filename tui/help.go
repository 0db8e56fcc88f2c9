package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// help is the open help overlay.
type help struct {
	top    int
	lines  int
	height int
	query  string
	field  *widget.Field // while the search is typed
}

// helpKey scrolls, searches or closes the help. Any other key does what the
// help says of it.
func (m *model) helpKey(k string) tea.Cmd {
	if k == "/" {
		m.help.field = widget.NewField(m.help.query)
		return nil
	}
	a := m.actions.Lookup(k, m.prefs.Focus)
	if a == nil {
		return nil
	}
	if mv, ok := motions[a.ID]; ok {
		l := widget.List{Cursor: m.help.top}
		l.Move(mv, max(m.help.lines-m.help.height+1, 1), m.help.height)
		m.help.top = l.Cursor
		return nil
	}
	switch {
	case a.ID == action.Back && m.help.query != "":
		m.help.query = ""
	case a.ID == action.Help, a.ID == action.Back, a.ID == action.Quit:
		m.help = nil
	default:
		m.help = nil
		return m.key(k)
	}
	return nil
}

// helpFieldKey handles a key while the search of the help is typed. The text
// takes effect with each key.
func (m *model) helpFieldKey(msg tea.KeyMsg) tea.Cmd {
	h := m.help
	switch k := msg.String(); k {
	case "ctrl+c", "esc":
		h.field, h.query = nil, ""
		return nil
	case "enter":
		h.field = nil
		return nil
	default:
		if msg.Type == tea.KeyRunes && !msg.Alt || msg.Type == tea.KeySpace {
			h.field.Insert(msg.Runes)
		} else {
			h.field.Key(k)
		}
	}
	h.query, h.top = h.field.String(), 0
	return nil
}

// helpColumn is the width of one column of the help.
const helpColumn = 57

// drawHelp lists the keys of the focused panel, by group, in one or two columns.
func (m *model) drawHelp(all grid.Region) {
	columns := 1
	if all.W >= 2*helpColumn+6 {
		columns = 2
	}
	docs := make([]widget.Document, columns)
	for i, d := range m.helpGroups() {
		c := 0
		if columns == 2 && i >= 2 { // running and looking; moving and program
			c = 1
		}
		docs[c].Lines = append(docs[c].Lines, d.Lines...)
	}
	m.help.lines = 0
	for _, d := range docs {
		m.help.lines = max(m.help.lines, len(d.Lines))
	}
	w := min(columns*helpColumn+4, all.W)
	h := min(max(m.help.lines, 1)+2, all.H)
	r := all.Sub((all.W-w)/2, (all.H-h)/2, w, h)
	inner := m.window(r, theme.Accent, m.helpTitle(), "? or esc closes   / search   j k scroll")
	m.help.height = inner.H
	m.help.top = max(min(m.help.top, m.help.lines-inner.H), 0)
	if m.help.lines == 0 {
		inner.Text(1, 0, theme.Text, "no key does that: try : for all commands")
	}
	for i := range docs {
		column := inner.Sub(1+i*helpColumn, 0, min(helpColumn-1, inner.W-1), inner.H)
		docs[i].Draw(column, m.help.top, m.theme.Glyphs.More)
	}
}

// helpTitle shows the search while there is one.
func (m *model) helpTitle() string {
	switch {
	case m.help.field != nil:
		return "Keys /" + text.Clean(m.help.query) + m.theme.Glyphs.Marker
	case m.help.query != "":
		return "Keys /" + text.Clean(m.help.query)
	}
	return "Keys"
}

// helpGroups writes one document for each group of actions, without those that
// the search leaves out.
func (m *model) helpGroups() []widget.Document {
	query := strings.ToLower(m.help.query)
	out := make([]widget.Document, 0, len(action.Groups()))
	for _, g := range action.Groups() {
		var d widget.Document
		for _, a := range m.actions.All() {
			h := a.Binding.Help()
			h.Key = m.theme.Glyphs.Keys(h.Key)
			if a.Group != g || !a.In(m.prefs.Focus) || h.Key == "" ||
				!strings.Contains(strings.ToLower(h.Key+" "+h.Desc+" "+a.Help), query) {
				continue
			}
			if len(d.Lines) == 0 {
				d.Add(widget.Span{Style: theme.Strong, Text: g.Title()})
			}
			d.Wrap(helpColumn-2, widget.Line{{Style: theme.Key | grid.Bold, Text: " " + text.Pad(h.Key, max(10, text.Width(h.Key)+1))}},
				theme.Text, a.Help)
		}
		d.Blank()
		out = append(out, d)
	}
	return out
}
