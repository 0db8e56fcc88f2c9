// Package diag holds the one type for every complaint about a file that the
// user edits, from the template lexer to the judge of a run.
//
// Every layer appends diagnostics; one place prints them. A position is always
// a position in the file that the user edits (the template, or the macro file),
// never in rendered text. The package imports nothing of the project.
package diag

import (
	"fmt"
	"sort"
)

// Severity says what a diagnostic does to a verdict.
type Severity uint8

// The severities, from harmless to failing.
const (
	Info    Severity = iota // worth knowing, never fails anything
	Warning                 // fails under --strict
	Error                   // the file cannot be run as it stands
)

// String returns the word that machine-readable output uses.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	default:
		return "error"
	}
}

// Position is a place in a file that the user edits. Line and Column count from
// 1, Column in characters (runes). The zero Line means "the file as a whole".
type Position struct {
	File   string
	Line   int
	Column int
}

// String prints the position as file:line:column, the form that editors and
// terminals turn into a link; parts that are unknown are left out.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Frame is one link of the chain that led to a position: a macro call, an
// include, the loop that produced a line.
type Frame struct {
	What string // for example "in macro m::span" or "included"
	Pos  Position
}

// String tells the link in words.
func (f Frame) String() string {
	if f.Pos.File == "" {
		return f.What
	}
	return f.What + " at " + f.Pos.String()
}

// Diagnostic is one complaint.
type Diagnostic struct {
	Severity Severity
	Code     string // stable, kebab-case, for example "template-undefined"
	Message  string // one sentence without a trailing full stop
	Pos      Position
	Width    int     // characters to underline from Pos.Column; 0 means one
	Line     string  // the text of the offending line, without its line break
	Hint     string  // what to do about it; empty when nothing certain can be said
	Via      []Frame // innermost first
	Fix      *Fix    // nil unless there is a change that certainly mends it
}

// Error makes a Diagnostic an error: "file:line:col: message".
func (d Diagnostic) Error() string {
	if d.Pos.File == "" {
		return d.Message
	}
	return d.Pos.String() + ": " + d.Message
}

// Sort orders diagnostics by file, line and column, keeping the order of equals.
func Sort(ds []Diagnostic) {
	sort.SliceStable(ds, func(i, j int) bool {
		a, b := ds[i].Pos, ds[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// Count returns the number of errors and warnings in ds.
func Count(ds []Diagnostic) (errors, warnings int) {
	for i := range ds {
		switch ds[i].Severity {
		case Error:
			errors++
		case Warning:
			warnings++
		}
	}
	return errors, warnings
}
