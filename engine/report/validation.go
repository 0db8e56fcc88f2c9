package report

import (
	"time"

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

	Full diag.Diagnostic `json:"-"`
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
			File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Column, Hint: d.Hint, Full: d,
		})
	}
	return f
}
