package engine

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

// entry is what the engine knows of one template. It is guarded by Engine.mu.
type entry struct {
	path string
	gen  uint64 // counts the changes of this file and of what it depends on
	src  *source
	// kept are the test of each combination of the matrix, one without a matrix:
	// of the present content when that is sound, else of the last that was.
	kept  []*kept
	sound bool // the present content has no errors
	// secrets hides the values that must not be shown; nil hides nothing.
	secrets      *secret.Set
	secretValues []string
	deps         []template.Dep // what the last check read or looked for
	// The maps are nil until enter puts something into them: most templates of a
	// large project never need any.
	records map[string]*store.Record
	stamps  map[string]store.Stamp // of the records on disk, when they were looked at
	// fresh holds, per scenario, the spec hash under which this process ran it:
	// a verdict under that hash is a run, under any other a replay.
	fresh  map[string]string
	active map[string]*queued // scenarios queued or running
	shown  *Template          // as last published
	diff   *TemplateDiff      // what the last sound save did
}

// work is one template to check.
type work struct {
	src *source
	gen uint64
}

// handle brings the catalog up to date with what changed on disk.
func (e *Engine) handle(ctx context.Context, b watch.Batch) {
	var todo []work
	seen := map[string]time.Time{}
	var paths, inputs []string
	reread := e.rereadSettings(b)
	e.refilter(b, reread)
	e.mu.Lock()
	for i, c := range b.Changes {
		rel := e.scope.rel(c.Path)
		seen[rel] = c.Seen
		b.Changes[i].Data = nil // thousands of texts are not all needed until the last is checked
		switch {
		case !e.scope.match(c.Path):
			e.pipeline.files.forget(c.Path)
			users := e.dependents(rel, c)
			if len(users) == 0 && !e.builtFrom(c.Path) {
				continue // it has only come under watch
			}
			inputs = append(inputs, c.Path)
			todo = append(todo, users...)
		case c.Kind == watch.Removed:
			e.removeLocked(rel)
		default:
			todo = append(todo, e.nextLocked(&source{
				path: rel, data: c.Data, hash: c.Hash, readTime: c.ReadTime, hashTime: c.HashTime, err: c.Err,
			}))
		}
		paths = append(paths, rel)
	}
	// A template and a file that it includes may be in one batch: only the
	// newest generation of each template counts.
	todo = slices.DeleteFunc(todo, func(w work) bool {
		en := e.entries[w.src.path]
		return en == nil || en.gen != w.gen
	})
	e.mu.Unlock()

	if !b.Initial && (len(paths) > 0 || b.Unchanged > 0) {
		e.emit(Changed{Paths: paths, Unchanged: b.Unchanged})
	}
	e.checkAll(ctx, todo, func(path string) (first time.Time) {
		if at, ok := seen[path]; ok {
			return at
		}
		for _, at := range seen {
			if first.IsZero() || at.Before(first) {
				first = at
			}
		}
		return first
	}, b.Initial)
	e.refresh(func(en *entry) bool { return reread || en.builtFrom(inputs) })
	e.afterChecks(ctx)
}

// afterChecks publishes the counters and watches what templates depend on.
func (e *Engine) afterChecks(ctx context.Context) {
	stats, err := e.pipeline.cache.Stats(ctx)
	if err != nil {
		e.notice(diag.Warning, "%v", err)
	}
	e.emit(CacheMeasured{CacheStats{
		Hits: stats.Hits, Misses: stats.Misses, Evictions: stats.Evictions,
		Entries: stats.Entries, Capacity: stats.Capacity, Bytes: stats.Bytes, Reasons: stats.Reasons,
		Far: e.pipeline.farCounters(), Templates: e.pipeline.template.Caches(),
	}})
	e.publishStages()
	e.watchExtras()
	e.publishWatch()
}

// dependents are the templates to check again because a file that they read or
// looked for is not as they met it. The caller holds e.mu.
func (e *Engine) dependents(rel string, c watch.Change) []work {
	var todo []work
	exists := c.Kind != watch.Removed && c.Err == nil
	met := map[string]bool{}
	for _, name := range e.pipeline.cache.Dependents(rel) {
		path := templateOf(name)
		if met[path] {
			continue
		}
		met[path] = true
		if en := e.entries[path]; en != nil && !en.met(rel, c.Hash, exists) {
			src := *en.src
			src.readTime, src.hashTime = 0, 0
			todo = append(todo, e.nextLocked(&src))
		}
	}
	return todo
}

// met reports whether the last check saw a dependency in exactly this state. A
// file that comes under watch because a template includes it is no change.
func (en *entry) met(rel string, hash [32]byte, exists bool) bool {
	known := false
	for _, d := range en.deps {
		if d.Path != rel {
			continue
		}
		known = true
		if d.Exists != exists || exists && d.Hash != hash {
			return false
		}
	}
	return known
}

// nextLocked makes src the newest content of its template.
func (e *Engine) nextLocked(src *source) work {
	en := e.entries[src.path]
	if en == nil {
		en = &entry{path: src.path}
		e.entries[src.path] = en
	}
	en.gen++
	en.src = src
	return work{src, en.gen}
}

// removeLocked drops a template; runs of it are stopped, which is said: their rows
// are gone with it.
func (e *Engine) removeLocked(path string) {
	en := e.entries[path]
	if en == nil {
		return
	}
	if len(en.active) > 0 {
		names := slices.Sorted(maps.Keys(en.active))
		e.notice(diag.Warning, "%s is not there any more: stopped %s", path, en.secrets.String(strings.Join(names, ", ")))
	}
	for _, q := range en.active {
		q.cancel(errRemoved)
	}
	delete(e.entries, path)
	for _, k := range en.kept {
		e.pipeline.cache.Forget(cachePath(path, k.cell))
	}
	e.pipeline.cache.Forget(path)
	e.emit(Removed{Path: path})
}

// checkAll checks templates side by side, a few at a time, and publishes each
// as it is done. seen tells when the change was noticed by which the template at
// a path came to be checked. todo is empty afterwards.
func (e *Engine) checkAll(ctx context.Context, todo []work, seen func(path string) time.Time, first bool) {
	one := func(at *work) {
		w := *at
		*at = work{}
		src := *w.src // which is the catalog's
		if src.packed != nil {
			src.data, src.packed = src.packed.Source(), nil
		}
		c := e.pipeline.safely(ctx, &src)
		if c.problem != nil {
			e.notice(diag.Warning, "%v", c.problem)
		}
		ev := Checked{}
		if !first {
			ev.Seen = seen(src.path)
		}
		e.settle(w.gen, &src, &c, ev)
	}
	if len(todo) == 1 {
		one(&todo[0])
		return
	}
	var g errgroup.Group
	g.SetLimit(e.set.Load().Int(settings.MaxConcurrent))
	for i := range todo {
		g.Go(func() error { one(&todo[i]); return nil })
	}
	if err := g.Wait(); err != nil {
		e.notice(diag.Error, "%v", err)
	}
}

// put returns src with its text packed. Where there is one sound test, the text is
// kept with that.
func (s *source) put(c *checked) *source {
	out := *s
	switch {
	case s.data == nil:
	case len(c.kept) > 0:
		out.packed = c.kept[0].packed
	default:
		out.packed = template.PackSource(s.path, s.data)
	}
	out.data = nil
	return &out
}

// settle takes the result of a check into the catalog, judges recorded runs
// again, and publishes. A result of an older generation is dropped.
func (e *Engine) settle(gen uint64, src *source, c *checked, ev Checked) {
	after := src.put(c)
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[src.path]
	if en == nil || en.gen != gen {
		return
	}
	en.src = after
	errs, warns := diag.Count(c.diags)
	en.deps = c.deps
	was, wasSecret := en.kept, en.secretValues
	secrets := c.secrets
	if en.sound = errs == 0 && len(c.kept) > 0; en.sound {
		en.kept = c.kept
	} else { // what the last sound version has to hide is still shown
		secrets = slices.Compact(slices.Sorted(slices.Values(slices.Concat(secrets, wasSecret))))
	}
	en.hide(secrets, e.pipeline.secrets)
	t := &Template{
		Path: en.path, Generation: en.gen, Diagnostics: maskDiagnostics(en.secrets, c.diags), Timing: c.timing, Cache: c.cache,
		CheckedAt: e.now(), Status: CheckOK, Diff: en.diff,
	}
	for _, d := range c.deps {
		if d.Exists {
			t.Deps = append(t.Deps, d.Path)
		}
	}
	switch {
	case errs > 0:
		t.Status = CheckError
	case warns > 0:
		t.Status = CheckWarning
	}
	if len(en.kept) > 0 {
		e.rowsOf(en, t, slices.Equal(wasSecret, en.secretValues))
	}
	before := en.shown
	en.shown = t
	ev.Template = t
	if !ev.Seen.IsZero() {
		e.stages.check(t, ev.Seen, e.now())
	}
	e.emit(ev)
	e.tellReplays(en.path, before, t.Scenarios)
	if en.sound {
		e.diffLocked(en, was, slices.Concat(wasSecret, en.secretValues))
	}
}

// rowsOf fills in the part of t that comes from the last sound version of its
// file. hides says that what must not be shown is what it was. The caller holds
// e.mu.
func (e *Engine) rowsOf(en *entry, t *Template, hides bool) {
	if old := en.shown; !en.sound && old != nil {
		t.Name, t.Manual, t.Tags = old.Name, old.Manual, old.Tags
	} else {
		f := en.kept[0].file()
		t.Name, t.Manual = strings.Clone(strings.TrimSuffix(f.Name, f.Cell)), f.Manual
		for _, tag := range f.Tags {
			t.Tags = append(t.Tags, strings.Clone(tag)) // which does not hold the text of the file
		}
	}
	e.loadRecords(en)
	e.mind(en.records)
	if !en.sound && hides && en.shown != nil && len(en.records) == 0 {
		t.Scenarios = en.shown.Scenarios // errors say nothing about what never ran
		return
	}
	t.Scenarios = e.rows(en)
}

// Recheck checks a template again as it stands on disk.
func (e *Engine) Recheck(path string) {
	e.background(func() {
		src := readSource(e.scope, path)
		e.pipeline.files.forget(e.scope.abs(path))
		e.mu.Lock()
		if e.entries[path] == nil {
			e.mu.Unlock()
			return
		}
		w := e.nextLocked(src)
		e.mu.Unlock()
		now := e.now()
		e.checkAll(e.ctx, []work{w}, func(string) time.Time { return now }, false)
		e.afterChecks(e.ctx)
	})
}

// Source returns the text of a template or of a file that templates include, as
// last read; nil when it is unknown.
func (e *Engine) Source(path string) []byte {
	var src *source
	e.mu.Lock()
	if en := e.entries[path]; en != nil {
		src = en.src
	}
	e.mu.Unlock()
	if src != nil {
		return src.content()
	}
	if !slices.Contains(e.pipeline.cache.Dependencies(), path) {
		return nil
	}
	return readSource(e.scope, path).data
}

// dirOf is the folder of a template, the base of its relative paths.
func (e *Engine) dirOf(path string) string { return filepath.Dir(e.scope.abs(path)) }

// notice publishes a fact that must reach the user once.
func (e *Engine) notice(level diag.Severity, format string, args ...any) {
	e.emit(Noticed{Level: level, Text: fmt.Sprintf(format, args...)})
}
