package template

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
)

// Result is the outcome of a render. It is immutable.
type Result struct {
	// Text is the rendered text. That of a file that is no template shares
	// memory with the source.
	Text []byte
	// Deps are the other files read, and those looked for in vain before them,
	// sorted by path. Files of the built-in library are not among them.
	Deps []Dep
	// Env are the environment variables read, sorted by name.
	Env []EnvRead
	// Volatile says that the clock or randomness was used without a fixed time
	// or seed in [determinism]: the same input may render to another text.
	Volatile bool

	path string
	src  string      // of a file that is no template
	out  *eval.State // nil for a file that is no template
	seen func() seenVars
}

// seenVars are the variables of a render.
type seenVars struct{ all, unused []VarInfo }

// Vars lists the variables that the template could see, sorted by name. They
// are evaluated when this is first called.
func (r *Result) Vars() []VarInfo {
	if r.seen == nil {
		return nil
	}
	return r.seen().all
}

// CodeUnused is the code of a variable that nothing reads.
const CodeUnused = "template-unused-variable"

// Unused warns of the variables of [vars] and [template.vars] that no expression
// has read in this render, in file order. An entry that only its own value
// mentions is unused.
func (r *Result) Unused() []diag.Diagnostic {
	if r.seen == nil || r.out == nil {
		return nil
	}
	lines := strings.Split(r.out.Main.Unit.Src, "\n")
	var out []diag.Diagnostic
	for _, v := range r.seen().unused {
		out = append(out, diag.Diagnostic{
			Severity: diag.Warning, Code: CodeUnused, Message: fmt.Sprintf("no expression reads the variable `%s`", v.Name),
			Pos: diag.Position{File: r.path, Line: v.Line, Column: 1}, Line: strings.TrimSuffix(lines[v.Line-1], "\r"),
			Hint: "remove it, or use it as {{ " + v.Name + " }}",
		})
	}
	diag.Sort(out)
	return out
}

// Dep is another file that the text depends on.
type Dep struct {
	Path   string // relative to the root with slashes; absolute outside it
	Hash   [32]byte
	Exists bool // false: its appearance may change the result
}

// EnvRead is an environment variable that the text depends on.
type EnvRead struct {
	Name, Value string
	Set         bool
}

// VarInfo is a variable and where its value comes from.
type VarInfo struct {
	Name   string
	Value  any
	Origin string // for example "--var", "[vars] line 7", "environment SERVICE_NAME", "default"
	Line   int    // of the template, when it comes from a table there; else 0
}

// Location is where a piece of rendered text comes from.
type Location struct {
	Pos  diag.Position
	Line string // the text of that line of the template
	// Via is the chain of macro calls and includes, innermost first.
	Via []diag.Frame
	// Value says that the text is the value of the expression at Pos; otherwise
	// it was copied from Pos character by character.
	Value bool
}

// Locate finds the source of the byte at offset of Text. An offset beyond the
// end counts as the end.
func (r *Result) Locate(offset int) Location {
	offset = max(0, min(offset, len(r.Text)))
	if r.out == nil {
		pos, line := place(r.path, r.src, offset)
		return Location{Pos: pos, Line: line}
	}
	site, src, value, ok := r.out.Out.Origin(offset)
	if !ok {
		return Location{Pos: diag.Position{File: r.path, Line: 1, Column: 1}}
	}
	p := r.out.Site(site)
	loc := Location{Value: value, Via: frames(r.out.Via(site))}
	loc.Pos, loc.Line = place(p.Name, p.Unit.Src, src)
	return loc
}
