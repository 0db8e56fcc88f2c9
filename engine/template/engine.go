// Package template renders test files written in the template dialect (Tera 1.x
// with the extensions that docs/templates.md lists) and maps every byte of the
// result back to the file that the user edits.
//
// The text of a template and the project's options flow in; rendered text, a
// source map and the closure of the render (other files and environment
// variables read) flow out, or an Error that carries a diagnostic. The work is
// done by the packages below: syntax reads, value holds data, builtin has
// filters and functions, eval gives meaning, bind runs the tree on pongo2.
//
// The rendered text is not understood here, with one exception: tables that
// macros wrote more than once are joined. Beyond the packages below, this one
// imports diag, and spec for what is wrong with a variable whose value is no TOML.
package template

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/bind"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// Limits of a render when Options leaves them open.
const (
	DefaultMaxOutput = 64 << 20 // bytes
	DefaultMaxLoops  = 10_000_000
)

// compiledEntries bounds the compile cache of an Engine, and that of its links.
const compiledEntries = 512

// Options configure an Engine.
type Options struct {
	// Root is the absolute directory of the project. Templates are read from
	// below it and from the template folders only (docs/templates.md, where files
	// are found).
	Root string
	// Env looks up an environment variable; nil means the process environment.
	Env func(name string) (string, bool)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Overrides are variables of the command line; they win over all others.
	Overrides map[string]any
	// MaxOutput bounds the rendered text, and any one string, in bytes.
	MaxOutput int
	// MaxLoops bounds loop rounds, macro calls and includes of one render.
	MaxLoops int
	// Home is the directory whose .clnrm/templates is searched last; empty
	// means the value of the environment variable HOME.
	Home string
}

// Engine renders templates. It is safe for concurrent use.
type Engine struct {
	opts    Options
	table   *builtin.Table
	dialect syntax.Options
	// overrides are those of the options in the data model.
	overrides map[string]any
	compiled  *lru.Cache[[sha256.Size]byte, *compiled]
	links     *lru.Cache[linkKey, linkage]
	library   atomic.Pointer[compiled] // the built-in macros, once they are used
	compiles  served
	linkages  served
}

// compiled is what is kept of a source text.
type compiled struct {
	code   *eval.Code
	tables *tables // of the raw text, which feed variables
	err    *syntax.Error
	size   atomic.Int64 // of the last output, in bytes
	segs   atomic.Int64 // of its source map
}

// New returns an engine.
func New(o Options) *Engine {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxOutput <= 0 {
		o.MaxOutput = DefaultMaxOutput
	}
	if o.MaxLoops <= 0 {
		o.MaxLoops = DefaultMaxLoops
	}
	e := newEngine(o, builtin.Clnrm())
	e.dialect.Positional = func(filter bool, name string) bool {
		if filter {
			f, known := e.table.Filters[name]
			return !known || len(f.Params) > 0
		}
		f, known := e.table.Functions[name]
		return !known || len(f.Params) > 0
	}
	return e
}

func newEngine(o Options, table *builtin.Table) *Engine {
	cache, err := lru.New[[sha256.Size]byte, *compiled](compiledEntries)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	links, err := lru.New[linkKey, linkage](compiledEntries)
	if err != nil {
		panic(err)
	}
	overrides := make(map[string]any, len(o.Overrides))
	for k, v := range o.Overrides {
		overrides[k] = value.Normalise(v)
	}
	return &Engine{opts: o, table: table, overrides: overrides, compiled: cache, links: links}
}

// isTemplate reports whether a file is rendered at all: its name ends in .tera,
// or it contains an opening tag.
func isTemplate(path string, src []byte) bool {
	if strings.HasSuffix(path, ".tera") {
		return true
	}
	for {
		i := bytes.IndexByte(src, '{')
		if i < 0 || i+1 >= len(src) {
			return false
		}
		if c := src[i+1]; c == '{' || c == '%' || c == '#' {
			return true
		}
		src = src[i+1:]
	}
}

// Render renders the file at path (relative to Root, with slashes), whose text
// is src. Other files are read from disk. A file that is no template renders to
// itself. A byte order mark is dropped.
//
// The error is an *Error, or the cause of ctx. A Result comes with an *Error
// too: it has no text, but the closure that was read up to the failure, so that
// a caller knows what to wait for.
func (e *Engine) Render(ctx context.Context, path string, src []byte) (*Result, error) {
	return e.RenderCell(ctx, path, src, Cell{})
}

// RenderCell is Render for one combination of the file's matrix.
func (e *Engine) RenderCell(ctx context.Context, path string, src []byte, cell Cell) (*Result, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if !isTemplate(path, src) {
		return &Result{Text: src, path: path, src: string(src)}, nil
	}
	files := newDisk(e.opts)
	defer files.close()
	r := newRender(ctx, e, files)
	r.cell = cell.Values
	files.getenv = r.host.Getenv
	f := &file{path: path, dir: dirOf(path), src: string(src), hash: sha256.Sum256(src)}
	out, err := r.run(f)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return r.result(path, nil), r.diagnose(err)
	}
	return r.result(path, out), nil
}

// render is one render in progress.
type render struct {
	ctx      context.Context
	engine   *Engine
	files    source
	programs map[string]*eval.Program
	main     *eval.Program
	tables   *tables // of the main template
	vars     *variables
	cell     map[string]any // of the matrix; nil when the file has none
	host     *host
	deps     map[string]Dep
	depth    int // of imports and parents
}

func newRender(ctx context.Context, e *Engine, files source) *render {
	r := &render{ctx: ctx, engine: e, files: files, programs: map[string]*eval.Program{}, deps: map[string]Dep{}}
	r.host = newHost(r)
	return r
}

// run links and executes the main template.
func (r *render) run(f *file) (*eval.State, error) {
	if len(f.src) > maxFile {
		return nil, &eval.Error{Code: eval.CodeLimit, Prog: stub(&file{path: f.path}), Msg: fmt.Sprintf("the template is larger than %d MB", maxFile>>20)}
	}
	p, c, err := r.program(f)
	if err != nil {
		return nil, err
	}
	r.tables = c.tables
	r.vars = newVariables(r, r.tables)
	if p, err = r.link(p, f); err != nil {
		return nil, err
	}
	r.main = p
	s, err := r.execute(p, c, r.vars, false)
	if err != nil {
		return nil, err
	}
	s.Out, err = r.mergeRepeated(s)
	return s, err
}

// execute runs p, whose text is c. The output begins as large as the last one
// of the same text was. A part is a value of a file: nobody sees its errors, so they need no hints.
func (r *render) execute(p *eval.Program, c *compiled, vars eval.Vars, part bool) (*eval.State, error) {
	s, err := eval.Run(r.ctx, eval.Config{
		Main: p, Loader: loader{r}, Table: r.engine.table, Host: r.host, Vars: vars,
		Escape: escapes(p.Name), MaxLoops: r.engine.opts.MaxLoops, Quiet: part, Part: part,
		Size: int(c.size.Load()), Pieces: int(c.segs.Load()),
	})
	if err == nil {
		c.size.Store(int64(len(s.Out.Buf)))
		c.segs.Store(int64(s.Out.Pieces()))
	}
	return s, err
}

// escapes reports whether a template of that name escapes HTML.
func escapes(name string) bool {
	return strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".htm") || strings.HasSuffix(name, ".xml")
}

// compileLibrary is compile for the built-in macros, which never change and
// therefore stay however many templates come and go.
func (e *Engine) compileLibrary(src string, hash [sha256.Size]byte) (*compiled, error) {
	if c := e.library.Load(); c != nil {
		return c, nil
	}
	c, err := e.compile(src, hash)
	if err == nil {
		e.library.CompareAndSwap(nil, c)
		c = e.library.Load()
	}
	return c, err
}

// compile parses and lowers a source text, or finds it in the cache.
func (e *Engine) compile(src string, hash [sha256.Size]byte) (*compiled, error) {
	if c, ok := e.compiled.Get(hash); ok {
		e.compiles.hits.Add(1)
		return c, nil
	}
	e.compiles.fresh.Add(1)
	c := &compiled{}
	u, err := syntax.Parse(src, e.dialect)
	if err != nil {
		c.err = err.(*syntax.Error)
	} else {
		if c.code, err = bind.Compile(u); err != nil {
			return nil, err
		}
		c.tables = newTables(scanTOML(src))
	}
	if e.compiled.Add(hash, c) {
		e.compiles.dropped.Add(1)
	}
	return c, nil
}

// result makes the Result of a render; out is nil after an error.
func (r *render) result(path string, out *eval.State) *Result {
	res := &Result{path: path, out: out, Volatile: r.host.volatile, Env: r.host.reads()}
	if out != nil {
		res.Text = out.Out.Buf
	}
	if r.vars != nil {
		r.ctx = context.WithoutCancel(r.ctx)
		res.seen = sync.OnceValue(r.seen)
	}
	for _, name := range slices.Sorted(maps.Keys(r.deps)) {
		res.Deps = append(res.Deps, r.deps[name])
	}
	return res
}

// seen lists the variables of a render that has ended. Most renders are never
// asked for them.
func (r *render) seen() seenVars {
	if d, ok := r.files.(*disk); ok {
		defer d.close()
	}
	unused := r.vars.unused()
	return seenVars{all: r.vars.info(), unused: unused}
}
