package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"golang.org/x/text/width"
)

// Validation writes the diagnostics of every file and a last line of counts.
// Files without a diagnostic have a line of their own only when timing is true.
func (h Human) Validation(w io.Writer, v *Validation, timing bool) error {
	for i := range v.Files {
		if err := h.File(w, &v.Files[i], timing); err != nil {
			return err
		}
	}
	out := printer{w: w}
	s := v.Summary
	verdict := Pass
	if s.Errors > 0 {
		verdict = Fail
	}
	out.f("%s %s: %d ok, %d with warnings, %d with errors  %s\n", h.verdict(verdict),
		count(s.Files, "file"), s.OK, s.Warnings, s.Errors, h.dim(duration(s.ElapsedUS/1000)))
	return out.err
}

// File writes the diagnostics of one file, and a line with the time of each
// stage when timing is true.
func (h Human) File(w io.Writer, f *File, timing bool) error {
	for i := range f.Diagnostics {
		if err := h.Diagnostic(w, f.Diagnostics[i].Full); err != nil {
			return err
		}
	}
	out := printer{w: w}
	if timing {
		t := f.Timing
		out.f("%s %s\n", line(f.Path), h.dim(fmt.Sprintf(
			"%s  cache %s  read %dµs, hash %dµs, render %dµs, parse %dµs, validate %dµs, total %dµs",
			f.Status, f.Cache, t.Read, t.Hash, t.Render, t.Parse, t.Validate, t.Total)))
	}
	return out.err
}

// Diagnostic writes one complaint: what, where with the line of the file, and
// what to do about it.
func (h Human) Diagnostic(w io.Writer, d diag.Diagnostic) error {
	out := printer{w: w}
	head := d.Severity.String() + "[" + d.Code + "]"
	switch d.Severity {
	case diag.Error:
		head = h.sgr("1;31", head)
	case diag.Warning:
		head = h.sgr("1;33", head)
	default:
		head = h.cyan(head)
	}
	out.f("%s %s\n", head, h.bold(line(d.Message)))
	if d.Pos.File != "" {
		out.f("  %s %s\n", h.dim(h.glyph("┌", "-->")), line(d.Pos.String()))
	}
	bar := h.dim(h.glyph("│", "|"))
	if d.Line != "" && d.Pos.Line > 0 {
		out.f("  %s %s\n", bar, line(d.Line))
		if d.Pos.Column > 0 {
			out.f("  %s %s\n", bar, indent(d.Line, d.Pos.Column)+h.red(strings.Repeat("^", max(1, d.Width))))
		}
	}
	for _, frame := range d.Via {
		out.f("  %s %s %s\n", bar, h.dim(line(frame.What)), line(frame.Pos.String()))
	}
	if d.Hint != "" {
		out.f("  %s %s %s\n", h.dim(h.glyph("└", "=")), h.cyan("hint:"), line(d.Hint))
	}
	out.f("\n")
	return out.err
}

// indent is white space as wide as what stands before column in text, a line
// of the user's file that is shown through line.
func indent(text string, column int) string {
	var b strings.Builder
	n := 1
	for _, r := range text {
		if n >= column {
			break
		}
		n++
		shown := line(string(r))
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case shown != string(r):
			b.WriteString(strings.Repeat(" ", len(shown)))
		case unicode.Is(unicode.Mn, r): // takes no room
		case wide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}
