// Package grid is the dashboard's canvas: a rectangle of character cells that
// panels draw on and the terminal writer compares with the one before.
//
// Text and styles flow in through regions that clip; cells flow out. A frame
// has exactly the size of the screen by construction: nothing that is drawn can
// push a line, overflow a panel or emit a control character. The package
// imports tui/text only.
package grid

import (
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Style is a theme token in its low byte and modifiers above it. The theme
// turns it into escape sequences; the grid only carries it.
type Style uint16

// The modifiers. They need no colour.
const (
	Bold Style = 1 << (8 + iota)
	Reverse
	Underline
)

// Token is the theme token of s, without modifiers.
func (s Style) Token() int { return int(s & 0xff) }

// Cell is one character cell. Rune is 0 in the second half of a wide
// character, and above unicode.MaxRune for a letter with combining marks.
type Cell struct {
	Rune  rune
	Style Style
}

// firstCluster is the number of the first interned cluster; clusterLimit
// bounds how many are kept, since foreign text can hold any number.
const (
	firstCluster = utf8.MaxRune + 1
	clusterLimit = 4096
)

// Grid is a frame of W by H cells. The zero Grid has no cells. It is not safe
// for concurrent use.
type Grid struct {
	W, H     int
	cells    []Cell
	clusters []string
	numbers  map[string]rune
}

// New returns an empty frame; negative sizes count as 0.
func New(w, h int) *Grid {
	g := &Grid{}
	g.Reset(w, h)
	return g
}

// Reset makes g an empty frame of the given size, reusing its memory.
func (g *Grid) Reset(w, h int) {
	g.W, g.H = max(w, 0), max(h, 0)
	n := g.W * g.H
	if cap(g.cells) < n {
		g.cells = make([]Cell, n)
	}
	g.cells = g.cells[:n]
	for i := range g.cells {
		g.cells[i] = Cell{Rune: ' '}
	}
}

// Row returns the cells of line y, valid until the next Reset.
func (g *Grid) Row(y int) []Cell { return g.cells[y*g.W : (y+1)*g.W] }

// All is the region that covers the frame.
func (g *Grid) All() Region { return Region{g: g, W: g.W, H: g.H} }

// AppendRune appends the text of a cell's rune to b.
func (g *Grid) AppendRune(b []byte, r rune) []byte {
	if r >= firstCluster {
		return append(b, g.clusters[r-firstCluster]...)
	}
	return utf8.AppendRune(b, r)
}

// String returns the frame as text, one line per row, without styles and
// without spaces at the end of lines.
func (g *Grid) String() string {
	var b []byte
	for y := range g.H {
		start := len(b)
		for _, c := range g.Row(y) {
			if c.Rune != 0 {
				b = g.AppendRune(b, c.Rune)
			}
		}
		b = append(b[:start], strings.TrimRight(string(b[start:]), " ")...)
		b = append(b, '\n')
	}
	return string(b)
}

// put sets the cell at x, y, and repairs a wide character that it cuts.
func (g *Grid) put(x, y int, r rune, s Style) {
	row := g.Row(y)
	if row[x].Rune == 0 && x > 0 {
		row[x-1].Rune = ' '
	}
	if x+1 < g.W && row[x+1].Rune == 0 {
		row[x+1].Rune = ' '
	}
	row[x] = Cell{r, s}
}

// mark adds a combining mark to the character before x.
func (g *Grid) mark(x, y int, m rune) {
	row := g.Row(y)
	for x--; x >= 0 && row[x].Rune == 0; x-- {
	}
	if x < 0 {
		return
	}
	s := string(g.AppendRune(nil, row[x].Rune)) + string(m)
	n, ok := g.numbers[s]
	if !ok {
		if len(g.clusters) >= clusterLimit || len(s) > 32 {
			return
		}
		if g.numbers == nil {
			g.numbers = make(map[string]rune)
		}
		n = firstCluster + rune(len(g.clusters))
		g.clusters = append(g.clusters, s)
		g.numbers[s] = n
	}
	row[x].Rune = n
}

// printable replaces what must never reach a terminal.
func printable(r rune) rune {
	if r < 0x20 || r >= 0x7f && r < 0xa0 || r > utf8.MaxRune {
		return '?'
	}
	return r
}

// width is the number of cells of r; see text.RuneWidth.
func width(r rune) int { return text.RuneWidth(r) }
