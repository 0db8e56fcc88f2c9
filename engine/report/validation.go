package report

import (
	"time"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// ValidationSchema names the version of the object that Validation encodes to.
const ValidationSchema = "clnrm.validate/1"

// Validation is the result of a dry run over files. Make it with NewValidation.
type Validation struct {
	Schema  string            `json:"schema"`
	Files   []File            `json:"files"`
	Summary ValidationSummary `json:"summary"`
}

// File is the result of the dry run of one file.
type File struct {
	Path        string       `json:"path"`   // relative to the project, with slashes
	Status      string       `json:"status"` // "ok", "warning" or "error"
	Cache       string       `json:"cache"`  // "hit" or "miss"
	Timing      Timing       `json:"timing_us"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Timing is how long each stage of a dry run took, in microseconds.
type Timing struct {
	Read     int64 `json:"read"`
	Hash     int64 `json:"hash"`
	Render   int64 `json:"render"`
	Parse    int64 `json:"parse"`
	Validate int64 `json:"validate"`
	Total    int64 `json:"total"`
}

// Diagnostic is one complaint as JSON shows it; Full is all that is known.
type Diagnostic struct {
	Severity string `json:"severity"` // "error", "warning" or "info"
	Code     string `json:"code"`
	Message  string `json:"message"`
	File     string `json:"file"`
	Line     int    `json:"line"`   // from 1; 0 means the file as a whole
	Column   int    `json:"column"` // in characters, from 1; 0 means the whole line
	Hint     string `json:"hint"`
	Fix      *Fix   `json:"fix,omitempty"` // a change that surely puts it right

	Full diag.Diagnostic `json:"-"`
}

// Fix is a change of the file of a diagnostic: its edits belong together.
type Fix struct {
	Title string `json:"title"`
	Edits []Edit `json:"edits"`
}

// Edit replaces a piece of one line. It must only be done while Old stands there.
type Edit struct {
	Line      int    `json:"line"`       // from 1
	Column    int    `json:"column"`     // in characters, from 1
	EndColumn int    `json:"end_column"` // the one behind the piece
	Old       string `json:"old"`
	New       string `json:"new"`
}

func newFix(f *diag.Fix) *Fix {
	if f == nil || len(f.Edits) == 0 {
		return nil
	}
	fix := &Fix{Title: f.Title, Edits: make([]Edit, len(f.Edits))}
	for i, e := range f.Edits {
		fix.Edits[i] = Edit{e.Line, e.Column, e.Column + utf8.RuneCountInString(e.Old), e.Old, e.New}
	}
	return fix
}

// ValidationSummary counts files by their status.
type ValidationSummary struct {
	Files     int   `json:"files"`
	OK        int   `json:"ok"`
	Warnings  int   `json:"warnings"`
	Errors    int   `json:"errors"`
	ElapsedUS int64 `json:"elapsed_us"`
}

// NewValidation makes the report of a dry run, keeping the order of files.
func NewValidation(files []File, elapsed time.Duration) *Validation {
	v := &Validation{Schema: ValidationSchema, Files: orEmpty(files)}
	v.Summary = ValidationSummary{Files: len(files), ElapsedUS: elapsed.Microseconds()}
	for i := range files {
		switch files[i].Status {
		case "ok":
			v.Summary.OK++
		case "warning":
			v.Summary.Warnings++
		default:
			v.Summary.Errors++
		}
	}
	return v
}

// NewFile makes the report of one file; its status is that of its worst
// diagnostic.
func NewFile(path string, cached bool, timing Timing, ds []diag.Diagnostic) File {
	f := File{Path: path, Status: "ok", Cache: "miss", Timing: timing, Diagnostics: make([]Diagnostic, 0, len(ds))}
	if cached {
		f.Cache = "hit"
	}
	switch errors, warnings := diag.Count(ds); {
	case errors > 0:
		f.Status = "error"
	case warnings > 0:
		f.Status = "warning"
	}
	for _, d := range ds {
		f.Diagnostics = append(f.Diagnostics, Diagnostic{
			Severity: d.Severity.String(), Code: d.Code, Message: d.Message,
			File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column, Hint: d.Hint, Fix: newFix(d.Fix), Full: d,
		})
	}
	return f
}
