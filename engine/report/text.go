package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible makes s harmless on a terminal and in a line-based format: control
// characters, invalid UTF-8 and characters that reorder or hide text become
// escapes that can be read. A tab stays; a line break stays only when lines is
// true.
func visible(s string, lines bool) string {
	clean := func(r rune) bool {
		return r == '\t' || lines && r == '\n' || printable(r)
	}
	bad := strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !clean(r) })
	if bad < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case clean(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += size
	}
	return b.String()
}

// printable reports whether r shows as itself: no control or format character
// (unicode class C), no line or paragraph separator.
func printable(r rune) bool {
	const zeroWidthJoiner = '\u200d' // holds emoji together
	return !unicode.Is(unicode.C, r) && r != '\u2028' && r != '\u2029' || r == zeroWidthJoiner
}

// line is visible on one line.
func line(s string) string { return visible(s, false) }

// lines splits s into visible lines; a line break at the end adds none.
func lines(s string) []string {
	s = strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	if s == "" {
		return nil
	}
	return strings.Split(visible(s, true), "\n")
}

// at is the place of the expectation, "" when unknown.
func (f *Failure) at() string {
	switch {
	case f.File == "" || f.Line == 0:
		return f.File
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
}

// seconds prints milliseconds as seconds with three decimals.
func seconds(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }
