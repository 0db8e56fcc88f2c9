package cache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// recordsPerPath is how many different closures are remembered per template.
// An undo session goes back a few contents, not hundreds; each record costs a
// few hundred bytes.
const recordsPerPath = 32

// Stats are the counters of a cache since it was made.
type Stats struct {
	Hits, Misses, Evictions int64
	Entries, Capacity       int
	Bytes                   int64
	Reasons                 map[string]int64 // misses by Reason.String
}

// Cache finds the rendering of a template by what the template would read now.
// It is safe for concurrent use.
//
// A key cannot be computed from a template alone, since only rendering tells
// which files and variables it reads. The cache therefore remembers, per path,
// the closures of earlier renderings, asks the caller for the present state of
// exactly the names in them, and looks under the key that results. A rendering
// is a function of what it reads, so an entry under that key is the right one.
type Cache struct {
	backend Backend
	far     []*Far // nearest first

	mu         sync.RWMutex
	paths      map[string]*history
	dependents map[string]map[string]struct{} // dependency → templates
	hits       int64
	misses     int64
	reasons    map[string]int64
}

// history is what is known of one template. Records are immutable once stored,
// newest first; the slice is replaced, never changed in place.
type history struct {
	records []record
	deps    []string // what dependents was told for this path
}

type record struct {
	closure Closure // canonical
	key     Key
	failed  bool // the rendering failed: its names count, but there is no entry
}

// New returns a cache over backend, the one that is asked first, and the far
// stores behind it, nearest first.
func New(backend Backend, far ...*Far) *Cache {
	return &Cache{
		backend:    backend,
		far:        far,
		paths:      map[string]*history{},
		dependents: map[string]map[string]struct{}{},
		reasons:    map[string]int64{},
	}
}

// DepState returns the content hash of a file at this moment and whether it
// exists.
type DepState func(path string) (hash [32]byte, exists bool)

// EnvState returns the value of an environment variable and whether it is set.
type EnvState func(name string) (value string, set bool)

// Lookup returns the rendering of the template at path whose content hashes to
// template, under overrides that hash to vars; nil with the reason when there is
// none. dep and env are asked for the names that earlier renderings have read;
// they must describe one consistent moment. The entry is a copy, its Text and
// Map are shared and must not be changed.
//
// An entry out of a far store has no Memo; the caller is to make it and to Store
// the entry, so that the next lookup is served from memory.
//
// The error is not nil only when the backend could not be asked; the reason is
// then Unavailable and the caller can go on by rendering.
func (c *Cache) Lookup(ctx context.Context, path string, template, vars [32]byte, dep DepState, env EnvState) (*Entry, Reason, error) {
	c.mu.RLock()
	var records []record
	if h := c.paths[path]; h != nil {
		records = h.records
	}
	c.mu.RUnlock()

	evicted := false
	for i := range records {
		r := &records[i]
		if r.closure.Template != template || r.closure.Vars != vars || r.closure.Volatile || r.failed {
			continue
		}
		key := r.closure.at(dep, env)
		e, err := c.backend.Get(ctx, key)
		if err != nil {
			reason := c.count(Reason{Outcome: Unavailable})
			return nil, reason, fmt.Errorf("look up rendering of %s: %w", path, err)
		}
		if e != nil {
			c.touch(path, key, e.Closure)
			found := *e
			if found.memoPath != path {
				found.Memo = nil
			}
			return &found, c.count(Reason{Outcome: Hit}), nil
		}
		evicted = evicted || key == r.key
	}
	for _, f := range c.far {
		if e := f.find(ctx, path, template, vars, dep, env); e != nil {
			e.from = f.blobs.Label()
			return e, c.count(Reason{Outcome: Hit, Name: f.blobs.Label()}), nil
		}
	}
	if evicted {
		return nil, c.count(Reason{Outcome: Evicted}), nil
	}
	return nil, c.count(whyMissed(records, template, vars, dep, env)), nil
}

// at returns the key that the closure would have with the present state of
// everything it names.
func (c *Closure) at(dep DepState, env EnvState) Key {
	h := startKey(c.Template, c.Vars, c.Volatile, len(c.Deps), len(c.Env))
	for i := range c.Deps {
		d := Dep{Path: c.Deps[i].Path}
		d.Hash, d.Exists = dep(d.Path)
		h.dep(&d)
	}
	for i := range c.Env {
		e := envNow(c.Env[i].Name, env)
		h.env(&e)
	}
	return h.sum()
}

func envNow(name string, env EnvState) EnvValue {
	v, set := env(name)
	if !set {
		return EnvValue{Name: name}
	}
	return EnvValue{Name: name, Value: HashEnv(name, v), Set: true}
}

// whyMissed compares the present with the last rendering of the path, the one
// that the user saw, and names the first difference.
func whyMissed(records []record, template, vars [32]byte, dep DepState, env EnvState) Reason {
	if len(records) == 0 {
		return Reason{Outcome: FirstSeen}
	}
	last := &records[0].closure
	switch {
	case last.Template != template:
		return Reason{Outcome: ContentChanged}
	case last.Vars != vars:
		return Reason{Outcome: VarsChanged}
	}
	for i := range last.Deps {
		d := &last.Deps[i]
		hash, exists := dep(d.Path)
		if exists != d.Exists || exists && hash != d.Hash {
			return Reason{Outcome: DependencyChanged, Name: d.Path}
		}
	}
	for i := range last.Env {
		if envNow(last.Env[i].Name, env) != last.Env[i] {
			return Reason{Outcome: EnvChanged, Name: last.Env[i].Name}
		}
	}
	if last.Volatile {
		return Reason{Outcome: Volatile}
	}
	if records[0].failed {
		return Reason{Outcome: Failed}
	}
	return Reason{Outcome: Evicted}
}

// Store keeps the rendering of the template at path and makes it the path's
// latest. A volatile one is remembered for its dependencies and its reason only.
// Storing an entry that Lookup returned, with a Memo added, keeps the Memo.
// The cache takes ownership of what e points to. A private entry, one that holds a
// secret, does not leave the memory of the process; nor does one without a Map.
func (c *Cache) Store(ctx context.Context, path string, e Entry) error {
	e.Closure = e.Closure.canonical()
	e.memoPath = path
	key := e.Closure.Key()
	c.remember(path, record{closure: e.Closure, key: key})
	if e.Closure.Volatile {
		return nil
	}
	if err := c.backend.Put(ctx, key, &e); err != nil {
		return fmt.Errorf("store rendering of %s: %w", path, err)
	}
	if !e.Private && e.Map != nil {
		for _, f := range c.far {
			if f.blobs.Label() == e.from {
				break // it came from there: only nearer ones lack it
			}
			f.store(&e)
		}
	}
	return nil
}

// Track records what a rendering that failed has read, so that Dependents names
// the path when the macro file that broke it is repaired. Nothing is stored.
func (c *Cache) Track(path string, closure Closure) {
	closure = closure.canonical()
	c.remember(path, record{closure: closure, key: closure.Key(), failed: true})
}

// remember puts r in front of the path's records.
func (c *Cache) remember(path string, r record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.paths[path]
	if h == nil {
		h = &history{}
		c.paths[path] = h
	}
	records := make([]record, 1, min(len(h.records)+1, recordsPerPath))
	records[0] = r
	for _, old := range h.records {
		if old.key != r.key && len(records) < recordsPerPath {
			records = append(records, old)
		}
	}
	h.records = records
	c.setDeps(path, h, r.closure.Deps)
}

// touch makes the closure that served a hit the path's latest, so that the next
// miss is explained against what the user saw last.
func (c *Cache) touch(path string, key Key, closure Closure) {
	c.mu.RLock()
	h := c.paths[path]
	current := h == nil || h.records[0].key == key // nil: forgotten meanwhile
	c.mu.RUnlock()
	if !current {
		c.remember(path, record{closure: closure, key: key})
	}
}

// setDeps replaces what dependents knows of path; c.mu is held.
func (c *Cache) setDeps(path string, h *history, deps []Dep) {
	for _, d := range h.deps {
		if set := c.dependents[d]; set != nil {
			delete(set, path)
			if len(set) == 0 {
				delete(c.dependents, d)
			}
		}
	}
	h.deps = h.deps[:0]
	for i := range deps {
		p := deps[i].Path
		set := c.dependents[p]
		if set == nil {
			set = map[string]struct{}{}
			c.dependents[p] = set
		}
		set[path] = struct{}{}
		h.deps = append(h.deps, p)
	}
}

// Dependents returns the templates whose latest rendering has read the file at
// path or has looked for it in vain, sorted: the ones to check again when it
// changes.
func (c *Cache) Dependents(path string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.dependents[path]))
}

// Dependencies returns all files that the latest renderings have read or looked
// for in vain, sorted: the files to watch beside the templates.
func (c *Cache) Dependencies() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.dependents))
}

// Forget drops what is known of the template at path, after it was removed. Its
// entries stay in the backend until they are evicted, for it may come back.
func (c *Cache) Forget(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.paths[path]; h != nil {
		c.setDeps(path, h, nil)
		delete(c.paths, path)
	}
}

// Far returns the counters of the far stores, nearest first.
func (c *Cache) Far() []FarStats {
	out := make([]FarStats, len(c.far))
	for i, f := range c.far {
		out[i] = f.Stats()
	}
	return out
}

// Close writes what far stores still wait for. The cache must not be used
// afterwards.
func (c *Cache) Close() error {
	var errs []error
	for _, f := range c.far {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (c *Cache) count(r Reason) Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Hit() {
		c.hits++
		return r
	}
	c.misses++
	c.reasons[r.String()]++
	return r
}

// Stats returns the counters; Reasons is a copy.
func (c *Cache) Stats(ctx context.Context) (Stats, error) {
	b, err := c.backend.Stats(ctx)
	if err != nil {
		err = fmt.Errorf("read cache statistics: %w", err)
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return Stats{
		Hits: c.hits, Misses: c.misses, Evictions: b.Evictions,
		Entries: b.Entries, Capacity: b.Capacity, Bytes: b.Bytes,
		Reasons: maps.Clone(c.reasons),
	}, err
}
