package template

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/library"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// maxChain bounds chains of imports and of parents.
const maxChain = 32

// CodeSyntax is the code of a template that cannot be parsed.
const CodeSyntax = "template-syntax"

// program compiles f under its name, without linking it.
func (r *render) program(f *file) (*eval.Program, *compiled, error) {
	compile := r.engine.compile
	if strings.HasPrefix(f.path, library.Prefix) {
		compile = r.engine.compileLibrary
	}
	c, err := compile(f.src, f.hash)
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

// linked returns the linked program of f.
func (r *render) linked(f *file) (*eval.Program, error) {
	if p := r.programs[f.path]; p != nil {
		return p, nil
	}
	p, _, err := r.program(f)
	if err != nil {
		return nil, err
	}
	return r.link(p, f)
}

// linkKey names a text under its path.
type linkKey struct {
	path string
	hash [sha256.Size]byte
}

// linkage is a linked program with the programs that it imports and extends, in
// the order of its tags.
type linkage struct {
	program *eval.Program
	parts   []*eval.Program
}

// link connects p with its macro files and its parent. They are looked up each
// time, because a file may have come, gone or changed; when all are what they
// were in an earlier render, the program of that render serves again.
func (r *render) link(p *eval.Program, f *file) (*eval.Program, error) {
	if r.depth >= maxChain {
		return nil, &eval.Error{Code: eval.CodeInclude, Prog: p, Msg: fmt.Sprintf("more than %d templates import or extend one another", maxChain)}
	}
	r.depth++
	defer func() { r.depth-- }()
	r.programs[f.path] = p
	parts, err := r.parts(p, f)
	if err != nil {
		return nil, err
	}
	key := linkKey{f.path, f.hash}
	old, ok := r.engine.links.Get(key)
	if ok && old.program.Code == p.Code && slices.Equal(old.parts, parts) {
		r.engine.linkages.hits.Add(1)
		r.programs[f.path] = old.program
		return old.program, nil
	}
	if ok {
		r.engine.linkages.changed.Add(1)
	} else {
		r.engine.linkages.fresh.Add(1)
	}
	p.Spaces = map[string]*eval.Program{}
	if len(p.Unit.Macros) > 0 {
		p.Spaces["self"] = p
	}
	for i, imp := range p.Unit.Imports {
		p.Spaces[imp.As] = parts[i]
		inherit(p, parts[i])
	}
	if p.Unit.Extends != nil {
		p.Parent = parts[len(parts)-1]
		inherit(p, p.Parent)
	}
	if r.engine.links.Add(key, linkage{p, parts}) {
		r.engine.linkages.dropped.Add(1)
	}
	return p, nil
}

// parts finds and links what p imports and, last, what it extends.
func (r *render) parts(p *eval.Program, f *file) ([]*eval.Program, error) {
	var parts []*eval.Program
	for _, imp := range p.Unit.Imports {
		lib, err := r.need(p, f, imp.File, imp.Off, imp.After, "imported")
		if err != nil {
			return nil, err
		}
		parts = append(parts, lib)
	}
	if ext := p.Unit.Extends; ext != nil {
		parent, err := r.need(p, f, ext.File, ext.Off, ext.After, "extended")
		if err != nil {
			return nil, err
		}
		if parent.Unit.Extends != nil && parent.Parent == nil {
			return nil, &eval.Error{Code: eval.CodeInclude, Prog: p, Off: ext.Off, End: ext.After,
				Msg: fmt.Sprintf("%s and `%s` extend each other", p.Name, ext.File)}
		}
		parts = append(parts, parent)
	}
	return parts, nil
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
