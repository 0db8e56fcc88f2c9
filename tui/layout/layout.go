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
	Diff
	Logs
	Trace
	Cache
	Perf
	History
	Problems
	Panels // how many there are
)

// String returns the name of the panel, which is also that of the action that
// goes there.
func (p Panel) String() string {
	return [...]string{"templates", "detail", "diff", "logs", "trace", "cache", "perf", "history", "problems"}[p]
}

// Mode is one of the six arrangements of the panels.
type Mode uint8

// The modes, by the rule that chooses them: the first that fits wins.
const (
	Tiny   Mode = iota // below 40 columns or 8 rows: status lines only
	Short              // 100 columns and more, below 18 rows: two panels side by side, no frames
	Micro              // below 60 columns or 14 rows: one panel, no frame
	Narrow             // below 100 columns: tree above one other panel
	Wide               // below 160 columns or 30 rows: tree beside two panels
	Full               // three columns
	modes              // how many there are
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
	Ratios [modes]Ratios // by mode
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
	// Handles are where the lines between panels can be taken hold of.
	Handles []Handle
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

// modeFor returns the mode of a screen of w by h cells.
func modeFor(w, h int) Mode {
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
	plan := Plan{Mode: modeFor(w, h)}
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
		plan.stack(TreeSplit, body, p, share, of(p, Templates), of(p, others...))
	case Wide:
		left, right := plan.columns(TreeSplit, body, p.divide(Wide, TreeSplit, body.W, max(body.W*40/100, 38)))
		plan.Panes = append(plan.Panes, Pane{Templates, left, Boxed})
		plan.stack(DetailRow, right, p, 55, Detail, of(p, lower...))
	case Full:
		first, rest := plan.columns(TreeSplit, body, p.divide(Full, TreeSplit, body.W, body.W*28/100))
		second, third := plan.columns(ThirdSplit, rest, p.divide(Full, ThirdSplit, rest.W, rest.W/2))
		plan.Panes = append(plan.Panes, Pane{Templates, first, Boxed})
		full(&plan, second, third, h, p)
	}
	return plan
}

// The panels that share a place where there is room for one of them; the first
// stands there until another was used.
var (
	others = []Panel{Detail, Logs, Diff, Trace, Cache, Perf, History, Problems}
	lower  = []Panel{Logs, Diff, Trace, Cache, Perf, History, Problems}
	change = []Panel{Diff, Problems, History}
	timing = []Panel{Trace, Cache, Perf}
)

// From this many rows on, the full arrangement has a strip of its own for what
// the tool says about itself.
const (
	stripFrom = 50
	strip     = 6
)

// full places all panels but the tree in two columns: why beside what.
func full(plan *Plan, second, third Rect, h int, p Prefs) {
	below := timing
	var cache, perf Rect
	if h >= stripFrom {
		second.H -= strip
		third.H -= strip
		cache = Rect{second.X, second.Y + second.H, second.W, strip}
		perf = Rect{third.X, third.Y + third.H, third.W, strip}
		below = []Panel{Trace}
	}
	plan.stack(DetailRow, second, p, 55, Detail, of(p, change...))
	plan.stack(ThirdRow, third, p, 50, Logs, of(p, below...))
	if h >= stripFrom {
		plan.Panes = append(plan.Panes, Pane{Cache, cache, Boxed}, Pane{Perf, perf, Boxed})
	}
}

// short places the tree and one more panel side by side; the titles share the
// line with the header.
func short(plan *Plan, w, h int, p Prefs) {
	if p.Zoom {
		plan.Panes = []Pane{{p.Focus, Rect{0, 0, w, h - 1}, Titled}}
		return
	}
	left := p.divide(Short, TreeSplit, w, w*35/100)
	plan.Header = Rect{0, 0, left, 1}
	plan.Rules = []Rect{{left, 0, 1, h - 1}}
	plan.Handles = []Handle{{TreeSplit, true, plan.Rules[0], 0, w}}
	plan.Panes = []Pane{
		{Templates, Rect{0, 1, left, h - 2}, Bare},
		{of(p, others...), Rect{left + 1, 0, w - left - 1, h - 1}, Titled},
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
