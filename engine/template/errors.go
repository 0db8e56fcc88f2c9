package template

import (
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
)

// Error is a failure to render, with its place in the file that the user edits.
//
// Codes: template-syntax, template-undefined, template-function,
// template-include, template-limit, template-throw, template-eval.
type Error struct {
	diagnostic diag.Diagnostic
	err        error
}

// Diagnostic returns the complaint. Pos is in the file where the fault is, Via
// the calls and includes that led there, innermost first.
func (e *Error) Diagnostic() diag.Diagnostic { return e.diagnostic }

// Error returns "file:line:col: message".
func (e *Error) Error() string { return e.diagnostic.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// diagnose turns an error of the packages below into an *Error.
func (r *render) diagnose(err error) error {
	e, ok := err.(*eval.Error)
	if !ok {
		return &Error{diag.Diagnostic{Severity: diag.Error, Code: eval.CodeEval, Message: err.Error()}, err}
	}
	if d, ok := r.broken(e); ok {
		return &Error{d, err}
	}
	d := diag.Diagnostic{Severity: diag.Error, Code: e.Code, Message: e.Msg, Hint: e.Hint}
	d.Pos, d.Line = place(e.Prog.Name, e.Prog.Unit.Src, e.Off)
	d.Width = width(d.Line, d.Pos.Column, e.Prog.Unit.Src, e.Off, e.End)
	if e.Code != eval.CodeLimit && strings.HasPrefix(strings.TrimSpace(d.Line), "#") {
		d.Hint = strings.TrimPrefix(d.Hint+"; tags in TOML comments are rendered too: {# #} and {% raw %} hide them", "; ")
	}
	d.Via = frames(e.Via)
	return &Error{d, err}
}

// width counts the characters from off to end that stand on the first line.
func width(line string, column int, src string, off, end int) int {
	if end <= off || end > len(src) {
		return 1
	}
	part, _, _ := strings.Cut(src[off:end], "\n")
	return max(1, min(utf8.RuneCountInString(part), utf8.RuneCountInString(line)-column+1))
}

// frames turns a chain of calls into positions.
func frames(via []eval.Frame) []diag.Frame {
	var out []diag.Frame
	for _, f := range via {
		pos, _ := place(f.Prog.Name, f.Prog.Unit.Src, f.Off)
		out = append(out, diag.Frame{What: f.What, Pos: pos})
	}
	return out
}

// place computes the position of an offset, and the text of its line.
func place(name, src string, off int) (diag.Position, string) {
	off = max(0, min(off, len(src)))
	start := strings.LastIndexByte(src[:off], '\n') + 1
	line, _, _ := strings.Cut(src[start:], "\n")
	return diag.Position{
		File:   name,
		Line:   1 + strings.Count(src[:start], "\n"),
		Column: 1 + utf8.RuneCountInString(src[start:off]),
	}, strings.TrimSuffix(line, "\r")
}
