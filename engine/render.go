package engine

import (
	"context"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/check"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// Rendering is what a template renders to.
type Rendering struct {
	Text []byte
	Vars []Variable
	// Combinations are the labels of the file's matrix when more than one is
	// left; there is no text then.
	Combinations []string
	// Diagnostics holds the errors of the template; Text is nil when there are
	// any.
	Diagnostics []diag.Diagnostic
}

// Variable is one variable that a template can see, and where its value came
// from. A value that looks like a secret by its name is masked.
type Variable struct {
	Name   string
	Value  any
	Origin string
}

// Render renders the template at path, which is relative to the working
// directory. It does not decode the result.
func (e *Engine) Render(ctx context.Context, path string) Rendering {
	src := readSource(e.scope, e.ProjectPath(path))
	if src.err != nil {
		return Rendering{Diagnostics: []diag.Diagnostic{unreadable(src)}}
	}
	if d, bad := notText(src); bad {
		return Rendering{Diagnostics: []diag.Diagnostic{d}}
	}
	cells, err := e.pipeline.template.Cells(ctx, src.path, src.data, e.pipeline.matrix)
	if err != nil {
		return Rendering{Diagnostics: []diag.Diagnostic{complaint(src.path, err)}}
	}
	var out Rendering
	if len(cells) > 1 {
		for _, c := range cells {
			out.Combinations = append(out.Combinations, c.Label)
		}
		return out
	}
	res, err := e.pipeline.template.RenderCell(ctx, src.path, src.data, cells[0])
	if err != nil {
		out.Diagnostics = []diag.Diagnostic{complaint(src.path, err)}
	}
	if res == nil {
		return out
	}
	if err == nil {
		out.Text = res.Text
	}
	for _, v := range res.Vars() {
		value := v.Value
		if text, ok := value.(string); ok && text != "" && e.pipeline.secrets.Match(v.Name) {
			value = secret.Mask
		}
		out.Vars = append(out.Vars, Variable{Name: v.Name, Value: value, Origin: v.Origin})
	}
	return out
}

// Explain returns the paragraphs that say what a diagnostic code means, and
// whether there is such a code.
func Explain(code string) (string, bool) {
	c, ok := check.Explain(code)
	return c.Text, ok
}

// Codes are the codes of all diagnostics, sorted.
func Codes() []string {
	var out []string
	for _, c := range check.Codes() {
		out = append(out, c.Code)
	}
	slices.Sort(out)
	return out
}
