// Package text makes foreign text safe and measurable before it reaches the
// screen.
//
// Program output, file names and messages flow in as raw strings; printable
// strings of known width flow out. A cleaned string holds no control character,
// no escape sequence, no invalid UTF-8, no tab and no character that joins or
// reorders its neighbours, so its width is the sum of the widths of its runes
// on every terminal. The package imports nothing of the project.
package text

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// tabWidth is the distance of tab stops, in cells.
const tabWidth = 4

// widths is the one width table of the dashboard. Ambiguous characters count
// one cell, whatever the locale says, so that a frame is the same everywhere.
var widths = &runewidth.Condition{EastAsianWidth: false, StrictEmojiNeutral: true}

// RuneWidth returns the cells that r takes: 0 for a combining mark, 1 or 2.
// Control characters count 0; Clean removes them.
func RuneWidth(r rune) int {
	if r >= 0x20 && r < 0x7f {
		return 1
	}
	return widths.RuneWidth(r)
}

// Width returns the cells that the cleaned string s takes.
func Width(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			for _, r := range s[i:] {
				n += RuneWidth(r)
			}
			return n
		}
		n++
	}
	return n
}

// Cut returns the longest start of the cleaned string s that fits in w cells.
func Cut(s string, w int) string {
	if len(s) <= w {
		return s
	}
	used := 0
	for i, r := range s {
		rw := RuneWidth(r)
		if used+rw > w {
			return s[:i]
		}
		used += rw
	}
	return s
}

// Skip drops the first w cells of the cleaned string s. Where a wide character
// straddles the cut, a space stands for its second half.
func Skip(s string, w int) string {
	if w <= 0 {
		return s
	}
	used := 0
	for i, r := range s {
		rw := RuneWidth(r)
		if used >= w && rw > 0 {
			return strings.Repeat(" ", used-w) + s[i:]
		}
		used += rw
	}
	if used > w {
		return strings.Repeat(" ", used-w)
	}
	return ""
}

// Shorten fits the cleaned string s into w cells, with ellipsis as the last
// characters where something is missing. An ellipsis that does not fit is left
// out.
func Shorten(s string, w int, ellipsis string) string {
	if Width(s) <= w {
		return s
	}
	ew := Width(ellipsis)
	if ew > w {
		return Cut(s, w)
	}
	return Cut(s, w-ew) + ellipsis
}

// Middle fits the cleaned string s into w cells by leaving out its middle. The
// end gets the larger part: in a path it is the part that tells files apart.
func Middle(s string, w int, ellipsis string) string {
	total := Width(s)
	if total <= w {
		return s
	}
	ew := Width(ellipsis)
	if ew+2 > w {
		return Cut(s, w)
	}
	head := (w - ew) / 3
	tail := w - ew - head
	end := Skip(s, total-tail)
	return Cut(s, head) + ellipsis + end
}

// Pad returns s in exactly w cells: cut, or filled with spaces at its end.
func Pad(s string, w int) string {
	if w <= 0 {
		return ""
	}
	s = Cut(s, w)
	return s + strings.Repeat(" ", w-Width(s))
}

// Wrap breaks the cleaned string s into lines of at most w cells, at spaces
// where it can. It returns at least one line; w below 1 counts as 1.
func Wrap(s string, w int) []string {
	w = max(w, 1)
	var out []string
	for {
		head := Cut(s, w)
		if len(head) == len(s) {
			return append(out, strings.TrimRight(s, " "))
		}
		if head == "" { // one wide character in a single column
			_, n := utf8.DecodeRuneInString(s)
			out, s = append(out, " "), s[n:]
			continue
		}
		rest := s[len(head):]
		if rest[0] != ' ' {
			if i := strings.LastIndexByte(head, ' '); i > 0 {
				head, rest = s[:i], s[i:]
			}
		}
		out = append(out, strings.TrimRight(head, " "))
		s = strings.TrimLeft(rest, " ")
	}
}

// Count writes a number with its noun: "1 check", "7 checks".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
