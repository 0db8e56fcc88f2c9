// Package layout says where everything stands on the screen.
//
// The size of the screen and the user's preferences flow in; rectangles flow
// out, by a pure function. The rectangles cover the screen without a gap and
// without overlap at every size from 1 by 1. The package imports nothing of the
// project.
package layout

// Rect is a rectangle of cells. W and H are never negative.
type Rect struct{ X, Y, W, H int }

// Contains reports whether the cell at x, y is inside.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// Panel names a panel.
type Panel uint8

// The panels, in the order in which tab visits them. Their number, from 1, is
// the key that goes there.
const (
	Templates Panel = iota
	Detail
	Logs
	Problems
	Panels // how many there are
)

// Mode is one of the six arrangements of dashboard 2.6.
type Mode uint8

// The modes, by the rule that chooses them: the first that fits wins.
const (
	Tiny   Mode = iota // below 40 columns or 8 rows: status lines only
	Short              // 100 columns and more, below 18 rows: two panels side by side, no frames
	Micro              // below 60 columns or 14 rows: one panel, no frame
	Narrow             // below 100 columns: tree above one other panel
	Wide               // below 160 columns or 30 rows: tree beside two panels
	Full               // three columns
)

// String returns the name of the mode.
func (m Mode) String() string {
	return [...]string{"tiny", "short", "micro", "narrow", "wide", "full"}[m]
}

// Prefs are what the user chose and did.
type Prefs struct {
	Focus Panel
	Zoom  bool // the focused panel takes all the room
	// Recent lists panels by last use, the newest first. It decides which of
	// several panels that share a place is shown. Panels that are missing were
	// never used.
	Recent []Panel
}

// Frame says how a panel is bordered.
type Frame uint8

// The frames of a panel.
const (
	Boxed  Frame = iota // a line around, the title in its top
	Titled              // the title in the first row
	Bare                // neither
)

// Pane is a place with a panel in it.
type Pane struct {
	Panel Panel
	Rect
	Frame Frame
}

// Plan is an arrangement. Header, Footer, Status and the rules may be empty.
type Plan struct {
	Mode   Mode
	Header Rect
	Footer Rect
	Status Rect // in tiny mode: everything
	Panes  []Pane
	Rules  []Rect // vertical lines between panels without frames
}

// At returns the pane at a cell, and whether there is one.
func (p Plan) At(x, y int) (Pane, bool) {
	for _, q := range p.Panes {
		if q.Contains(x, y) {
			return q, true
		}
	}
	return Pane{}, false
}

// ModeFor returns the mode of a screen of w by h cells.
func ModeFor(w, h int) Mode {
	switch {
	case w < 40 || h < 8:
		return Tiny
	case w >= 100 && h < 18:
		return Short
	case w < 60 || h < 14:
		return Micro
	case w < 100:
		return Narrow
	case w < 160 || h < 30:
		return Wide
	default:
		return Full
	}
}

// Arrange places the panels on a screen of w by h cells.
func Arrange(w, h int, p Prefs) Plan {
	w, h = max(w, 0), max(h, 0)
	plan := Plan{Mode: ModeFor(w, h)}
	if plan.Mode == Tiny {
		plan.Status = Rect{0, 0, w, h}
		return plan
	}
	plan.Footer = Rect{0, h - 1, w, 1}
	switch plan.Mode {
	case Micro:
		plan.Panes = []Pane{{p.Focus, Rect{0, 0, w, h - 1}, Titled}}
		return plan
	case Short:
		short(&plan, w, h, p)
		return plan
	}
	plan.Header = Rect{0, 0, w, 1}
	body := Rect{0, 1, w, h - 2}
	if p.Zoom {
		plan.Panes = []Pane{{p.Focus, body, Boxed}}
		return plan
	}
	switch plan.Mode {
	case Narrow:
		share := 55
		if h < 24 {
			share = 60
		}
		rows(&plan, body, []slot{{share, of(p, Templates)}, {100 - share, of(p, others...)}})
	case Wide:
		left := max(body.W*40/100, 38)
		rows(&plan, Rect{body.X, body.Y, left, body.H}, []slot{{100, of(p, Templates)}})
		right := Rect{body.X + left, body.Y, body.W - left, body.H}
		rows(&plan, right, []slot{{55, of(p, Detail)}, {45, of(p, lower...)}})
	case Full:
		first := body.W * 28 / 100
		second := (body.W - first) / 2
		rows(&plan, Rect{0, body.Y, first, body.H}, []slot{{100, of(p, Templates)}})
		rows(&plan, Rect{first, body.Y, second, body.H}, []slot{{100, of(p, Detail)}})
		rows(&plan, Rect{first + second, body.Y, body.W - first - second, body.H},
			[]slot{{60, of(p, Logs)}, {40, of(p, Problems)}})
	}
	return plan
}

// The panels that share a place where there is room for one of them.
var (
	others = []Panel{Detail, Logs, Problems}
	lower  = []Panel{Logs, Problems}
)

// short places the tree and one more panel side by side; the titles share the
// line with the header.
func short(plan *Plan, w, h int, p Prefs) {
	if p.Zoom {
		plan.Panes = []Pane{{p.Focus, Rect{0, 0, w, h - 1}, Titled}}
		return
	}
	left := w * 35 / 100
	plan.Header = Rect{0, 0, left, 1}
	plan.Rules = []Rect{{left, 0, 1, h - 1}}
	plan.Panes = []Pane{
		{Templates, Rect{0, 1, left, h - 2}, Bare},
		{of(p, others...), Rect{left + 1, 0, w - left - 1, h - 1}, Titled},
	}
}

// slot is a share of a column, in percent, and what stands there.
type slot struct {
	share int
	panel Panel
}

// rows stacks slots in r; the last takes what is left.
func rows(plan *Plan, r Rect, slots []slot) {
	y := r.Y
	for i, s := range slots {
		h := r.H * s.share / 100
		if i == len(slots)-1 {
			h = r.Y + r.H - y
		}
		plan.Panes = append(plan.Panes, Pane{s.panel, Rect{r.X, y, r.W, h}, Boxed})
		y += h
	}
}

// of returns the candidate that was used last, or the first if none was.
func of(p Prefs, candidates ...Panel) Panel {
	for _, used := range append([]Panel{p.Focus}, p.Recent...) {
		for _, c := range candidates {
			if c == used {
				return c
			}
		}
	}
	return candidates[0]
}
