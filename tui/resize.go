package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

// resizeStep is how many cells a key moves a split.
const resizeStep = 2

// grip takes hold of the split at a cell, if there is one.
func (m *model) grip(x, y int) {
	if h, ok := m.plan.HandleAt(x, y); ok {
		m.drag = &h.Split
	}
}

// pull moves the split that is held to a cell.
func (m *model) pull(msg tea.MouseMsg) {
	if msg.Action == tea.MouseActionRelease {
		m.drag = nil
		return
	}
	for _, h := range m.plan.Handles {
		if h.Split == *m.drag {
			m.setRatio(h, msg.X, msg.Y)
		}
	}
}

// setRatio puts a split at a cell.
func (m *model) setRatio(h layout.Handle, x, y int) {
	m.prefs.Ratios[m.plan.Mode][h.Split] = h.Share(x, y)
	m.dirty = true
}

// resizeKeys are what the keys of the resize mode move, and where to.
var resizeKeys = map[string]struct {
	vertical bool
	by       int
}{
	"<": {true, -resizeStep}, "left": {true, -resizeStep}, ">": {true, resizeStep}, "right": {true, resizeStep},
	"-": {false, -1}, "up": {false, -1}, "+": {false, 1}, "down": {false, 1},
}

// resizeKey handles a key in the resize mode: it moves the splits beside the
// focused panel.
func (m *model) resizeKey(k string) tea.Cmd {
	switch k {
	case "esc", "enter", "|", "q":
		m.resizing = false
		return nil
	case "=":
		m.prefs.Ratios[m.plan.Mode] = layout.Ratios{}
		return nil
	case "tab", "shift+tab":
		m.resizing = false
		cmd := m.key(k)
		m.resizing = true
		return cmd
	}
	move, ok := resizeKeys[k]
	if !ok {
		return nil
	}
	h, ok := m.plan.Beside(m.prefs.Focus, move.vertical)
	if !ok {
		m.info("no split on that side of this panel")
		return nil
	}
	// The handle spans the last cell before the split and the first behind it.
	x, y := h.X+h.W-1, h.Y+h.H-1
	if move.vertical {
		x += move.by
	} else {
		y += move.by
	}
	m.setRatio(h, x, y)
	return nil
}
