package tui

import (
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// drawOverlays draws what lies above the panels: a notice, the help, a
// question.
func (m *model) drawOverlays(all grid.Region) {
	if m.notice != nil {
		m.drawNotice(all)
	}
	if m.help != nil {
		m.drawHelp(all)
	}
	if m.confirm != nil {
		m.drawConfirm(all)
	}
}

// window clears a rectangle, frames it and returns its inside.
func (m *model) window(r grid.Region, style grid.Style, title, keys string) grid.Region {
	r.Fill(theme.Text, ' ')
	inner := r.Box(style, m.theme.Glyphs.Box)
	r.Sub(2, 0, r.W-4, 1).Text(0, 0, style|grid.Bold, " "+title+" ")
	if keys != "" {
		s := " " + keys + " "
		r.Sub(2, r.H-1, r.W-4, 1).Text(0, 0, theme.Text, s)
	}
	return inner
}

// drawNotice shows a message in full, above the footer.
func (m *model) drawNotice(all grid.Region) {
	st := panel.OfSeverity(m.notice.level, &m.theme.Glyphs)
	w := min(all.W, 76)
	lines := text.Wrap(m.notice.text, w-4)
	h := min(len(lines)+2, max(all.H-2, 1))
	if all.H < 6 { // no room for a frame: the first lines
		for y, l := range lines {
			all.Row(y).Fill(theme.Text, ' ')
			all.Text(0, y, st.Style, l)
		}
		return
	}
	r := all.Sub(all.W-w, all.H-1-h, w, h)
	inner := m.window(r, st.Style, st.Glyph+" "+st.Word, "esc closes")
	for y, l := range lines {
		inner.Text(1, y, theme.Text, l)
	}
}

// drawConfirm asks in the middle of the screen.
func (m *model) drawConfirm(all grid.Region) {
	w := min(text.Width(m.confirm.text)+6, all.W)
	if all.H < 5 {
		all.Row(0).Fill(theme.Text, ' ')
		all.Text(0, 0, theme.Strong, m.confirm.text+" y/n")
		return
	}
	lines := text.Wrap(m.confirm.text, w-4)
	h := min(len(lines)+4, all.H)
	r := all.Sub((all.W-w)/2, (all.H-h)/2, w, h)
	inner := m.window(r, theme.Accent, "Please confirm", "")
	for y, l := range lines {
		inner.Text(1, y, theme.Strong, l)
	}
	y := inner.H - 1
	x := inner.Text(1, y, theme.Key|grid.Bold, "y")
	x = inner.Text(x+1, y, theme.Text, "yes")
	x = inner.Text(x+3, y, theme.Key|grid.Bold, "n")
	inner.Text(x+1, y, theme.Text, "no")
}

// help is the open help overlay.
type help struct {
	top    int
	lines  int
	height int
}

// helpKey scrolls or closes the help.
func (m *model) helpKey(k string) {
	a := action.Lookup(k, m.prefs.Focus)
	if a == nil {
		return
	}
	if mv, ok := motions[a.ID]; ok {
		l := widget.List{Cursor: m.help.top}
		l.Move(mv, max(m.help.lines-m.help.height+1, 1), m.help.height)
		m.help.top = l.Cursor
		return
	}
	switch a.ID {
	case action.Help, action.Back, action.Quit:
		m.help = nil
	}
}

// helpColumn is the width of one column of the help.
const helpColumn = 57

// drawHelp lists the keys of the focused panel, by group, in one or two columns.
func (m *model) drawHelp(all grid.Region) {
	groups := m.helpGroups()
	columns := 1
	if all.W >= 2*helpColumn+6 {
		columns = 2
	}
	docs := make([]widget.Document, columns)
	for i, d := range groups {
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
	h := min(m.help.lines+2, all.H)
	r := all.Sub((all.W-w)/2, (all.H-h)/2, w, h)
	inner := m.window(r, theme.Accent, "Keys", "? or esc closes   j k scroll")
	m.help.height = inner.H
	m.help.top = max(min(m.help.top, m.help.lines-inner.H), 0)
	for i := range docs {
		column := inner.Sub(1+i*helpColumn, 0, min(helpColumn-1, inner.W-1), inner.H)
		docs[i].Draw(column, m.help.top, m.theme.Glyphs.More)
	}
}

// helpGroups writes one document for each group of actions.
func (m *model) helpGroups() []widget.Document {
	out := make([]widget.Document, 0, len(action.Groups()))
	for _, g := range action.Groups() {
		var d widget.Document
		d.Add(widget.Span{Style: theme.Strong, Text: g.Title()})
		for _, a := range action.All() {
			if a.Group != g || !a.In(m.prefs.Focus) {
				continue
			}
			d.Wrap(helpColumn-2, widget.Line{{Style: theme.Key | grid.Bold, Text: " " + text.Pad(a.Binding.Help().Key, 10)}},
				theme.Text, a.Help)
		}
		d.Blank()
		out = append(out, d)
	}
	return out
}
