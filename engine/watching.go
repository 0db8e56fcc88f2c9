package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

const (
	// statusInterval is how often the health of the watcher is looked at.
	statusInterval = 2 * time.Second
	// busyFrom is how many saves in one such interval come in masses.
	busyFrom = 200
)

// Watch checks every template, then each one again when it or something it
// depends on changes, until ctx ends. It is called at most once.
func (e *Engine) Watch(ctx context.Context) error {
	set := e.set.Load()
	mode := map[string]watch.Mode{"native": watch.Native, "poll": watch.Poll}[set.Text(settings.WatchMode)]
	w, err := watch.New(watch.Options{
		Roots: e.scope.roots, Match: e.matches, Ignore: e.ignored, Debounce: set.Duration(settings.DebounceMS), Mode: mode,
	})
	if err != nil {
		return err
	}
	e.watcher.Store(w)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	e.guarded("watching", func() { err = e.follow(ctx, w) })
	cancel()
	if crashed := e.Err(); crashed != nil {
		err = crashed
	}
	if werr := <-done; err == nil && ctx.Err() == nil {
		err = werr
	}
	return err
}

// follow takes batches until ctx ends. While watching is paused nothing is
// taken: the watcher merges what changes meanwhile.
func (e *Engine) follow(ctx context.Context, w *watch.Watcher) error {
	ticker := time.NewTicker(statusInterval)
	defer ticker.Stop()
	saves, busy := 0, false
	for {
		batches := w.Batches()
		if e.paused.Load() {
			batches = nil
		}
		select {
		case b, open := <-batches:
			if !open {
				return nil
			}
			e.handle(ctx, b)
			if b.Initial {
				e.mu.Lock()
				n := len(e.entries)
				e.mu.Unlock()
				e.emit(Watching{Templates: n})
				e.pace(false)
			} else if saves += len(b.Changes); saves >= busyFrom && !busy {
				busy = true
				e.pace(busy)
			}
		case <-e.resume:
		case <-ticker.C:
			e.publishWatch()
			if busy && saves < busyFrom {
				busy = false
				e.pace(busy)
			}
			saves = 0
		case <-ctx.Done():
			return nil
		}
	}
}

// pace tells Options.Pace.
func (e *Engine) pace(busy bool) {
	if e.opts.Pace != nil {
		e.opts.Pace(busy)
	}
}

// SetWatching pauses or resumes watching. Saves made while it is paused are
// checked at once when it resumes.
func (e *Engine) SetWatching(on bool) {
	e.paused.Store(!on)
	select {
	case e.resume <- struct{}{}:
	default:
	}
	e.publishWatch()
}

// publishWatch publishes the health of the watcher when it has changed.
func (e *Engine) publishWatch() {
	w := e.watcher.Load()
	if w == nil {
		return
	}
	s := w.Stats()
	st := WatchStatus{Mode: s.Mode, Dirs: s.Dirs, Missed: s.Missed, Overflows: s.Overflows, Problem: s.Problem}
	if e.paused.Load() {
		st.Mode = "paused"
	}
	e.watchMu.Lock()
	defer e.watchMu.Unlock()
	if st == e.watchShown {
		return
	}
	if st.Overflows > e.watchShown.Overflows {
		e.emit(Overflowed{Total: st.Overflows})
	}
	e.watchShown = st
	e.emit(WatchStatusChanged{st})
}

// Scan checks every template once and returns. Recorded runs are left alone: a
// dry run and a run in containers do not depend on them.
func (e *Engine) Scan(ctx context.Context) error {
	e.mu.Lock()
	e.forgetful = true
	e.mu.Unlock()
	w, err := watch.New(watch.Options{Roots: e.scope.roots, Match: e.matches, Ignore: e.ignored, Mode: watch.Poll})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	select {
	case b := <-w.Batches():
		e.handle(ctx, b)
	case err := <-done:
		return err
	}
	e.mu.Lock()
	n := len(e.entries)
	e.mu.Unlock()
	e.emit(Watching{Templates: n})
	cancel()
	<-done
	e.settleDown()
	return nil
}

// settleDown waits until every fact emitted so far is in the snapshot.
func (e *Engine) settleDown() {
	mark := barrier{make(chan struct{})}
	e.emit(mark)
	select {
	case <-mark.reached:
	case <-e.stopped:
	}
}

// barrier is closed when the loop has folded everything before it.
type barrier struct{ reached chan struct{} }

func (barrier) event() {}

// readSource reads one template by its name in the project.
func readSource(s *scope, path string) *source {
	src := &source{path: path}
	name := s.abs(path)
	start := time.Now()
	info, err := os.Stat(name)
	switch {
	case err != nil:
		src.err = err
		return src
	case info.IsDir():
		src.err = watch.ErrDirectory
		return src
	case !info.Mode().IsRegular():
		src.err = watch.ErrSpecial
		return src
	case info.Size() > watch.MaxFile:
		src.err = watch.ErrTooBig
		return src
	}
	if src.data, src.err = os.ReadFile(name); src.err != nil {
		src.err = fmt.Errorf("read %s: %w", filepath.Base(name), src.err)
		return src
	}
	src.readTime = time.Since(start)
	start = time.Now()
	src.hash = sha256.Sum256(src.data)
	src.hashTime = time.Since(start)
	return src
}
