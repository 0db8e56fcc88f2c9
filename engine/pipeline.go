package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/cache"
	"github.com/seanchatmangpt/clnrm-tui/engine/check"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
)

// pipeline is the dry run of one template: read → hash → render → parse →
// validate, with the render cache in front. It is safe for concurrent use.
type pipeline struct {
	root     string
	env      func(string) (string, bool)
	now      func() time.Time
	template *template.Engine
	cache    *cache.Cache
	vars     [32]byte          // hash of the overrides
	matrix   map[string]string // keeps combinations that have these values
	secrets  secret.Names      // which variables hold a secret
	files    fileHashes
	recent   recent
	far      bool // renderings outlive the process
}

// source is a template as it was read.
type source struct {
	path     string           // relative to the root
	data     []byte           // nil once it is checked
	packed   *template.Packed // holds data then
	hash     [32]byte
	readTime time.Duration
	hashTime time.Duration
	err      error // why it could not be read
}

// content is the text of the template.
func (s *source) content() []byte {
	if s.packed != nil {
		return s.packed.Source()
	}
	return s.data
}

// checked is what the dry run of one template gave.
type checked struct {
	files   []*spec.File // one per combination of the matrix; empty when it did not decode
	kept    []*kept      // the same, of those without errors
	deps    []template.Dep
	diags   []diag.Diagnostic
	secrets []string // values that must not be shown
	timing  Timing
	cache   CacheOutcome
	problem error // the cache backend could not be asked; the check went on without
}

// memo is what a cache hit saves: everything that follows from the rendered text.
type memo struct {
	files   []*spec.File
	kept    []*kept
	deps    []template.Dep
	diags   []diag.Diagnostic
	secrets []string
}

// safely is check with a panic turned into a complaint: a fault of this program
// in one template must not take the others down.
func (p *pipeline) safely(ctx context.Context, src *source) (c checked) {
	defer func() {
		if r := recover(); r != nil {
			c = checked{diags: []diag.Diagnostic{{
				Severity: diag.Error, Code: "internal-error", Pos: diag.Position{File: src.path},
				Message: fmt.Sprintf("clnrm-tui itself failed over this file: %v", r),
				Hint:    "please report it with the file; the other templates are not affected\n" + string(debug.Stack()),
			}}}
		}
	}()
	return p.check(ctx, src)
}

// check runs the pipeline over src, once per combination of its matrix.
func (p *pipeline) check(ctx context.Context, src *source) (c checked) {
	c.timing = Timing{Read: src.readTime, Hash: src.hashTime}
	defer func() {
		t := &c.timing
		t.Total = t.Read + t.Hash + t.Render + t.Parse + t.Validate
	}()
	if src.err != nil {
		c.diags = []diag.Diagnostic{unreadable(src)}
		return c
	}
	if d, bad := notText(src); bad {
		c.diags = []diag.Diagnostic{d}
		return c
	}
	cells, err := p.template.Cells(ctx, src.path, src.data, p.matrix)
	if err != nil {
		c.diags = []diag.Diagnostic{complaint(src.path, err)}
		return c
	}
	parts := make([]checked, len(cells))
	for i, cell := range cells {
		parts[i] = p.cell(ctx, src, cell)
	}
	c.join(parts, cells)
	return c
}

// cell runs the pipeline for one combination.
func (p *pipeline) cell(ctx context.Context, src *source, cell template.Cell) (c checked) {
	start := p.now()
	vars := p.vars
	if cell.Label != "" {
		vars = sha256.Sum256(fmt.Appendf(p.vars[:], "%s%v", cell.Label, cell.Values))
	}
	key := cachePath(src.path, cell.Label)
	entry, reason, err := p.cache.Lookup(ctx, key, src.hash, vars, p.files.hash, p.env)
	c.problem = err
	c.cache = CacheOutcome{Hit: reason.Hit(), Reason: reason.String()}
	if entry != nil {
		if m, ok := entry.Memo.(*memo); ok {
			c.timing.Render = p.now().Sub(start)
			c.files, c.kept, c.diags, c.deps, c.secrets = m.files, m.kept, m.diags, m.deps, m.secrets
			return c
		}
		if r, err := template.Restore(src.path, src.data, entry.Text, entry.Map); err == nil {
			c.timing.Render = p.now().Sub(start)
			c.deps = depsOf(entry.Closure)
			p.decode(src, entry.Text, r, cell, &c)
			c.secrets = p.secretsOf(nil, c.file())
			p.keep(ctx, key, *entry, &c)
			return c
		}
		c.cache = CacheOutcome{Reason: "a damaged record"}
	}
	res := p.render(ctx, src, cell, vars, &c)
	c.timing.Render = p.now().Sub(start)
	if res == nil {
		return c
	}
	p.decode(src, res.Text, locator{res}, cell, &c)
	c.secrets = p.secretsOf(res, c.file())
	e := cache.Entry{Text: res.Text, Closure: closure(src, vars, res), RenderTime: c.timing.Render}
	if e.Private = len(c.secrets) > 0 || p.readsSecret(res); !e.Private && p.far {
		if e.Map, err = res.EncodeMap(); err != nil {
			c.problem = errors.Join(c.problem, err)
		}
	}
	p.keep(ctx, key, e, &c)
	return c
}

// decode reads and checks the rendered text of one combination.
func (p *pipeline) decode(src *source, text []byte, loc rendering, cell template.Cell, c *checked) {
	start := p.now()
	file, diags := spec.Decode(src.path, text, loc)
	c.diags = append(c.diags, diags...)
	c.timing.Parse = p.now().Sub(start)
	start = p.now()
	if file != nil {
		c.diags = append(c.diags, check.Rules(file)...)
		label(file, cell.Label)
		c.files = []*spec.File{file}
	}
	diag.Sort(c.diags)
	if errs, _ := diag.Count(c.diags); errs == 0 && file != nil {
		c.kept = []*kept{p.keepFile(src, file, cell.Label, loc)}
	}
	c.timing.Validate = p.now().Sub(start)
}

// file is the test of the one combination that c is of, nil when there is none.
func (c *checked) file() *spec.File {
	if len(c.files) == 0 {
		return nil
	}
	return c.files[0]
}

// keep stores a rendering with what was made of it.
func (p *pipeline) keep(ctx context.Context, key string, e cache.Entry, c *checked) {
	e.Memo = &memo{files: c.files, kept: c.kept, diags: c.diags, deps: c.deps, secrets: c.secrets}
	c.problem = errors.Join(c.problem, p.cache.Store(ctx, key, e))
}

// depsOf lists the files of a closure.
func depsOf(c cache.Closure) []template.Dep {
	var out []template.Dep
	for _, d := range c.Deps {
		out = append(out, template.Dep{Path: d.Path, Hash: d.Hash, Exists: d.Exists})
	}
	return out
}

// join makes one result of those of all combinations.
func (c *checked) join(parts []checked, cells []template.Cell) {
	same := map[string]int{}
	for i := range parts {
		for _, d := range parts[i].diags {
			same[d.Code+d.Error()]++
		}
	}
	c.cache = parts[0].cache
	for i := range parts {
		part := &parts[i]
		c.files = append(c.files, part.files...)
		c.kept = append(c.kept, part.kept...)
		c.secrets = append(c.secrets, part.secrets...)
		c.problem = errors.Join(c.problem, part.problem)
		c.timing.Render += part.timing.Render
		c.timing.Parse += part.timing.Parse
		c.timing.Validate += part.timing.Validate
		if c.cache.Hit {
			c.cache = part.cache
		}
		for _, d := range part.deps {
			if !slices.Contains(c.deps, d) {
				c.deps = append(c.deps, d)
			}
		}
		for _, d := range part.diags {
			if same[d.Code+d.Error()] < len(parts) {
				d.Message += ", with " + cells[i].Label
			}
			c.diags = diag.Add(c.diags, d)
		}
	}
}

// label names a file and its scenarios after their combination.
func label(f *spec.File, label string) {
	if label == "" {
		return
	}
	f.Name, f.Cell = f.Name+label, label
	for _, sc := range f.Scenarios {
		sc.Name += label
	}
}

// cachePath is the name of one combination of a template in the render cache.
func cachePath(path, label string) string {
	if label == "" {
		return path
	}
	return path + "\x00" + label
}

// templateOf is the template of a name in the render cache.
func templateOf(cachePath string) string {
	path, _, _ := strings.Cut(cachePath, "\x00")
	return path
}

// render renders one combination of src; a template error becomes a diagnostic
// of c, and there is no result.
func (p *pipeline) render(ctx context.Context, src *source, cell template.Cell, vars [32]byte, c *checked) *template.Result {
	res, err := p.template.RenderCell(ctx, src.path, src.data, cell)
	if res != nil {
		c.deps = res.Deps
	}
	if err == nil {
		return res
	}
	c.diags = append(c.diags, complaint(src.path, err))
	if res != nil {
		c.secrets = p.secretsOf(res, nil)
		p.cache.Track(cachePath(src.path, cell.Label), closure(src, vars, res))
	}
	return nil
}

// complaint is the diagnostic of an error of the template engine.
func complaint(path string, err error) diag.Diagnostic {
	var te *template.Error
	if errors.As(err, &te) {
		return te.Diagnostic()
	}
	return diag.Diagnostic{Severity: diag.Error, Code: "template-eval", Message: err.Error(), Pos: diag.Position{File: path}}
}

// closure is everything that a rendering was made from.
func closure(src *source, vars [32]byte, res *template.Result) cache.Closure {
	cl := cache.Closure{Template: src.hash, Vars: vars, Volatile: res.Volatile}
	for _, d := range res.Deps {
		cl.Deps = append(cl.Deps, cache.Dep{Path: d.Path, Hash: d.Hash, Exists: d.Exists})
	}
	for _, e := range res.Env {
		v := cache.EnvValue{Name: e.Name, Set: e.Set}
		if e.Set {
			v.Value = cache.HashEnv(e.Name, e.Value)
		}
		cl.Env = append(cl.Env, v)
	}
	return cl
}

// locator maps rendered text to the template for the decoder.
type locator struct{ r *template.Result }

// Locate implements spec.Locator.
func (l locator) Locate(offset int) (diag.Position, string, []diag.Frame) {
	at := l.r.Locate(offset)
	return at.Pos, at.Line, at.Via
}

// Pack puts the rendering away.
func (l locator) Pack(source []byte) *template.Packed { return l.r.Pack(source) }

// unreadable is the diagnostic of a file that could not be read.
func unreadable(src *source) diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Error, Code: "file-unreadable", Pos: diag.Position{File: src.path}, Message: src.err.Error()}
	if errors.Is(src.err, os.ErrPermission) {
		d.Hint = "give your user permission to read it"
	}
	return d
}

// notText finds the first byte that is not UTF-8.
func notText(src *source) (diag.Diagnostic, bool) {
	if utf8.Valid(src.data) {
		return diag.Diagnostic{}, false
	}
	line, col, rest := 1, 1, src.data
	for len(rest) > 0 {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			break
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
		rest = rest[n:]
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: "file-encoding",
		Message: fmt.Sprintf("not a text file: byte 0x%02x is not UTF-8", rest[0]),
		Pos:     diag.Position{File: src.path, Line: line, Column: col},
		Hint:    "test files are UTF-8 text; convert the file or give it another name",
	}, true
}

// hashVars is the cache's stand-in for the overrides.
func hashVars(vars map[string]any) ([32]byte, error) {
	b, err := json.Marshal(vars)
	if err != nil {
		return [32]byte{}, fmt.Errorf("variables: %w", err)
	}
	return sha256.Sum256(b), nil
}
