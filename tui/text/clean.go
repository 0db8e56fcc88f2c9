package text

import (
	"strings"
	"unicode/utf8"
)

// Clean makes a string of any origin printable on one line: escape sequences
// and control characters go, tabs become spaces up to the next stop of
// tabWidth, line breaks become spaces, invalid bytes become U+FFFD. Characters
// that join, modify or reorder others (zero-width joiners, variation
// selectors, skin tones, bidirectional controls) go too: terminals disagree
// about their width, and reordered text can lie about what it says.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	column := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == 0x1b:
			i += escapeLength(s[i:])
			continue
		case c == '\t':
			n := tabWidth - column%tabWidth
			b.WriteString("    "[:n])
			column += n
			i++
			continue
		case c == '\n' || c == '\r' && i+1 < len(s) && s[i+1] != '\n':
			b.WriteByte(' ')
			column++
			i++
			continue
		case c < 0x20 || c == 0x7f:
			i++
			continue
		case c < utf8.RuneSelf:
			b.WriteByte(c)
			column++
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r == 0x9b || r == 0x9d || r == 0x90 { // CSI, OSC and DCS in one character
			i += sequenceLength(s[i:], r == 0x9b)
			continue
		}
		if unsafe(r) {
			continue
		}
		w := RuneWidth(r)
		if w == 0 && column == 0 {
			continue // a mark without a letter to stand on
		}
		b.WriteRune(r)
		column += w
	}
	return b.String()
}

// plain reports whether s is printable ASCII, which most text is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// unsafe reports whether r must not reach a terminal in foreign text.
func unsafe(r rune) bool {
	switch {
	case r < 0xa0: // C1 controls
		return true
	case r == 0xad, r == 0x61c, r == 0x180e, r == 0xfeff:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0x1f3fb && r <= 0x1f3ff, r >= 0xe0000 && r <= 0xe0fff:
		return true
	case r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return false
}

// escapeLength returns the length of the escape sequence at the start of s,
// which begins with ESC. An unfinished sequence reaches to the end of s.
func escapeLength(s string) int {
	if len(s) == 1 {
		return 1
	}
	switch c := s[1]; {
	case c == '[':
		return 2 + sequenceLength(s[2:], true)
	case c == ']' || c == 'P' || c == '^' || c == '_' || c == 'X':
		return 2 + sequenceLength(s[2:], false)
	case c >= 0x20 && c < 0x30: // ESC, intermediate bytes, one final byte
		n := 2
		for n < len(s) && s[n] >= 0x20 && s[n] < 0x30 {
			n++
		}
		if n < len(s) && s[n] < utf8.RuneSelf {
			n++
		}
		return n
	case c >= 0x30 && c < 0x7f:
		return 2
	}
	return 1
}

// sequenceLength returns the length of what follows the introducer of a
// control sequence (csi) or of a control string that ends with BEL or ST.
func sequenceLength(s string, csi bool) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if csi {
			if c >= 0x40 && c < 0x7f {
				return i + 1
			}
			if c < 0x20 || c >= 0x7f {
				return i // broken off: what follows is text again
			}
			continue
		}
		switch {
		case c == 0x07:
			return i + 1
		case c == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case c == '\n':
			return i
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c:
			return i + 2
		}
	}
	return len(s)
}
