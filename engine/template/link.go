package template

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// maxChain bounds chains of imports and of parents (semantics 4.5).
const maxChain = 32

// CodeSyntax is the code of a template that cannot be parsed.
const CodeSyntax = "template-syntax"

// program compiles f under its name, without linking it.
func (r *render) program(f *file) (*eval.Program, *compiled, error) {
	c, err := r.engine.compile(f.src, f.hash)
	if err != nil {
		return nil, nil, fmt.Errorf("compile %s: %w", f.path, err)
	}
	if c.err != nil {
		return nil, nil, &eval.Error{
			Code: CodeSyntax, Prog: stub(f), Off: c.err.Off, End: c.err.End, Msg: c.err.Msg, Hint: syntaxHint(c.err), Err: c.err,
		}
	}
	return &eval.Program{Code: c.code, Name: f.path}, c, nil
}

// stub is a program that can only be pointed at.
func stub(f *file) *eval.Program {
	return &eval.Program{Code: &eval.Code{Unit: &syntax.Unit{Src: f.src}}, Name: f.path}
}

func syntaxHint(e *syntax.Error) string {
	if word, ok := strings.CutPrefix(e.Msg, "unknown tag `"); ok && e.Hint == "" {
		return diag.DidYouMean(strings.TrimSuffix(word, "`"), syntax.TagWords())
	}
	return e.Hint
}

// linked returns the linked program of f; via is the tag that asks for it.
func (r *render) linked(f *file) (*eval.Program, error) {
	if p := r.programs[f.path]; p != nil {
		return p, nil
	}
	p, _, err := r.program(f)
	if err != nil {
		return nil, err
	}
	if err := r.link(p, f); err != nil {
		return nil, err
	}
	return p, nil
}

// link connects p with its parent and its macro files.
func (r *render) link(p *eval.Program, f *file) error {
	if r.depth >= maxChain {
		return &eval.Error{Code: eval.CodeInclude, Prog: p, Msg: fmt.Sprintf("more than %d templates import or extend one another", maxChain)}
	}
	r.depth++
	defer func() { r.depth-- }()
	r.programs[f.path] = p
	p.Spaces = map[string]*eval.Program{}
	if len(p.Unit.Macros) > 0 {
		p.Spaces["self"] = p
	}
	for _, imp := range p.Unit.Imports {
		lib, err := r.need(p, f, imp.File, imp.Off, imp.After, "imported")
		if err != nil {
			return err
		}
		p.Spaces[imp.As] = lib
		inherit(p, lib)
	}
	if ext := p.Unit.Extends; ext != nil {
		parent, err := r.need(p, f, ext.File, ext.Off, ext.After, "extended")
		if err != nil {
			return err
		}
		if parent.Unit.Extends != nil && parent.Parent == nil {
			return &eval.Error{Code: eval.CodeInclude, Prog: p, Off: ext.Off, End: ext.After,
				Msg: fmt.Sprintf("%s and `%s` extend each other", p.Name, ext.File)}
		}
		p.Parent = parent
		inherit(p, parent)
	}
	return nil
}

// inherit makes the namespaces of lib visible in p unless p has its own.
func inherit(p, lib *eval.Program) {
	for ns, q := range lib.Spaces {
		if p.Spaces[ns] == nil {
			p.Spaces[ns] = q
		}
	}
}

// need finds and links a file that must exist.
func (r *render) need(p *eval.Program, from *file, name string, off, end int, what string) (*eval.Program, error) {
	f, tried, err := r.find(from, name)
	if err != nil {
		return nil, &eval.Error{Code: eval.CodeInclude, Prog: p, Off: off, End: end, Msg: err.Error(), Err: err}
	}
	if f == nil {
		e := &eval.Error{Code: eval.CodeInclude, Prog: p, Off: off, End: end, Msg: fmt.Sprintf("template not found: `%s`", name)}
		if len(tried) > 0 {
			e.Hint = "looked for " + strings.Join(tried, ", ")
		}
		return nil, e
	}
	q, err := r.linked(f)
	if e, ok := err.(*eval.Error); ok {
		e.Via = append(e.Via, eval.Frame{What: what, Prog: p, Off: off, End: end})
	}
	return q, err
}

// find looks a template up and records what was read and looked for.
func (r *render) find(from *file, name string) (*file, []string, error) {
	f, looked, err := r.files.find(from, name)
	var tried []string
	for _, d := range looked {
		r.deps[d.Path] = d
		if !d.Exists {
			tried = append(tried, d.Path)
		}
	}
	return f, tried, err
}

// loader finds templates for includes while a template runs.
type loader struct{ r *render }

// Load implements eval.Loader.
func (l loader) Load(from *eval.Program, name string) (*eval.Program, []string, error) {
	f, tried, err := l.r.find(&file{path: from.Name, dir: dirOf(from.Name)}, name)
	if f == nil || err != nil {
		return nil, tried, err
	}
	p, err := l.r.linked(f)
	return p, tried, err
}
