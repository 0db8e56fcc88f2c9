package spec

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Locator maps a byte offset of the rendered text to the file that the user
// edits: the position, the text of that line without its line break, and the
// chain of macro calls and includes that produced the byte, innermost first.
// Offsets outside the text are clamped to it. Implementations are safe for
// concurrent use.
type Locator interface {
	Locate(offset int) (pos diag.Position, line string, via []diag.Frame)
}

// plainText locates in a file that was not rendered from a template.
type plainText struct {
	path  string
	text  string
	lines []int // offset of the first byte of every line
}

// PlainText returns the Locator of a file that is its own source. A byte order
// mark at the start does not count as a column.
func PlainText(path string, text []byte) Locator {
	p := &plainText{path: path, text: string(text)}
	p.lines = make([]int, 1, 1+bytes.Count(text, []byte{'\n'}))
	for i := 0; i < len(text); i++ {
		j := bytes.IndexByte(text[i:], '\n')
		if j < 0 {
			break
		}
		i += j
		p.lines = append(p.lines, i+1)
	}
	return p
}

func (p *plainText) Locate(offset int) (diag.Position, string, []diag.Frame) {
	offset = min(max(offset, 0), len(p.text))
	n := sort.SearchInts(p.lines, offset+1) - 1
	start, end := p.lines[n], len(p.text)
	if n+1 < len(p.lines) {
		end = p.lines[n+1] - 1
	}
	if end > start && p.text[end-1] == '\r' {
		end--
	}
	if start == 0 {
		start = min(len(bomOf(p.text)), end)
	}
	column := 1 + utf8.RuneCountInString(p.text[start:min(max(offset, start), end)])
	return diag.Position{File: p.path, Line: n + 1, Column: column}, p.text[start:end], nil
}

// bom is the UTF-8 byte order mark, which some Windows editors write first.
const bom = "\ufeff"

// bomOf returns the byte order mark at the start of text, or "".
func bomOf(text string) string {
	if len(text) >= len(bom) && text[:len(bom)] == bom {
		return bom
	}
	return ""
}
