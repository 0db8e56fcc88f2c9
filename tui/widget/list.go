// Package widget has the parts that panels are made of: the cursor and window
// of a list, a scrolled document, bars.
//
// Data and a region of the canvas flow in; drawn cells flow out. Widgets know
// nothing of test files, of the engine or of keys.
package widget

// Motion is a movement of a cursor or of a window.
type Motion uint8

// The motions.
const (
	Down Motion = iota
	Up
	HalfDown
	HalfUp
	PageDown
	PageUp
	First
	Last
	Left
	Right
)

// step returns how far m moves in a window of h rows; First and Last move
// further than any list is long.
func (m Motion) step(h int) int {
	const far = 1 << 30
	switch m {
	case Down:
		return 1
	case Up:
		return -1
	case HalfDown:
		return max(h/2, 1)
	case HalfUp:
		return -max(h/2, 1)
	case PageDown:
		return max(h-1, 1)
	case PageUp:
		return -max(h-1, 1)
	case First:
		return -far
	case Last:
		return far
	}
	return 0
}

// margin is how many rows stay visible around the cursor.
const margin = 2

// List is the cursor and the window of a list of any length. The zero List is
// at the first row.
type List struct {
	Cursor int // selected row
	Top    int // first visible row
}

// Move moves the cursor of a list of n rows in a window of h rows.
func (l *List) Move(m Motion, n, h int) {
	l.Cursor += m.step(h)
	l.Reveal(n, h)
}

// Scroll moves the window by delta rows and leaves the cursor where it is.
func (l *List) Scroll(delta, n, h int) {
	l.Top = clamp(l.Top+delta, 0, max(n-h, 0))
}

// Reveal brings the cursor into a list of n rows and the window of h rows to
// the cursor, with some rows around it where there are any.
func (l *List) Reveal(n, h int) {
	l.Cursor = clamp(l.Cursor, 0, max(n-1, 0))
	h = max(h, 1)
	m := min(margin, (h-1)/2)
	l.Top = clamp(l.Top, l.Cursor-h+1+m, l.Cursor-m)
	l.Top = clamp(l.Top, 0, max(n-h, 0))
}

// Fit keeps the window inside a list of n rows without following the cursor.
func (l *List) Fit(n, h int) {
	l.Cursor = clamp(l.Cursor, 0, max(n-1, 0))
	l.Top = clamp(l.Top, 0, max(n-h, 0))
}

func clamp(x, lo, hi int) int { return max(min(x, hi), lo) }
