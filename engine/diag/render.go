package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// FormatOptions says how a diagnostic is written for a person.
type FormatOptions struct {
	Color bool
	// Width is the number of columns to stay within when a source line is
	// shown; 0 means 100. Messages and hints are not wrapped.
	Width int
}

const (
	defaultWidth = 100
	minimumWidth = 20
	tabWidth     = 4
)

// Format writes one diagnostic as text for a terminal: severity, code and
// message; where it stands, in a form that editors and terminals turn into a
// link; the source line with the place underlined; the chain of macro calls and
// includes that led there; the hint; and the fix. Control characters of the user's
// file never reach w: they are shown as symbols. The error is that of w.
func Format(w io.Writer, d Diagnostic, o FormatOptions) error {
	b := bufio.NewWriter(w)
	p := painter{b, o.Color}
	p.paint(severityColor[min(d.Severity, Error)], d.Severity.String()+"["+Printable(d.Code)+"]")
	p.paint(bold, ": "+Printable(d.Message))
	fmt.Fprintln(b)

	number := " "
	if d.Pos.Line > 0 {
		number = fmt.Sprint(d.Pos.Line)
	}
	margin := strings.Repeat(" ", len(number))
	if d.Pos.File != "" {
		p.paint(dim, margin+"--> ")
		fmt.Fprintln(b, Printable(d.Pos.String()))
	}
	if d.Pos.Line > 0 && d.Line != "" {
		width := o.Width
		if width == 0 {
			width = defaultWidth
		}
		s := excerpt(d.Line, d.Pos.Column, d.Width, max(width-len(number)-3, minimumWidth))
		p.gutter(margin, "")
		p.gutter(number, s.text)
		if d.Pos.Column > 0 {
			p.paint(dim, margin+" | ")
			fmt.Fprint(b, strings.Repeat(" ", s.indent))
			p.paint(severityColor[min(d.Severity, Error)], strings.Repeat("^", s.carets))
			fmt.Fprintln(b)
		}
	}
	for _, f := range Chain(d.Via) {
		p.note(margin, Printable(f.String()))
	}
	if d.Hint != "" {
		p.note(margin, "hint: "+Printable(d.Hint))
	}
	if d.Fix != nil {
		p.note(margin, "fix: validate --fix will "+Printable(d.Fix.Title))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write a diagnostic: %w", err)
	}
	return nil
}

// The colours of a terminal, by number: every terminal has these.
const (
	bold = "1"
	dim  = "34"
)

var severityColor = [...]string{Info: "1;36", Warning: "1;33", Error: "1;31"}

// painter writes with or without colour.
type painter struct {
	w     *bufio.Writer
	color bool
}

func (p painter) paint(color, text string) {
	if p.color {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	fmt.Fprint(p.w, text)
}

func (p painter) gutter(margin, text string) {
	p.paint(dim, strings.TrimRight(margin+" | ", " "))
	if text != "" {
		fmt.Fprint(p.w, " "+text)
	}
	fmt.Fprintln(p.w)
}

func (p painter) note(margin, text string) {
	p.paint(dim, margin+" = ")
	fmt.Fprintln(p.w, text)
}

// shown is the part of a source line that fits, and where its carets go.
type shown struct {
	text           string
	indent, carets int // columns
}

// narrow measures text the same everywhere, whatever the locale says about
// ambiguous characters.
var narrow = &runewidth.Condition{EastAsianWidth: false}

// cell is one character as it is shown.
type cell struct {
	text  string
	width int
}

// excerpt cuts a line around the characters to underline (column counts from 1)
// so that it takes at most limit columns.
func excerpt(line string, column, length, limit int) shown {
	cells := make([]cell, 0, min(len(line), 4*limit))
	from, to, at := 0, 0, 0 // columns of the underlined part; column reached
	i := 0
	for _, r := range line {
		i++
		c := cell{text: string(visible(r))}
		if r == '\t' {
			c.text = strings.Repeat(" ", tabWidth-at%tabWidth)
		}
		c.width = narrow.StringWidth(c.text)
		if i == column {
			from, to = at, at+c.width
		} else if i > column && i < column+length {
			to = at + c.width
		}
		at += c.width
		cells = append(cells, c)
	}
	if column > i {
		from, to = at, at+1
	}
	left, right := window(from, to, at, limit)
	var b strings.Builder
	indent, col := from, 0
	for _, c := range cells {
		switch {
		case col < left && col+c.width <= left:
			indent -= c.width
		case col >= left && col+c.width <= right:
			b.WriteString(c.text)
		case col < left: // a wide character across the edge
			b.WriteString(strings.Repeat(" ", col+c.width-left))
			indent -= left - col
		}
		col += c.width
	}
	s := shown{text: b.String(), indent: indent, carets: max(min(to, right)-from, 1)}
	if left > 0 {
		s.text, s.indent = "…"+s.text, s.indent+1
	}
	if right < at {
		s.text += "…"
	}
	s.text = strings.TrimRight(s.text, " ")
	return s
}

// window returns the columns of a line of the given width that are shown when
// from..to must be seen and only limit columns are there. Both cut ends leave
// room for an ellipsis.
func window(from, to, width, limit int) (left, right int) {
	if max(width, to) <= limit {
		return 0, width
	}
	limit -= 2
	left = min(max(from-limit/3, 0), max(max(width, to)-limit, 0))
	return left, min(left+limit, max(width, to))
}

// Printable returns text with everything that could act on a terminal replaced:
// control characters by their symbols (␛ for escape), characters that reorder
// the line and invalid UTF-8 by U+FFFD.
func Printable(text string) string {
	for i, r := range text {
		if r == utf8.RuneError || visible(r) != r {
			return text[:i] + strings.Map(visible, text[i:])
		}
	}
	return text
}

// visible maps a character to one that a terminal only prints.
func visible(r rune) rune {
	switch {
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	case r >= 0x80 && r < 0xa0, r == '\u2028', r == '\u2029', unicode.Is(unicode.Bidi_Control, r):
		return utf8.RuneError
	}
	return r
}

// chainEnds is how many links of a long chain are shown at each of its ends.
const chainEnds = 3

// Chain is a chain of calls short enough to read: of a long one the links in the
// middle are replaced by one without a position that counts them.
func Chain(via []Frame) []Frame {
	cut := len(via) - 2*chainEnds
	if cut < 2 {
		return via
	}
	out := append([]Frame(nil), via[:chainEnds]...)
	out = append(out, Frame{What: fmt.Sprintf("… %d more …", cut)})
	return append(out, via[len(via)-chainEnds:]...)
}
