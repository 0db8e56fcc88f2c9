package eval

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// undefined is the error for a variable that does not exist, with the nearest
// name that does.
func (s *State) undefined(p *syntax.Path) *Error {
	name := p.Text
	e := s.fail(CodeUndefined, p.Off, p.End, "undefined variable `%s`", name)
	if s.Quiet {
		return e
	}
	keys, err := s.keys(p)
	if err != nil {
		return e
	}
	for n := len(keys) - 1; n >= 0; n-- {
		if v, ok := s.lookup(p.Name, keys[:n], -1); ok {
			s.explainStep(e, p, keys, n, v)
			return e
		}
	}
	e.Hint = diag.DidYouMean(p.Name, s.visible())
	if e.Hint == "" {
		e.Hint = "define it under [vars], pass it with --var " + p.Name + "=…, or give it a default: `" + name + ` | default(value="…")` + "`"
	}
	return e
}

// explainStep says which step of p failed: v is what the first n keys reach.
func (s *State) explainStep(e *Error, p *syntax.Path, keys []string, n int, v any) {
	if evaluated := p.Name + "." + strings.Join(keys, "."); strings.Contains(p.Text, "[") && evaluated != p.Text {
		e.Msg += " (evaluated: `" + evaluated + "`)"
	}
	switch v := v.(type) {
	case map[string]any:
		e.Hint = diag.DidYouMean(keys[n], value.Keys(v))
		if e.Hint == "" && len(v) > 0 && len(v) <= 12 {
			e.Hint = "it has: " + strings.Join(value.Keys(v), ", ")
		}
	case []any:
		e.Hint = "it is an array of " + value.NumberText(int64(len(v))) + ", counted from 0"
	default:
		e.Hint = "`" + strings.Join(append([]string{p.Name}, keys[:n]...), ".") + "` is " + value.Kind(v)
	}
}

// visible lists the names of variables that an expression here could use.
func (s *State) visible() []string {
	var names []string
	for i := len(s.frames) - 1; i >= 0; i-- {
		f := &s.frames[i]
		for _, b := range f.vars {
			names = append(names, b.name)
		}
		if f.loop != nil {
			names = append(names, f.loop.value)
			if f.loop.key != "" {
				names = append(names, f.loop.key)
			}
		}
		if f.kind == frameMacro {
			break
		}
	}
	names = append(names, s.Vars.Names()...)
	slices.Sort(names)
	return slices.Compact(names)
}

// args evaluates the arguments of c, a filter or function as kind says; params
// name those given by position. They are to be released after the call.
func (s *State) args(c *syntax.Call, params []string, kind string) (*builtin.Args, error) {
	list := c.Args
	if len(list) == 0 {
		return nil, nil
	}
	var out *builtin.Args
	if n := len(s.spareArgs); n > 0 {
		out, s.spareArgs = s.spareArgs[n-1], s.spareArgs[:n-1]
	} else {
		out = &builtin.Args{}
	}
	for i := range list {
		a := &list[i]
		name := a.Name
		if name == "" {
			if i >= len(params) {
				return nil, s.fail(CodeFunction, a.Off, a.Val.End, "%s `%s` takes %d arguments by position", kind, c.Name, len(params))
			}
			name = params[i]
		}
		v, err := s.safe(a.Val)
		if err != nil {
			return nil, err
		}
		out.Add(name, v)
	}
	return out, nil
}

// release takes arguments back for another call.
func (s *State) release(a *builtin.Args) {
	if a != nil {
		a.Reset()
		s.spareArgs = append(s.spareArgs, a)
	}
}

func (s *State) filter(v any, f *syntax.Call) (any, error) {
	fn, ok := s.Table.Filters[f.Name]
	if !ok {
		e := s.fail(CodeFunction, f.Off, f.End, "unknown filter `%s`", f.Name)
		e.Hint = diag.DidYouMean(f.Name, slices.Sorted(maps.Keys(s.Table.Filters)))
		return nil, e
	}
	args, err := s.args(f, fn.Params, "filter")
	if err != nil {
		return nil, err
	}
	out, err := fn.Fn(s.Host, v, args)
	s.release(args)
	if err != nil {
		return nil, s.failed("filter", f, err)
	}
	return out, s.spend(out, f.Off, f.End)
}

// failed wraps the error of a filter or function.
func (s *State) failed(kind string, c *syntax.Call, err error) error {
	if t := (*builtin.Thrown)(nil); errors.As(err, &t) {
		return s.fail(CodeThrow, c.Off, c.End, "%s", t.Message)
	}
	e := s.fail(CodeFunction, c.Off, c.End, "%s `%s`: %v", kind, c.Name, err)
	e.Err = err
	if errors.Is(err, builtin.ErrNotSet) {
		e.Code = CodeUndefined
		e.Hint = "set it, or put `| default(value=\"…\")` behind the call"
	}
	return e
}

// call evaluates a function. A `default` as first filter of e replaces null and
// an environment variable that is not set.
func (s *State) call(e *syntax.Expr, c *syntax.Call) (any, error) {
	fn, ok := s.Table.Functions[c.Name]
	if !ok {
		if m := s.prog.Unit.Macros[c.Name]; m != nil {
			return s.macroText(&syntax.MacroCall{Ns: "self", Name: c.Name, Off: c.Off, End: c.End, Args: c.Args})
		}
		err := s.fail(CodeFunction, c.Off, c.End, "unknown function `%s`", c.Name)
		err.Hint = diag.DidYouMean(c.Name, append(slices.Sorted(maps.Keys(s.Table.Functions)), slices.Sorted(maps.Keys(s.prog.Unit.Macros))...))
		return nil, err
	}
	args, err := s.args(c, fn.Params, "function")
	if err != nil {
		return nil, err
	}
	v, err := fn.Fn(s.Host, args)
	s.release(args)
	if e.HasDefault() && (err == nil && v == nil || errors.Is(err, builtin.ErrNotSet)) {
		return s.defaultValue(e)
	}
	if err != nil {
		return nil, s.failed("function", c, err)
	}
	return v, s.spend(v, c.Off, c.End)
}

// test evaluates `path is name(args)`.
func (s *State) test(t *syntax.Test) (bool, error) {
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		v, err := s.safe(a)
		if err != nil {
			return false, err
		}
		args[i] = v
	}
	v, lookupErr := s.path(t.Path)
	if t.Name == "defined" || t.Name == "undefined" {
		if len(args) > 0 {
			return false, s.fail(CodeFunction, t.Off, t.End, "test `%s` takes no arguments", t.Name)
		}
		return (lookupErr == nil) == (t.Name == "defined") != t.Neg, nil
	}
	fn, ok := s.Table.Tests[t.Name]
	if !ok {
		e := s.fail(CodeFunction, t.Off, t.End, "unknown test `%s`", t.Name)
		e.Hint = diag.DidYouMean(t.Name, append(slices.Sorted(maps.Keys(s.Table.Tests)), "defined", "undefined"))
		return false, e
	}
	if lookupErr != nil {
		if lookupErr == errNoVariable {
			return false, s.undefined(t.Path)
		}
		return false, lookupErr
	}
	b, err := fn(v, args)
	if err != nil {
		return false, s.fail(CodeFunction, t.Off, t.End, "test `%s`: %v", t.Name, err)
	}
	return b != t.Neg, nil
}

// macroText calls a macro and returns what it writes.
func (s *State) macroText(c *syntax.MacroCall) (any, error) {
	out := s.Out
	s.Out = &Output{limit: out.limit, site: out.site}
	err := s.macro(c)
	if err == nil {
		err = s.outputErr()
	}
	text := string(s.Out.Buf)
	s.Out = out
	if err != nil {
		return "", err
	}
	return text, s.spend(text, c.Off, c.End)
}

// macro calls a macro; its text goes to the output.
func (s *State) macro(c *syntax.MacroCall) error {
	prog, m, err := s.findMacro(c)
	if err != nil {
		return err
	}
	// A condition may go on after an error, so the list is put back either way.
	first := len(s.params)
	mark := s.mark()
	err = s.bindParams(c, m)
	if err == nil {
		err = s.deeper(c.Off, c.End)
	}
	if err != nil {
		s.params = s.params[:first]
		return err
	}
	s.enterSite(prog, c.Off, c.End, c)
	f := s.push(frameMacro, nil)
	f.vars = append(f.vars, s.params[first:]...)
	s.params = s.params[:first]
	err = prog.Macros[m].Run(s)
	s.reset(mark)
	return err
}

func (s *State) findMacro(c *syntax.MacroCall) (*Program, *syntax.Macro, error) {
	prog := s.prog.Spaces[c.Ns]
	if prog == nil {
		e := s.fail(CodeFunction, c.Off, c.End, "unknown macro namespace `%s`", c.Ns)
		e.Hint = diag.DidYouMean(c.Ns, slices.Sorted(maps.Keys(s.prog.Spaces)))
		if e.Hint == "" {
			e.Hint = "import it: {% import \"_macros.toml.tera\" as " + c.Ns + " %}"
		}
		return nil, nil, e
	}
	m := prog.Unit.Macros[c.Name]
	if m == nil {
		e := s.fail(CodeFunction, c.Off, c.End, "unknown macro `%s::%s`", c.Ns, c.Name)
		names := slices.Sorted(maps.Keys(prog.Unit.Macros))
		if e.Hint = diag.DidYouMean(c.Name, names); e.Hint == "" && len(names) > 0 {
			e.Hint = prog.Name + " has: " + strings.Join(names, ", ")
		}
		return nil, nil, e
	}
	return prog, m, nil
}

// bindParams evaluates the arguments of a macro call and appends them to
// s.params: by position first, then by name; unknown names are ignored.
func (s *State) bindParams(c *syntax.MacroCall, m *syntax.Macro) error {
	positional := 0
	for i := range c.Args {
		if c.Args[i].Name == "" {
			positional++
		}
	}
	if positional > len(m.Params) {
		a := c.Args[len(m.Params)]
		return s.fail(CodeFunction, a.Off, a.Val.End, "macro `%s::%s` takes %d arguments", c.Ns, c.Name, len(m.Params))
	}
	for i := range m.Params {
		p := &m.Params[i]
		e := p.Default
		if i < positional {
			e = c.Args[i].Val
		}
		for j := positional; j < len(c.Args); j++ {
			if c.Args[j].Name != p.Name {
				continue
			}
			if i < positional {
				return s.fail(CodeFunction, c.Args[j].Off, c.Args[j].Val.End, "macro `%s::%s` got the argument `%s` twice", c.Ns, c.Name, p.Name)
			}
			e = c.Args[j].Val
		}
		if e == nil {
			return s.fail(CodeFunction, c.Off, c.End, "macro `%s::%s` needs the argument `%s`", c.Ns, c.Name, p.Name)
		}
		v, err := s.safe(e)
		if err != nil {
			return err
		}
		s.params = append(s.params, binding{p.Name, v})
	}
	return nil
}
