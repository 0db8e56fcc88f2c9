package watch

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// removalGrace is how long a vanished file may stay away before it is
	// reported: a save by rename or a checkout brings it back (rule 6).
	removalGrace = 300 * time.Millisecond
	// emptyGrace is how long a file that became empty is left alone before it
	// is read once more: an editor may have cut it in order to write it anew.
	emptyGrace = 150 * time.Millisecond
	// unstableLimit is how long a file that never looks the same twice is
	// waited for. After that it is read as it is.
	unstableLimit = time.Second
)

// origin says why a path is looked at.
type origin uint8

const (
	byEvent    origin = iota // an event, or a listing that an event caused
	byOverflow               // events were lost: read it, however it looks
	bySweep                  // a comparison without any event
)

// cause is an origin with the time from which the change counts as seen.
type cause struct {
	origin
	seen time.Time
}

// dirt is a path that may have changed.
type dirt struct {
	seen      time.Time
	burst     bool // an event came; the debounce decides when to read
	complete  bool // the last event says that the writer is done
	swept     bool // found by comparison, no event so far
	force     bool // count and read it even if it looks the same
	notBefore time.Time

	look     look // the first of two
	lookedAt time.Time
	since    time.Time // when it was first found unstable
	empty    *look     // when it was last found empty
}

// mark notes that path may have changed, found without an event of its own.
func (w *Watcher) mark(path string, c cause, now time.Time) {
	x := w.dirty[path]
	if x != nil && c.origin != bySweep {
		x.swept = false // the sweep was only faster than the event
	}
	switch {
	case x == nil:
		x = &dirt{seen: c.seen, swept: c.origin == bySweep, force: c.origin == byOverflow}
	case x.burst || !x.notBefore.After(now.Add(lookGap)) || w.files[path] == nil || w.files[path].gone.IsZero():
		return // it is looked at soon enough, unless it was thought to be gone
	}
	if w.ready {
		x.look, x.lookedAt = lookAt(path), now
		x.notBefore = now.Add(lookGap)
		if d := w.dirs[filepath.Dir(path)]; x.swept && d != nil && d.native != nil {
			// An event may be on its way, late on a busy machine.
			x.notBefore = now.Add(debounceLimit * w.opts.Debounce)
		}
	}
	w.dirty[path] = x
	w.wakeAt(x.notBefore)
}

// wakeAt makes the loop run a pass at t at the latest.
func (w *Watcher) wakeAt(t time.Time) {
	if w.retryAt.IsZero() || t.Before(w.retryAt) {
		w.retryAt = t
	}
}

// takeHints sorts the hints that came in: into files to read and directories to
// list, dropping what is of no interest before it can prolong the debounce.
func (w *Watcher) takeHints(now time.Time) {
	paths, lists := w.hints.take()
	relevant := false
	for path, h := range paths {
		relevant = w.takeHint(path, h) || relevant
	}
	for path, at := range lists {
		if d := w.dirs[path]; d != nil {
			w.suspect[path] = at
			w.list(d, cause{byOverflow, at}, now)
			relevant = true
		}
	}
	if relevant {
		w.debounce.note(now)
	}
}

// takeHint handles one hint and reports whether it is of interest.
func (w *Watcher) takeHint(path string, h *hint) bool {
	relevant := false
	if d := w.dirs[path]; d != nil && (h.structural || d.err != nil) {
		w.suspect[path] = h.first
		relevant = true
	}
	d, base := w.dirs[filepath.Dir(path)], filepath.Base(path)
	if d == nil {
		return relevant
	}
	for _, f := range d.links[base] {
		w.touch(f.path, h)
		relevant = true
	}
	if name, extra, ok := w.candidate(d, base); ok {
		if d.files[base] == nil {
			d.files[base] = w.fileAt(path, name)
			d.files[base].extra = extra
		}
		w.touch(path, h)
		relevant = true
	}
	if !h.structural {
		return relevant
	}
	if d.await {
		w.unresolved = true
		relevant = true
	}
	if d.member && w.dirs[path] == nil && !Ignored(base, true) && !w.opts.Ignore(filepath.Join(d.name, base), true) {
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			w.suspect[path] = h.first
			relevant = true
		}
	}
	return relevant
}

// touch marks the file at path because of an event.
func (w *Watcher) touch(path string, h *hint) {
	x := w.dirty[path]
	if x == nil {
		x = &dirt{seen: h.first}
		w.dirty[path] = x
	}
	x.burst, x.swept, x.force = true, false, true
	x.complete = h.complete
}

// firstLook is the first of the two looks at everything that waits for the
// debounce.
func (w *Watcher) firstLook(now time.Time) {
	for path, x := range w.dirty {
		if x.burst {
			x.look, x.lookedAt = lookAt(path), now
		}
	}
	w.debounce.looked = true
}

// endBurst releases what has waited for the debounce.
func (w *Watcher) endBurst() {
	for _, x := range w.dirty {
		if x.burst {
			x.burst, x.notBefore = false, time.Time{}
		}
	}
	w.debounce.reset()
}

// pass looks at everything that is due and turns it into changes.
func (w *Watcher) pass(now time.Time) {
	w.rearm(now)
	if w.unresolved {
		w.resolve(now)
	}
	due := w.due(now)
	found := w.examine(due, now)
	var vanished, present []*finding
	for i := range found {
		if found[i].look.gone {
			vanished = append(vanished, &found[i])
		} else {
			present = append(present, &found[i])
		}
	}
	changes, unchanged := w.produced, 0
	w.produced = nil
	for _, x := range vanished {
		changes = w.applyGone(x, now, changes)
	}
	for _, x := range present {
		var same bool
		changes, same = w.apply(x, now, changes)
		if same {
			unchanged++
		}
	}
	w.pending.add(changes, unchanged, false)
	w.stat(func(s *Stats) { s.Unchanged += int64(unchanged) })
	w.retryAt = time.Time{}
	for _, x := range w.dirty {
		if !x.burst {
			w.wakeAt(x.notBefore)
		}
	}
	if w.unresolved {
		w.wakeAt(now.Add(lookGap))
	}
}

// rearm puts new watches on the directories that were created, removed or
// renamed: on all that exist, always, since neither names nor inode numbers
// tell whether the old watch still works. All watches are taken off before the
// first is put on: the library finds them by path, and would take off the wrong
// one when two directories changed places.
func (w *Watcher) rearm(now time.Time) {
	if len(w.suspect) == 0 {
		return
	}
	tops := map[string]time.Time{}
	for path, seen := range w.suspect {
		if !w.suspectAbove(path) {
			tops[path] = seen
		}
	}
	clear(w.suspect)
	for path := range tops {
		if d := w.dirs[path]; d != nil {
			w.disarmTree(d)
		}
	}
	for path, seen := range tops {
		w.rearmAt(path, cause{byEvent, seen}, now)
	}
}

// suspectAbove reports whether a directory above path is suspect too.
func (w *Watcher) suspectAbove(path string) bool {
	for {
		parent := filepath.Dir(path)
		if parent == path {
			return false
		}
		if _, ok := w.suspect[parent]; ok && w.dirs[parent] != nil && w.dirs[parent].member {
			return true
		}
		path = parent
	}
}

func (w *Watcher) rearmAt(path string, c cause, now time.Time) {
	d := w.dirs[path]
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		if d != nil {
			w.dropTree(d, c, now)
			w.unresolved = w.unresolved || w.isRoot(path)
		}
		return
	}
	parent := w.dirs[filepath.Dir(path)]
	switch {
	case d != nil && d.member:
		w.walk(place{path, d.name}, c, now)
	case parent != nil && parent.member && !Ignored(filepath.Base(path), true):
		w.walk(place{path, filepath.Join(parent.name, filepath.Base(path))}, c, now)
	case d != nil:
		w.watchDir(d)
		w.list(d, c, now)
		w.unresolved = w.unresolved || d.await
	}
}

func (w *Watcher) isRoot(path string) bool {
	for _, r := range w.roots {
		if r.real == path {
			return true
		}
	}
	return false
}

// finding is what was found at one dirty path.
type finding struct {
	path string
	dirt *dirt
	file *file
	look look
	content
	skipped bool // not read: it looks as it did when it was reported
}

// due returns the paths whose time has come.
func (w *Watcher) due(now time.Time) []finding {
	var due []finding
	for path, x := range w.dirty {
		if x.burst || x.notBefore.After(now) {
			continue
		}
		f := w.files[path]
		if f == nil {
			delete(w.dirty, path)
			continue
		}
		due = append(due, finding{path: path, dirt: x, file: f})
	}
	return due
}

// examine looks at and reads the given paths, several at once.
func (w *Watcher) examine(due []finding, now time.Time) []finding {
	workers := min(len(due), 4*runtime.GOMAXPROCS(0), 16)
	if workers <= 1 {
		for i := range due {
			due[i].examine(w.ready, now)
		}
		return due
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(due)); i = next.Add(1) - 1 {
				due[i].examine(w.ready, now)
			}
		})
	}
	wg.Wait()
	return due
}

// examine takes the second look and, when it agrees with the first, reads.
// Without settle, in the first scan, no first look is asked for.
func (x *finding) examine(settle bool, now time.Time) {
	x.look = lookAt(x.path)
	if x.look.gone || x.look.err != nil {
		x.err = x.look.err
		return
	}
	if x.err = unfit(x.look.sig.mode, x.look.sig.size); x.err != nil {
		return
	}
	late := !x.dirt.since.IsZero() && now.Sub(x.dirt.since) >= unstableLimit
	if settle && !late && !x.dirt.complete && !x.dirt.agrees(x.look, now) {
		x.torn = true
		return
	}
	if f := x.file; f.known && !x.dirt.force && f.gone.IsZero() && f.err == nil && f.sig == x.look.sig && !f.sig.racy(f.readAt) {
		x.skipped = true
		return
	}
	x.content = read(x.path)
	if late {
		x.torn = false
	}
}

// agrees reports whether the first look was long enough ago and saw the same.
func (x *dirt) agrees(second look, now time.Time) bool {
	return !x.lookedAt.IsZero() && now.Sub(x.lookedAt) >= lookGap && x.look == second
}
