package tui

import (
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
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
	if m.log != nil {
		m.drawMessages(all)
	}
	if m.chooser != nil {
		m.drawChooser(all)
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
	question := m.confirm.text()
	w := min(text.Width(question)+6, all.W)
	if all.H < 5 {
		all.Row(0).Fill(theme.Text, ' ')
		all.Text(0, 0, theme.Strong, question+" y/n")
		return
	}
	lines := text.Wrap(question, w-4)
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
