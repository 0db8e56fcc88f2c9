package grid

// Region is a clipped view of a grid with its own coordinates. Drawing outside
// of it does nothing. The zero Region has no cells. Regions are cheap values.
type Region struct {
	g    *Grid
	x, y int
	W, H int
}

// Sub returns the part of r that starts at x, y and is at most w by h cells.
func (r Region) Sub(x, y, w, h int) Region {
	if x < 0 {
		w, x = w+x, 0
	}
	if y < 0 {
		h, y = h+y, 0
	}
	w, h = min(w, r.W-x), min(h, r.H-y)
	if w <= 0 || h <= 0 {
		return Region{}
	}
	return Region{g: r.g, x: r.x + x, y: r.y + y, W: w, H: h}
}

// Origin returns where the first cell of r is in the grid.
func (r Region) Origin() (x, y int) { return r.x, r.y }

// Row returns line y of r as a region.
func (r Region) Row(y int) Region { return r.Sub(0, y, r.W, 1) }

// Text draws s at x, y and returns the x behind it. What does not fit is cut;
// a wide character that would be cut becomes a space. s is expected to be clean
// (see tui/text); a control character is drawn as '?'.
func (r Region) Text(x, y int, style Style, s string) int {
	if y < 0 || y >= r.H {
		return x
	}
	for _, c := range s {
		if c < 0x20 || c >= 0x7f {
			c = printable(c)
			switch w := width(c); {
			case w == 0:
				if x > 0 && x <= r.W {
					r.g.mark(r.x+x, r.y+y, c)
				}
				continue
			case w == 2:
				r.wide(x, y, c, style)
				x += 2
				continue
			}
		}
		if x >= 0 && x < r.W {
			r.g.put(r.x+x, r.y+y, c, style)
		}
		x++
	}
	return x
}

// wide draws a character of two cells, or a space for the half that is inside.
func (r Region) wide(x, y int, c rune, style Style) {
	left, right := x >= 0 && x < r.W, x+1 >= 0 && x+1 < r.W
	switch {
	case left && right:
		r.g.put(r.x+x, r.y+y, ' ', style)
		r.g.put(r.x+x+1, r.y+y, ' ', style)
		row := r.g.Row(r.y + y)
		row[r.x+x].Rune, row[r.x+x+1].Rune = c, 0
	case left:
		r.g.put(r.x+x, r.y+y, ' ', style)
	case right:
		r.g.put(r.x+x+1, r.y+y, ' ', style)
	}
}

// Fill sets every cell of r to c, a character of one cell.
func (r Region) Fill(style Style, c rune) {
	for y := range r.H {
		for x := range r.W {
			r.g.put(r.x+x, r.y+y, c, style)
		}
	}
}

// Edges are the characters of a frame: horizontal and vertical line, then the
// corners top left, top right, bottom left, bottom right.
type Edges [6]rune

// Box draws a frame around r and returns its inside. A region below 2 by 2
// cells has no room for a frame and is returned as it is.
func (r Region) Box(style Style, e Edges) Region {
	if r.W < 2 || r.H < 2 {
		return r
	}
	for x := 1; x < r.W-1; x++ {
		r.g.put(r.x+x, r.y, e[0], style)
		r.g.put(r.x+x, r.y+r.H-1, e[0], style)
	}
	for y := 1; y < r.H-1; y++ {
		r.g.put(r.x, r.y+y, e[1], style)
		r.g.put(r.x+r.W-1, r.y+y, e[1], style)
	}
	r.g.put(r.x, r.y, e[2], style)
	r.g.put(r.x+r.W-1, r.y, e[3], style)
	r.g.put(r.x, r.y+r.H-1, e[4], style)
	r.g.put(r.x+r.W-1, r.y+r.H-1, e[5], style)
	return r.Sub(1, 1, r.W-2, r.H-2)
}
