package report

import (
	"fmt"
	"io"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
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

// Diagnostic writes one complaint and an empty line after it.
func (h Human) Diagnostic(w io.Writer, d diag.Diagnostic) error {
	if err := diag.Format(w, d, diag.FormatOptions{Color: h.Color}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
