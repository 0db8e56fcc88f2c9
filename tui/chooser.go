package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// choice is one row of a chooser.
type choice struct {
	title string
	note  string // what it means, in a line
	key   string // the key that does the same, or the letter that picks it
	why   string // why it is not possible now, "" when it is
	act   func() tea.Cmd
}

// chooser is an overlay from which one of several things is picked: the
// palette, where typing narrows the list, or a menu, where a letter picks.
type chooser struct {
	title string
	field *widget.Field // nil in a menu
	// list returns what matches a query, the best first.
	list func(query string) []choice
	// moved is called with the row under the cursor when it has changed, and
	// left when nothing was picked; nil does nothing.
	moved func(choice)
	left  func()

	rows   []choice
	at     widget.List
	bounds layout.Rect // of the rows on the screen
}

// choose opens a chooser. The rows of a menu are fixed.
func (m *model) choose(c *chooser) {
	c.rows = c.list("")
	m.chooser = c
}

// menu opens a chooser in which the key of a row picks it.
func (m *model) menu(title string, rows []choice) {
	m.choose(&chooser{title: title, list: func(string) []choice { return rows }})
}

// chooserKey handles a key while a chooser is open.
func (m *model) chooserKey(msg tea.KeyMsg) tea.Cmd {
	c, k := m.chooser, msg.String()
	if msg.Type == tea.KeyRunes && !msg.Alt || msg.Type == tea.KeySpace {
		return m.chooserText(msg)
	}
	switch k {
	case "ctrl+c":
		m.leaveChooser()
		return nil
	case "esc":
		m.leaveChooser()
		return nil
	case "enter":
		return m.pick(c.at.Cursor)
	}
	if mv, ok := chooserMotions[k]; ok {
		c.at.Move(mv, len(c.rows), c.bounds.H)
		c.tell()
		return nil
	}
	if c.field != nil && c.field.Key(k) {
		c.find()
	}
	return nil
}

// chooserMotions are the keys that move while letters are text.
var chooserMotions = map[string]widget.Motion{
	"down": widget.Down, "up": widget.Up, "tab": widget.Down, "shift+tab": widget.Up,
	"ctrl+n": widget.Down, "ctrl+p": widget.Up, "pgdown": widget.PageDown, "pgup": widget.PageUp,
}

// chooserText takes letters: text for the query, or the picks of a menu.
func (m *model) chooserText(msg tea.KeyMsg) tea.Cmd {
	c := m.chooser
	if c.field != nil {
		c.field.Insert(msg.Runes)
		c.find()
		return nil
	}
	if msg.Paste || len(msg.Runes) != 1 {
		return nil
	}
	k := string(msg.Runes)
	for i, row := range c.rows {
		if row.key == k {
			return m.pick(i)
		}
	}
	switch k {
	case "j":
		c.at.Move(widget.Down, len(c.rows), c.bounds.H)
		c.tell()
	case "k":
		c.at.Move(widget.Up, len(c.rows), c.bounds.H)
		c.tell()
	case "q":
		m.leaveChooser()
	}
	return nil
}

// find narrows the list to what was typed.
func (c *chooser) find() {
	c.rows, c.at = c.list(c.field.String()), widget.List{}
	c.tell()
}

// tell says which row is under the cursor.
func (c *chooser) tell() {
	if c.moved != nil && c.at.Cursor < len(c.rows) {
		c.moved(c.rows[c.at.Cursor])
	}
}

// pick does what a row says and closes the chooser. Where that is not possible
// it stays open and the footer says why.
func (m *model) pick(i int) tea.Cmd {
	c := m.chooser
	if i < 0 || i >= len(c.rows) {
		return nil
	}
	row := c.rows[i]
	if row.why != "" {
		m.info(row.title + ": " + row.why)
		return nil
	}
	m.chooser = nil
	return row.act()
}

// leaveChooser closes the chooser without a pick.
func (m *model) leaveChooser() {
	c := m.chooser
	m.chooser = nil
	if c.left != nil {
		c.left()
	}
}

// chooserMouse handles the mouse while a chooser is open: the wheel scrolls, a
// click on a row picks it, a click elsewhere closes.
func (m *model) chooserMouse(msg tea.MouseMsg) tea.Cmd {
	c := m.chooser
	switch {
	case msg.Button == tea.MouseButtonWheelDown:
		c.at.Scroll(wheelStep, len(c.rows), c.bounds.H)
	case msg.Button == tea.MouseButtonWheelUp:
		c.at.Scroll(-wheelStep, len(c.rows), c.bounds.H)
	case msg.Button != tea.MouseButtonLeft || msg.Action != tea.MouseActionPress:
		return nil
	case c.bounds.Contains(msg.X, msg.Y):
		m.dirty = true
		return m.pick(c.at.Top + msg.Y - c.bounds.Y)
	default:
		m.leaveChooser()
	}
	m.dirty = true
	return nil
}

// The room of a chooser, in cells.
const (
	chooserWidth = 84
	chooserRows  = 18
)

// drawChooser draws the open chooser, near the top so that it does not move
// while the list gets shorter.
func (m *model) drawChooser(all grid.Region) {
	c := m.chooser
	rows, query := c.rows, 0
	if c.field != nil {
		query = 1
	}
	var r grid.Region
	if all.H < 8 || all.W < 24 { // no room for a frame
		r = all
		r.Fill(theme.Text, ' ')
	} else {
		w, h := min(all.W, chooserWidth), min(max(len(rows), 1)+2+query, chooserRows+2+query, all.H-2)
		keys := "enter picks   esc closes"
		r = m.window(all.Sub((all.W-w)/2, min(2, all.H-h), w, h), theme.Accent, c.title, keys)
	}
	if c.field != nil {
		x := r.Text(1, 0, theme.Key|grid.Bold, ":")
		c.field.Draw(r.Sub(x+1, 0, r.W-x-2, 1), theme.Strong, theme.Selected)
	}
	body := r.Sub(0, query, r.W, r.H-query)
	x, y := body.Origin()
	c.bounds = layout.Rect{X: x, Y: y, W: body.W, H: body.H}
	c.at.Reveal(len(rows), body.H)
	if len(rows) == 0 {
		body.Text(1, 0, theme.Text, "nothing matches")
	}
	for y := 0; y < body.H && c.at.Top+y < len(rows); y++ {
		m.drawChoice(body.Row(y), rows[c.at.Top+y], c.at.Top+y == c.at.Cursor)
	}
}

// drawChoice draws one row: marker, title, note or why not, and the key.
func (m *model) drawChoice(r grid.Region, c choice, selected bool) {
	var mod grid.Style
	mark, g := " ", &m.theme.Glyphs
	if selected {
		mod, mark = grid.Reverse, g.Marker
		r.Fill(theme.Selected, ' ')
	}
	r.Text(0, 0, theme.Text|mod, mark)
	room := r.W - 2
	if w := text.Width(c.key); w > 0 && room > w+12 {
		r.Text(r.W-w-1, 0, theme.Key|grid.Bold|mod, c.key)
		room -= w + 2
	}
	title := text.Middle(c.title, room, g.Ellipsis)
	x := r.Text(1, 0, theme.Strong|mod, title)
	note, style := c.note, theme.Text
	if c.why != "" {
		note, style = c.why, theme.Warn
	}
	if note != "" && room-text.Width(title) > 8 {
		r.Text(x+2, 0, style|mod, text.Shorten(note, room-text.Width(title)-2, g.Ellipsis))
	}
}
