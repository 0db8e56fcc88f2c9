package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/cache"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

// checkCaches complains about words for a cache that mean none.
func checkCaches(set *settings.Set) []diag.Diagnostic {
	v := set.Value(settings.CacheBackend)
	for _, spec := range set.Texts(settings.CacheBackend) {
		if err := cache.CheckSpec(spec); err != nil {
			s := Setting{origin: v.Origin, at: v.Place}
			return []diag.Diagnostic{s.Complaint("setting-value", "", "%v", err)}
		}
	}
	return nil
}

// openCaches opens the stores behind the memory. The error is an environment
// error; what could be opened is in use beside it.
func openCaches(set *settings.Set, root, dir string) ([]cache.Blobs, error) {
	blobs, err := cache.Open(context.Background(), set.Texts(settings.CacheBackend), cache.Where{
		Dir: folderOf(set, settings.CacheDir, root, dir), Base: dir, MaxBytes: int64(set.Int(settings.CacheMegabytes)) << 20,
	})
	if err != nil {
		err = &runner.EnvironmentError{What: "a cache of renderings cannot be used", Remedy: "see --cache and cache.backend in cleanroom.toml", Err: err}
	}
	return blobs, err
}

// newCache makes the render cache of an engine.
func (e *Engine) newCache(set *settings.Set, root, dir string) (*cache.Cache, error) {
	mem, err := cache.NewMemory(set.Int(settings.CacheEntries), 0)
	if err != nil {
		return nil, fmt.Errorf("render cache: %w", err)
	}
	blobs, err := openCaches(set, root, dir)
	e.cacheProblem = err
	space := strings.Join(append([]string{buildIdentity()}, set.Texts(settings.SecretNames)...), "\x00")
	var far []*cache.Far
	for _, b := range blobs {
		far = append(far, cache.NewFar(b, space, e.now, func(bad bool, text string) {
			level := diag.Info
			if bad {
				level = diag.Warning
			}
			e.notice(level, "%s", text)
		}))
	}
	return cache.New(mem, far...), nil
}

// CacheProblem says which cache could not be used at the start, nil when all
// could; it is an environment error. The engine works without it.
func (e *Engine) CacheProblem() error { return e.cacheProblem }

// buildIdentity tells builds of this program apart that may render differently: by
// its revision or version, or else by the file that runs.
func buildIdentity() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	values := map[string]string{}
	for _, s := range info.Settings {
		values[s.Key] = s.Value
	}
	switch revision := values["vcs.revision"]; {
	case revision != "" && values["vcs.modified"] == "false":
		return revision
	case info.Main.Version != "" && info.Main.Version != "(devel)" && !strings.HasSuffix(info.Main.Version, "+dirty"):
		return info.Main.Version
	}
	if file, err := os.Executable(); err == nil {
		if stat, err := os.Stat(file); err == nil {
			return fmt.Sprintf("%d %d", stat.Size(), stat.ModTime().UnixNano())
		}
	}
	return fmt.Sprint(os.Getpid()) // shares with nobody
}

// CacheStore is one place where renderings are kept, as it is found.
type CacheStore struct {
	Name    string // without passwords
	Records int    // renderings, and what they read
	Bytes   int64
	Max     int64 // bytes; 0 when the store bounds itself
}

// CacheStores counts what the stores behind the memory hold. An error is an
// environment error.
func CacheStores(ctx context.Context, o Options) ([]CacheStore, error) {
	var out []CacheStore
	err := o.eachCache(func(b cache.Blobs) error {
		s, err := b.Stats(ctx)
		out = append(out, CacheStore{Name: b.Label(), Records: s.Entries, Bytes: s.Bytes, Max: s.MaxBytes})
		return err
	})
	return out, err
}

// ClearCaches drops all renderings that the stores behind the memory hold, and
// returns their names.
func ClearCaches(ctx context.Context, o Options) ([]string, error) {
	var out []string
	err := o.eachCache(func(b cache.Blobs) error {
		err := b.Clear(ctx)
		if err == nil {
			out = append(out, b.Label())
		}
		return err
	})
	return out, err
}

// eachCache visits the stores behind the memory.
func (o *Options) eachCache(visit func(cache.Blobs) error) error {
	if err := o.defaults(); err != nil {
		return err
	}
	sc, err := newScope(o.Dir, o.Paths)
	if err != nil {
		return err
	}
	set, _, _, err := loadSettings(o, sc, nil)
	if err != nil {
		return err
	}
	blobs, err := openCaches(set, sc.root, o.Dir)
	errs := []error{err}
	for _, b := range blobs {
		if err := visit(b); err != nil {
			errs = append(errs, &runner.EnvironmentError{What: "the cache " + b.Label() + " cannot be used", Err: err})
		}
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

// farCounters are the counters of the stores behind the memory.
func (p *pipeline) farCounters() []FarCache {
	var out []FarCache
	for _, s := range p.cache.Far() {
		out = append(out, FarCache(s))
	}
	return out
}
