// Package shot makes pictures of frames.
//
// A frame and its theme flow in; an SVG document flows out, with one text
// element for each run of cells in one style, so that the picture can be
// searched and copied from, and one path for the lines of frames. The package imports tui/grid and tui/theme only.
package shot

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// The sizes of the picture, in its own units.
const (
	cellWidth  = 8.4 // of most monospaced fonts at this size
	cellHeight = 18.0
	fontSize   = 14
	margin     = 12.0
	baseline   = 13.5 // from the top of a cell
)

// The paper on which themes without a background of their own are drawn.
const (
	paper = "#1e2127"
	ink   = "#d4d7dd"
)

// SVG writes a picture of g. The error is that of w.
func SVG(w io.Writer, g *grid.Grid, th *theme.Theme) error {
	var b strings.Builder
	width, height := float64(g.W)*cellWidth+2*margin, float64(g.H)*cellHeight+2*margin
	background := th.Background()
	if background == "" {
		background = paper
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.1f %.1f">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="6" fill="%s"/>`+"\n", background)
	fmt.Fprintf(&b, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d" xml:space="preserve">`+"\n", fontSize)
	for y := range g.H {
		row(&b, g, th, y, background)
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// row writes the cells of one line, run by run.
func row(b *strings.Builder, g *grid.Grid, th *theme.Theme, y int, background string) {
	cells := g.Row(y)
	for x := 0; x < len(cells); {
		end := x + 1
		for end < len(cells) && cells[end].Style == cells[x].Style {
			end++
		}
		run(b, g, th, cells[x:end], x, y, background)
		x = end
	}
}

// run writes cells of one style.
func run(b *strings.Builder, g *grid.Grid, th *theme.Theme, cells []grid.Cell, x, y int, background string) {
	style := cells[0].Style
	color := th.Color(style)
	if color == "" {
		color = ink
	}
	x0, top := margin+float64(x)*cellWidth, margin+float64(y)*cellHeight
	wide := float64(len(cells)) * cellWidth
	if style&grid.Reverse != 0 {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x0, top, wide, cellHeight, color)
		color = background
	}
	var text []byte
	var lines strokes
	for i, c := range cells {
		if a, ok := frames[c.Rune]; ok {
			lines.add(a, x0+float64(i)*cellWidth, top)
			text = append(text, ' ')
		} else if c.Rune != 0 {
			text = g.AppendRune(text, c.Rune)
		}
	}
	if lines.Len() > 0 {
		fmt.Fprintf(b, `<path d="%s" stroke="%s" fill="none"/>`+"\n", lines.String(), color)
	}
	if strings.TrimSpace(string(text)) == "" {
		return
	}
	attributes := ""
	if style&grid.Bold != 0 {
		attributes += ` font-weight="bold"`
	}
	if style&grid.Underline != 0 {
		attributes += ` text-decoration="underline"`
	}
	// textLength keeps the columns where the font has other widths.
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
		x0, top+baseline, wide, color, attributes, html.EscapeString(string(text)))
}
