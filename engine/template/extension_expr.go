package template

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// The places in which an expression stands differ in what Tera reads there:
// value, logic, operand and container name them from the widest to the narrowest.

// value walks an expression where Tera takes any expression or one array: an
// output tag, `set`, an argument.
func (w *pureFile) value(e *syntax.Expr) {
	if a, ok := e.Val.(*syntax.Array); ok && !e.Neg && !w.parenthesised(e) {
		w.array(a)
		w.filters(e)
		return
	}
	w.logic(e)
}

// container walks what a loop runs over, or stands to the right of `in`.
func (w *pureFile) container(e *syntax.Expr) { w.value(e) }

// array walks the items of an array.
func (w *pureFile) array(a *syntax.Array) {
	for _, item := range a.Items {
		w.logic(item)
	}
}

// logic walks an operand of `and` and `or`, or a whole expression. Parentheses
// are Tera's own here as long as neither `not` nor a filter belongs to them.
func (w *pureFile) logic(e *syntax.Expr) {
	if w.parenthesised(e) && !w.arithmetic(e) {
		if e.Neg || len(e.Filters) > 0 {
			w.parens(e)
		}
		w.inside(e)
		return
	}
	w.core(e)
}

// operand walks a side of a comparison, of arithmetic, or of `~`.
func (w *pureFile) operand(e *syntax.Expr) {
	if w.parenthesised(e) && !w.arithmetic(e) {
		w.parens(e)
		w.inside(e)
		return
	}
	w.core(e)
}

func (w *pureFile) parens(e *syntax.Expr) {
	w.report(e.Off, e.End, "put the part in parentheses into a variable with `set` first", "parentheses around this")
}

// inside walks what stands in parentheses.
func (w *pureFile) inside(e *syntax.Expr) {
	if g, ok := e.Val.(*syntax.Group); ok {
		w.logic(g.X)
		w.filters(e)
		return
	}
	w.core(e)
}

// parenthesised reports whether e itself stands in parentheses, rather than its
// first operand.
func (w *pureFile) parenthesised(e *syntax.Expr) bool {
	if w.file.src[e.Off] != '(' {
		return false
	}
	first := -1
	switch v := e.Val.(type) {
	case *syntax.Math:
		first = v.L.Off
	case *syntax.Logic:
		first = v.L.Off
	case *syntax.In:
		first = v.L.Off
	case *syntax.Concat:
		first = v.Parts[0].Off
	case *syntax.Cond:
		first = v.Then.Off
	}
	return e.Off != first
}

// arithmetic reports whether e is what Tera reads in parentheses anywhere in
// arithmetic: numbers, variables, calls, tests, and operators between them,
// without filters.
func (w *pureFile) arithmetic(e *syntax.Expr) bool {
	switch v := e.Val.(type) {
	case *syntax.Lit:
		_, text := v.V.(string)
		return !text
	case *syntax.Path, *syntax.Call, *syntax.MacroCall, *syntax.Test:
		return true
	case *syntax.Math:
		return bare(v.L) && bare(v.R) && w.arithmetic(v.L) && w.arithmetic(v.R)
	}
	return false
}

func bare(e *syntax.Expr) bool { return len(e.Filters) == 0 && !e.Neg }

// core walks the parts of an expression, whatever stands around it.
func (w *pureFile) core(e *syntax.Expr) {
	switch v := e.Val.(type) {
	case *syntax.Path:
		// With a default Tera reads it too, as a variable that is not there.
		if syntax.IsNone(v) && !w.bound[v.Name] && !e.HasDefault() {
			w.report(v.Off, v.End, "test with `is defined`, or use an empty string", "the literal `%s`", v.Name)
		}
		w.path(v)
	case *syntax.Call:
		w.call(e, v)
	case *syntax.MacroCall:
		w.macroCall(v)
	case *syntax.Test:
		w.path(v.Path)
		for _, a := range v.Args {
			w.value(a)
		}
	case *syntax.Math:
		w.operand(v.L)
		w.operand(v.R)
	case *syntax.Logic:
		walk := w.operand
		if v.Op == syntax.Or || v.Op == syntax.And {
			walk = w.logic
		}
		walk(v.L)
		walk(v.R)
	case *syntax.In:
		w.operand(v.L)
		w.container(v.R)
	case *syntax.Concat:
		w.concat(v)
	case *syntax.Array:
		w.report(e.Off, e.End, "put the array into a variable with `set` first", "an array in this place")
		w.array(v)
	case *syntax.Object:
		w.report(e.Off, e.End, "pass the values one by one, or define the table under [vars]", "an object literal")
		for _, x := range v.Vals {
			w.value(x)
		}
	case *syntax.Group:
		w.logic(v.X)
	case *syntax.Cond:
		w.report(v.If.Off, v.If.End, "write {% if … %}…{% else %}…{% endif %}", "an inline `if`")
		for _, x := range []*syntax.Expr{v.Then, v.If, v.Else} {
			if x != nil {
				w.value(x)
			}
		}
	}
	w.filters(e)
}

func (w *pureFile) concat(v *syntax.Concat) {
	for _, part := range v.Parts {
		switch x := part.Val.(type) {
		case *syntax.MacroCall:
			w.report(x.Off, x.End, "put the result into a variable with `set` first", "a macro call beside `~`")
		case *syntax.Math, *syntax.Logic, *syntax.Group, *syntax.Concat, *syntax.Cond, *syntax.In:
			w.parens(part)
		}
		w.core(part)
	}
}

func (w *pureFile) filters(e *syntax.Expr) {
	for _, f := range e.Filters {
		w.filter(f)
	}
}

func (w *pureFile) filter(f *syntax.Call) {
	w.args(f, "filter", w.engine.table.Filters[f.Name].Params)
}

func (w *pureFile) call(e *syntax.Expr, c *syntax.Call) {
	fn, known := w.engine.table.Functions[c.Name]
	if m := w.unit.Macros[c.Name]; !known && m != nil {
		w.report(c.Off, c.End, "write self::"+c.Name+"(…)", "a macro of this file called without `self::`")
		w.macroArgs(c.Args, m)
		return
	}
	w.args(c, "function", fn.Params)
	if (c.Name == "env" || c.Name == "get_env") && e.HasDefault() && !named(c.Args, "default") {
		f := e.Filters[0]
		w.report(f.Off, f.End, "write "+c.Name+"(name=…, default=…)", "`default` for an environment variable that is not set")
	}
}

func named(args []syntax.Arg, name string) bool {
	for _, a := range args {
		if a.Name == name {
			return true
		}
	}
	return false
}

// args walks the arguments of a filter or function.
func (w *pureFile) args(c *syntax.Call, kind string, params []string) {
	for i, a := range c.Args {
		if a.Name == "" {
			name := "name"
			if i < len(params) {
				name = params[i]
			} else if c.Name == "default" {
				name = "value"
			}
			w.report(a.Off, a.Val.End, fmt.Sprintf("write %s=%s", name, w.short(a.Val)), "an argument of the %s `%s` by position", kind, c.Name)
		}
		w.value(a.Val)
	}
}

func (w *pureFile) macroCall(c *syntax.MacroCall) {
	var m *syntax.Macro
	if u := w.spaces[c.Ns]; u != nil {
		m = u.Macros[c.Name]
	}
	w.macroArgs(c.Args, m)
}

// macroArgs walks the arguments of a call of m, which is nil when it is unknown.
func (w *pureFile) macroArgs(args []syntax.Arg, m *syntax.Macro) {
	for i, a := range args {
		if a.Name == "" {
			name := "name"
			if m != nil && i < len(m.Params) {
				name = m.Params[i].Name
			}
			w.report(a.Off, a.Val.End, fmt.Sprintf("write %s=%s", name, w.short(a.Val)), "an argument of a macro by position")
		}
		w.value(a.Val)
	}
}

// maxShort bounds an expression in a hint, in bytes.
const maxShort = 40

// short is the text of an expression for a hint.
func (w *pureFile) short(e *syntax.Expr) string {
	text := w.file.src[e.Off:e.End]
	if len(text) > maxShort || strings.Contains(text, "\n") {
		return "…"
	}
	return text
}

func (w *pureFile) path(p *syntax.Path) {
	if spaced(p.Text) {
		w.report(p.Off, p.End, "write "+strings.Join(strings.Fields(p.Text), ""), "white space inside of brackets")
	}
	for _, word := range []string{"true", "True", "false", "False"} {
		if len(p.Name) > len(word) && strings.HasPrefix(p.Name, word) {
			w.report(p.Off, p.End, "give the variable another name", "a name that begins with `%s`", word)
		}
	}
	for _, s := range p.Steps {
		if s.Sub != nil {
			w.path(s.Sub)
		}
	}
}

// spaced reports whether white space stands in a path outside of its quotes.
func spaced(text string) bool {
	var quote rune
	for _, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case strings.ContainsRune("\"'`", c):
			quote = c
		case strings.ContainsRune(" \t\r\n", c):
			return true
		}
	}
	return false
}
