package term

import (
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// gap is how many unchanged cells are rewritten rather than jumped over: a jump
// takes about as many bytes.
const gap = 6

// writer turns frames into bytes. It remembers what the terminal shows.
type writer struct {
	w, h  int
	cells []grid.Cell
	buf   []byte
}

// forget makes the next frame a complete one.
func (w *writer) forget() { w.w, w.h = 0, 0 }

// frame returns the bytes that turn what is shown into g; none when g is shown
// already. The bytes are valid until the next call.
func (w *writer) frame(g *grid.Grid, th *theme.Theme) []byte {
	all := g.W != w.w || g.H != w.h
	if all {
		w.w, w.h = g.W, g.H
		w.cells = make([]grid.Cell, g.W*g.H)
	}
	w.buf = append(w.buf[:0], syncBegin...)
	start := len(w.buf)
	style, known := grid.Style(0), false
	for y := range g.H {
		row, old := g.Row(y), w.cells[y*g.W:(y+1)*g.W]
		for x := 0; x < g.W; {
			if !all && row[x] == old[x] {
				x++
				continue
			}
			end := g.W
			if !all {
				end = spanEnd(row, old, x)
			}
			w.moveTo(x, y)
			for _, c := range row[x:end] {
				if c.Rune == 0 {
					continue
				}
				if !known || c.Style != style {
					w.buf = append(w.buf, th.SGR(c.Style)...)
					style, known = c.Style, true
				}
				w.buf = g.AppendRune(w.buf, c.Rune)
			}
			x = end
		}
		copy(old, row)
	}
	if len(w.buf) == start {
		return nil
	}
	w.buf = append(w.buf, syncEnd...)
	return w.buf
}

// spanEnd is where the cells end that are written together with the change at
// x: at a gap of unchanged cells. A change never begins in the second half of a
// wide character, since its first half then changes too.
func spanEnd(row, old []grid.Cell, x int) int {
	end := x + 1
	for i := end; i < len(row) && i-end < gap; i++ {
		if row[i] != old[i] {
			end = i + 1
		}
	}
	return end
}

// moveTo places the cursor; lines and columns of the terminal count from 1.
func (w *writer) moveTo(x, y int) {
	w.buf = append(w.buf, "\x1b["...)
	w.buf = strconv.AppendInt(w.buf, int64(y+1), 10)
	w.buf = append(w.buf, ';')
	w.buf = strconv.AppendInt(w.buf, int64(x+1), 10)
	w.buf = append(w.buf, 'H')
}
