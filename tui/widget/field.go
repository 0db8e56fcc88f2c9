package widget

import (
	"slices"
	"unicode"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Field is a line of text that is edited. The zero Field is empty.
type Field struct {
	runes  []rune
	cursor int // before this rune
}

// NewField returns a field with a text and the cursor at its end.
func NewField(s string) *Field {
	r := []rune(s)
	return &Field{runes: r, cursor: len(r)}
}

// String returns the text.
func (f *Field) String() string { return string(f.runes) }

// Insert puts text at the cursor. What cannot be printed is left out.
func (f *Field) Insert(runes []rune) {
	clean := []rune(text.Clean(string(runes)))
	f.runes = slices.Insert(f.runes, f.cursor, clean...)
	f.cursor += len(clean)
}

// Key edits by a key as bubbletea names it, and reports whether it did. The
// keys are those of readline.
func (f *Field) Key(k string) bool {
	switch k {
	case "left", "ctrl+b":
		f.cursor = max(f.cursor-1, 0)
	case "right", "ctrl+f":
		f.cursor = min(f.cursor+1, len(f.runes))
	case "home", "ctrl+a":
		f.cursor = 0
	case "end", "ctrl+e":
		f.cursor = len(f.runes)
	case "backspace", "ctrl+h":
		f.remove(max(f.cursor-1, 0), f.cursor)
	case "delete", "ctrl+d":
		f.remove(f.cursor, min(f.cursor+1, len(f.runes)))
	case "ctrl+u":
		f.remove(0, f.cursor)
	case "ctrl+k":
		f.remove(f.cursor, len(f.runes))
	case "ctrl+w", "alt+backspace":
		f.remove(f.wordStart(), f.cursor)
	default:
		return false
	}
	return true
}

// wordStart is the start of the word before the cursor.
func (f *Field) wordStart() int {
	i := f.cursor
	for i > 0 && unicode.IsSpace(f.runes[i-1]) {
		i--
	}
	for i > 0 && !unicode.IsSpace(f.runes[i-1]) {
		i--
	}
	return i
}

// remove deletes a range and leaves the cursor at its start.
func (f *Field) remove(from, to int) {
	f.runes = slices.Delete(f.runes, from, to)
	f.cursor = from
}

// Draw shows the field in a region of one row, with the cursor as a cell in
// another style; the text scrolls so that the cursor is visible.
func (f *Field) Draw(r grid.Region, style, cursor grid.Style) {
	before := text.Width(string(f.runes[:f.cursor]))
	skip := max(before-r.W+1, 0)
	r.Text(-skip, 0, style, string(f.runes))
	under := " "
	if f.cursor < len(f.runes) {
		under = string(f.runes[f.cursor])
	}
	r.Text(before-skip, 0, cursor, under)
}
