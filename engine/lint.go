package engine

import (
	"context"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/check"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
)

// Lint is the report of a template's dry run with the rules of style on top:
// what check.Style and template.Result.Unused say and, when
// pure, each use of the dialect beyond plain Tera. Scan has to come first.
func (e *Engine) Lint(ctx context.Context, t *Template, pure bool) report.File {
	all := slices.Clone(t.Diagnostics)
	src := readSource(e.scope, t.Path)
	if _, bad := notText(src); src.err == nil && !bad {
		for _, d := range e.style(ctx, src) {
			all = diag.Add(all, d)
		}
		if pure {
			for _, d := range e.pipeline.template.Extensions(src.path, src.data) {
				all = diag.Add(all, d)
			}
		}
	}
	diag.Sort(all)
	f := e.FileReport(t)
	return report.NewFile(f.Path, f.Cache == "hit", f.Timing, e.typedAll(all))
}

// style collects what is a matter of style in any combination of the matrix, and
// the variables that none of them reads. What does not render or decode has
// worse problems, which the dry run names.
func (e *Engine) style(ctx context.Context, src *source) []diag.Diagnostic {
	cells, err := e.pipeline.template.Cells(ctx, src.path, src.data, e.pipeline.matrix)
	if err != nil {
		return nil
	}
	var out, unused []diag.Diagnostic
	for i, cell := range cells {
		res, err := e.pipeline.template.RenderCell(ctx, src.path, src.data, cell)
		if err != nil {
			return nil
		}
		if i == 0 {
			unused = res.Unused()
		} else {
			unused = both(unused, res)
		}
		file, _ := spec.Decode(src.path, res.Text, locator{res})
		if file == nil {
			return nil
		}
		for _, d := range check.Style(file) {
			out = diag.Add(out, d)
		}
	}
	return append(out, unused...)
}

// both keeps the variables that res does not read either.
func both(unused []diag.Diagnostic, res *template.Result) []diag.Diagnostic {
	others := res.Unused()
	return slices.DeleteFunc(unused, func(d diag.Diagnostic) bool {
		return !slices.ContainsFunc(others, func(o diag.Diagnostic) bool { return o.Pos == d.Pos && o.Message == d.Message })
	})
}
