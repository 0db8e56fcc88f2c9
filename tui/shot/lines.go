package shot

import (
	"fmt"
	"strings"
)

// arms are the ends at which a line leaves its cell.
type arms uint8

const (
	left arms = 1 << iota
	right
	up
	down
)

// frames maps the characters of frames to their lines. They are drawn and not
// written: lines of text leave gaps between them in most browsers.
var frames = map[rune]arms{
	'─': left | right, '│': up | down,
	'╭': right | down, '╮': left | down, '╰': right | up, '╯': left | up,
	'┌': right | down, '┐': left | down, '└': right | up, '┘': left | up,
	'├': up | down | right, '┤': up | down | left,
	'┬': left | right | down, '┴': left | right | up, '┼': left | right | up | down,
}

// strokes collects the lines of one run of cells as the data of an SVG path.
type strokes struct{ strings.Builder }

// add draws the lines of the cell whose left upper corner is at x, y. A line
// that crosses cells side by side is one stroke for each of them.
func (s *strokes) add(a arms, x, y float64) {
	midX, midY := x+cellWidth/2, y+cellHeight/2
	switch {
	case a == left|right:
		fmt.Fprintf(s, "M%.1f %.1fH%.1f", x, midY, x+cellWidth)
		return
	case a == up|down:
		fmt.Fprintf(s, "M%.1f %.1fV%.1f", midX, y, y+cellHeight)
		return
	}
	for _, arm := range []struct {
		which arms
		x, y  float64
	}{{left, x, midY}, {right, x + cellWidth, midY}, {up, midX, y}, {down, midX, y + cellHeight}} {
		if a&arm.which != 0 {
			fmt.Fprintf(s, "M%.1f %.1fL%.1f %.1f", arm.x, arm.y, midX, midY)
		}
	}
}
