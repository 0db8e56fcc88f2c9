package template

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/library"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// CodeExtension is the code of what other engines of the dialect do not read.
const CodeExtension = "template-extension"

// Extensions names each use of the dialect beyond plain Tera in a template and
// in the files that it includes, imports and extends, in their order. Files
// that are not found, or do not parse, are left out: a render says what is
// wrong with them. The built-in macro library is left out too.
func (e *Engine) Extensions(path string, src []byte) []diag.Diagnostic {
	text := strings.TrimPrefix(string(src), "\ufeff")
	if !isTemplate(path, []byte(text)) {
		return nil
	}
	files := newDisk(e.opts)
	defer files.close()
	p := &purist{engine: e, files: files, units: map[string]*syntax.Unit{}}
	p.file(&file{path: path, dir: dirOf(path), src: text, hash: sha256.Sum256([]byte(text))})
	return p.found
}

// maxPureFiles bounds the files that one template pulls in.
const maxPureFiles = 1000

// purist walks templates and collects extensions.
type purist struct {
	engine *Engine
	files  source
	units  map[string]*syntax.Unit // by path; nil for one that does not parse
	found  []diag.Diagnostic
}

// file walks one file, then those that it names, and returns its unit.
func (p *purist) file(f *file) *syntax.Unit {
	if u, seen := p.units[f.path]; seen || len(p.units) >= maxPureFiles {
		return u
	}
	p.units[f.path] = nil
	c, err := p.engine.compile(f.src, f.hash)
	if err != nil || c.err != nil {
		return nil
	}
	u := c.code.Unit
	p.units[f.path] = u
	w := &pureFile{purist: p, file: f, unit: u, bound: map[string]bool{}, spaces: map[string]*syntax.Unit{"self": u}}
	var others []string
	for _, n := range u.Imports {
		others = append(others, n.File)
	}
	if u.Extends != nil {
		others = append(others, u.Extends.File)
	}
	w.bindings(u.Nodes, func(names []string) { others = append(others, names...) })
	before := p.found
	p.found = nil
	for _, name := range others {
		q, _, err := p.files.find(f, name)
		if err != nil || q == nil {
			continue
		}
		lib := p.file(q)
		for _, n := range u.Imports {
			if n.File == name && lib != nil {
				w.spaces[n.As] = lib
			}
		}
	}
	pulled := p.found
	p.found = before
	if !strings.HasPrefix(f.path, library.Prefix) {
		w.nodes(u.Nodes)
	}
	p.found = append(p.found, pulled...)
	return u
}

// pureFile is the walk through one file.
type pureFile struct {
	*purist
	file    *file
	unit    *syntax.Unit
	bound   map[string]bool         // names that the file itself gives a value
	spaces  map[string]*syntax.Unit // macro files by their namespace
	content bool                    // something came before that no import may follow
}

// report adds a diagnostic.
func (w *pureFile) report(off, end int, hint, format string, args ...any) {
	d := diag.Diagnostic{Severity: diag.Warning, Code: CodeExtension, Message: fmt.Sprintf(format, args...) + ", which Tera does not read", Hint: hint}
	d.Pos, d.Line = place(w.file.path, w.file.src, off)
	d.Width = width(d.Line, d.Pos.Column, w.file.src, off, end)
	w.found = append(w.found, d)
}

// bindings collects the names that the file binds and the files that it includes.
func (w *pureFile) bindings(nodes []syntax.Node, include func([]string)) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *syntax.Set:
			w.bound[n.Name] = true
		case *syntax.For:
			w.bound[n.Key], w.bound[n.Value] = true, true
			w.bindings(n.Body, include)
			w.bindings(n.Else, include)
		case *syntax.If:
			for _, b := range n.Branches {
				w.bindings(b.Body, include)
			}
		case *syntax.Macro:
			for _, p := range n.Params {
				w.bound[p.Name] = true
			}
			w.bindings(n.Body, include)
		case *syntax.Block:
			w.bindings(n.Body, include)
		case *syntax.Filter:
			w.bindings(n.Body, include)
		case *syntax.Include:
			include(n.Names)
		}
	}
}

func (w *pureFile) nodes(nodes []syntax.Node) {
	for _, n := range nodes {
		w.node(n)
	}
}

func (w *pureFile) node(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Text:
		w.content = w.content || strings.TrimSpace(n.Val) != ""
		return
	case *syntax.Import:
		if w.content {
			w.report(n.Off, n.After, "move it to the top of the file, behind at most one comment and `extends`", "an import after other content")
		}
		return
	case *syntax.Extends, *syntax.Comment:
		return
	}
	w.content = true
	switch n := n.(type) {
	case *syntax.Output:
		w.value(n.Expr)
	case *syntax.Set:
		w.value(n.Expr)
	case *syntax.If:
		for _, b := range n.Branches {
			if b.Cond != nil {
				w.logic(b.Cond)
			}
			w.nodes(b.Body)
		}
	case *syntax.For:
		w.container(n.In)
		w.nodes(n.Body)
		w.nodes(n.Else)
	case *syntax.Macro:
		for _, p := range n.Params {
			if p.Default == nil {
				continue
			}
			if _, plain := p.Default.Val.(*syntax.Lit); !plain {
				w.report(p.Default.Off, p.Default.End, "leave the parameter without a default, or give it a string, a number, true or false",
					"the default of the parameter `%s` is no plain literal", p.Name)
			}
		}
		w.nodes(n.Body)
	case *syntax.Block:
		w.nodes(n.Body)
	case *syntax.Filter:
		w.filter(n.Call)
		w.nodes(n.Body)
	}
}
