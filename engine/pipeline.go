package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/cache"
	"github.com/seanchatmangpt/clnrm-tui/engine/check"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
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
	vars     [32]byte // hash of the overrides
	files    fileHashes
}

// source is a template as it was read.
type source struct {
	path     string // relative to the root
	data     []byte
	hash     [32]byte
	readTime time.Duration
	hashTime time.Duration
	err      error // why it could not be read
}

// checked is what the dry run of one template gave.
type checked struct {
	file     *spec.File // nil when it did not decode
	rendered *template.Result
	diags    []diag.Diagnostic
	timing   Timing
	cache    CacheOutcome
	deps     []string
	problem  error // the cache backend could not be asked; the check went on without
}

// memo is what a cache hit saves: everything that follows from the rendered text.
type memo struct {
	file     *spec.File
	rendered *template.Result
	diags    []diag.Diagnostic
	deps     []string
}

// check runs the pipeline over src.
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
	start := p.now()
	entry, reason, err := p.cache.Lookup(ctx, src.path, src.hash, p.vars, p.files.hash, p.env)
	c.problem = err
	c.cache = CacheOutcome{Hit: reason.Hit(), Reason: reason.String()}
	if entry != nil {
		if m, ok := entry.Memo.(*memo); ok {
			c.timing.Render = p.now().Sub(start)
			c.file, c.rendered, c.diags, c.deps = m.file, m.rendered, m.diags, m.deps
			return c
		}
	}
	p.render(ctx, src, &c, start)
	if c.rendered == nil || c.rendered.Text == nil {
		return c
	}
	start = p.now()
	file, diags := spec.Decode(src.path, c.rendered.Text, locator{c.rendered})
	c.diags = append(c.diags, diags...)
	c.timing.Parse = p.now().Sub(start)
	start = p.now()
	if file != nil {
		c.diags = append(c.diags, check.Rules(file)...)
		c.file = file
	}
	diag.Sort(c.diags)
	c.timing.Validate = p.now().Sub(start)
	p.remember(ctx, src, &c)
	return c
}

// render renders src into c; a template error becomes a diagnostic.
func (p *pipeline) render(ctx context.Context, src *source, c *checked, start time.Time) {
	res, err := p.template.Render(ctx, src.path, src.data)
	c.timing.Render = p.now().Sub(start)
	c.rendered = res
	if res != nil {
		for _, d := range res.Deps {
			c.deps = append(c.deps, d.Path)
		}
	}
	if err == nil {
		return
	}
	var te *template.Error
	if errors.As(err, &te) {
		c.diags = append(c.diags, te.Diagnostic())
	} else {
		c.diags = append(c.diags, diag.Diagnostic{
			Severity: diag.Error, Code: "template-eval", Message: err.Error(), Pos: diag.Position{File: src.path},
		})
	}
	if res != nil {
		p.cache.Track(src.path, p.closure(src, res))
		res.Text = nil
	}
}

// remember stores a good rendering with everything that follows from it.
func (p *pipeline) remember(ctx context.Context, src *source, c *checked) {
	err := p.cache.Store(ctx, src.path, cache.Entry{
		Text: c.rendered.Text, Closure: p.closure(src, c.rendered), RenderTime: c.timing.Render,
		Memo: &memo{file: c.file, rendered: c.rendered, diags: c.diags, deps: c.deps},
	})
	c.problem = errors.Join(c.problem, err)
}

// closure is everything that a rendering was made from.
func (p *pipeline) closure(src *source, res *template.Result) cache.Closure {
	cl := cache.Closure{Template: src.hash, Vars: p.vars, Volatile: res.Volatile}
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

// fileHashes remembers the hashes of dependencies by size and time, so that a
// macro file that a thousand templates include is read once per change.
type fileHashes struct {
	root string
	mu   sync.Mutex
	seen map[string]fileHash
}

type fileHash struct {
	size  int64
	mtime time.Time
	hash  [32]byte
}

// hash returns the content hash of a dependency and whether it exists.
func (f *fileHashes) hash(path string) ([32]byte, bool) {
	abs := path
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(f.root, filepath.FromSlash(path))
	}
	info, err := os.Stat(abs)
	if err != nil || !info.Mode().IsRegular() {
		return [32]byte{}, false
	}
	f.mu.Lock()
	known, ok := f.seen[abs]
	f.mu.Unlock()
	if ok && known.size == info.Size() && known.mtime.Equal(info.ModTime()) {
		return known.hash, true
	}
	data, err := os.ReadFile(abs)
	if err != nil {
		return [32]byte{}, false
	}
	h := sha256.Sum256(data)
	f.mu.Lock()
	f.seen[abs] = fileHash{info.Size(), info.ModTime(), h}
	f.mu.Unlock()
	return h, true
}

// forget drops what is remembered of a file that is known to have changed, for
// a save within the resolution of the file system's clock.
func (f *fileHashes) forget(path string) {
	f.mu.Lock()
	delete(f.seen, path)
	f.mu.Unlock()
}
