package widget

import (
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Span is a piece of text in one style. Text is clean (see tui/text).
type Span struct {
	Style grid.Style
	Text  string
}

// Line is one line of a document.
type Line []Span

// Document is text in lines, built once and scrolled over.
type Document struct{ Lines []Line }

// Add appends a line.
func (d *Document) Add(spans ...Span) { d.Lines = append(d.Lines, spans) }

// Blank appends an empty line unless there is one already at the end.
func (d *Document) Blank() {
	if n := len(d.Lines); n > 0 && len(d.Lines[n-1]) > 0 {
		d.Lines = append(d.Lines, nil)
	}
}

// Wrap appends a text in as many lines as w cells need. lead stands before the
// first line; the others are indented to the same column.
func (d *Document) Wrap(w int, lead Line, style grid.Style, s string) {
	indent := 0
	for _, sp := range lead {
		indent += text.Width(sp.Text)
	}
	for i, part := range text.Wrap(text.Clean(s), max(w-indent, 8)) {
		line := Line{{0, text.Pad("", indent)}}
		if i == 0 {
			line = append(Line{}, lead...)
		}
		d.Lines = append(d.Lines, append(line, Span{style, part}))
	}
}

// Draw shows the document from line top on. A line that is too long ends with
// more, in the style of its last piece.
func (d *Document) Draw(r grid.Region, top int, more string) {
	for y := 0; y < r.H && top+y < len(d.Lines); y++ {
		drawLine(r.Row(y), d.Lines[top+y], more)
	}
}

// drawLine draws one line into a region of one row.
func drawLine(r grid.Region, l Line, more string) {
	x := 0
	for _, s := range l {
		x = r.Text(x, 0, s.Style, s.Text)
		if x > r.W && r.W > 0 {
			r.Text(r.W-1, 0, s.Style, more)
			return
		}
	}
}
