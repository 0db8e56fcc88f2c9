package layout

// Split names a line between panels that the user can move.
type Split uint8

// The splits. Not every mode has all of them.
const (
	TreeSplit  Split = iota // between the tree and the rest: beside it, or below it in a narrow screen
	DetailRow               // below the detail
	ThirdSplit              // between the second and the third column
	ThirdRow                // below the logs
	Splits                  // how many there are
)

// String returns the name of the split.
func (s Split) String() string {
	return [...]string{"tree", "detail", "third", "logs"}[s]
}

// Ratios are what the user chose for a mode: the share in thousandths of what is
// left of or above each split. 0 is the usual share.
type Ratios [Splits]int

// The least room of a panel beside a split, in cells.
const (
	minWidth  = 20
	minHeight = 4
)

// Handle is where a split can be taken hold of.
type Handle struct {
	Split    Split
	Vertical bool // a vertical line: it moves to the left and right
	Rect          // the cells of the line
	from     int  // where the room begins that is divided
	room     int
}

// Share returns the ratio that puts the split at a cell.
func (h Handle) Share(x, y int) int {
	at := y
	if h.Vertical {
		at = x
	}
	if h.room == 0 {
		return 0
	}
	// Rounded up, so that the cell is reached when the share is turned back.
	return clamp(((at-h.from)*1000+h.room-1)/h.room, 1, 999)
}

// HandleAt returns the handle at a cell, and whether there is one.
func (p Plan) HandleAt(x, y int) (Handle, bool) {
	for _, h := range p.Handles {
		if h.Contains(x, y) {
			return h, true
		}
	}
	return Handle{}, false
}

// Beside returns the handle that a panel touches with its right or lower edge,
// or else with its left or upper one, and whether there is one.
func (p Plan) Beside(panel Panel, vertical bool) (Handle, bool) {
	for _, q := range p.Panes {
		if q.Panel != panel {
			continue
		}
		for _, at := range [][2]int{{q.X + q.W - 1, q.Y + q.H - 1}, {q.X, q.Y}, {q.X + q.W, q.Y}, {q.X - 1, q.Y}} {
			for _, h := range p.Handles {
				if h.Vertical == vertical && h.Contains(at[0], at[1]) {
					return h, true
				}
			}
		}
	}
	return Handle{}, false
}

// divide returns the cells on the first side of a split of room cells: the
// user's share, or else the usual number.
func (p Prefs) divide(m Mode, s Split, room, usual int) int {
	share := p.Ratios[m][s]
	if share == 0 {
		return usual
	}
	least := minHeight
	if s == TreeSplit && m != Narrow || s == ThirdSplit {
		least = minWidth
	}
	if room < 2*least {
		return usual
	}
	return clamp(room*share/1000, least, room-least)
}

// columns divides r by a vertical line after w cells and registers the handle:
// the borders on both sides of it.
func (plan *Plan) columns(s Split, r Rect, w int) (left, right Rect) {
	left = Rect{r.X, r.Y, w, r.H}
	right = Rect{r.X + w, r.Y, r.W - w, r.H}
	plan.Handles = append(plan.Handles, Handle{s, true, Rect{r.X + w - 1, r.Y, 2, r.H}, r.X, r.W})
	return left, right
}

// stack places two panels above each other and registers the handle between
// them.
func (plan *Plan) stack(s Split, r Rect, p Prefs, share int, above, below Panel) {
	h := p.divide(plan.Mode, s, r.H, r.H*share/100)
	plan.Panes = append(plan.Panes,
		Pane{above, Rect{r.X, r.Y, r.W, h}, Boxed},
		Pane{below, Rect{r.X, r.Y + h, r.W, r.H - h}, Boxed})
	plan.Handles = append(plan.Handles, Handle{s, false, Rect{r.X, r.Y + h - 1, r.W, 2}, r.Y, r.H})
}

func clamp(x, lo, hi int) int { return max(min(x, hi), lo) }
