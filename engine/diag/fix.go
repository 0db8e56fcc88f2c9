package diag

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fix is a change to the user's file that certainly mends what a diagnostic
// complains about. It is only offered where there is nothing to guess, and where
// the text at fault stands in the file as it is complained about, not as the
// value of a template tag.
type Fix struct {
	Title string // what it does, in a few words: "rename `imgae` to `image`"
	Edits []Edit // in one file, that of the diagnostic; they do not overlap
}

// Edit replaces a piece of one line. Old is what stands there: an edit whose Old
// is not found at its place belongs to another version of the file.
type Edit struct {
	Line, Column int // from 1, Column in characters; a byte order mark is none
	Old          string
	New          string // a line break in it is written as those of the file are
}

// Apply returns text with the edits of f done and every other byte kept. The
// error says that text is not what f was made for; text is then unchanged.
func (f *Fix) Apply(text []byte) ([]byte, error) {
	type change struct {
		off, end int
		text     string
	}
	changes := make([]change, 0, len(f.Edits))
	lines := lineStarts(text)
	for _, e := range f.Edits {
		if e.Line < 1 || e.Line > len(lines) {
			return text, fmt.Errorf("there is no line %d", e.Line)
		}
		off := lines[e.Line-1]
		if e.Line == 1 && bytes.HasPrefix(text, []byte(mark)) {
			off += len(mark)
		}
		for range e.Column - 1 {
			_, size := utf8.DecodeRune(text[off:])
			off += size
		}
		if !bytes.HasPrefix(text[off:], []byte(e.Old)) {
			return text, fmt.Errorf("line %d does not read %q at column %d", e.Line, e.Old, e.Column)
		}
		with := e.New
		if bytes.Contains(text, []byte("\r\n")) {
			with = strings.ReplaceAll(with, "\n", "\r\n")
		}
		changes = append(changes, change{off, off + len(e.Old), with})
	}
	slices.SortFunc(changes, func(a, b change) int { return a.off - b.off })
	out := make([]byte, 0, len(text)+64)
	done := 0
	for _, c := range changes {
		if c.off < done {
			return text, fmt.Errorf("the changes of %q overlap", f.Title)
		}
		out = append(append(out, text[done:c.off]...), c.text...)
		done = c.end
	}
	return append(out, text[done:]...), nil
}

// mark is the UTF-8 byte order mark.
const mark = "\ufeff"

// lineStarts returns the offset of the first byte of every line.
func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
