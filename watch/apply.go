package watch

import (
	"path/filepath"
	"time"
)

// again leaves x dirty for another look after wait.
func (w *Watcher) again(x *finding, now time.Time, wait time.Duration) {
	d := x.dirt
	d.look, d.lookedAt = x.look, now
	d.notBefore = now.Add(wait)
	if d.since.IsZero() {
		d.since = now
	}
}

// applyGone handles a path at which nothing was found.
func (w *Watcher) applyGone(x *finding, now time.Time, changes []Change) []Change {
	f := x.file
	if f.known && (f.gone.IsZero() || now.Sub(f.gone) < removalGrace) {
		if f.gone.IsZero() {
			f.gone = now
		}
		x.dirt.notBefore = f.gone.Add(removalGrace)
		return changes
	}
	if f.known {
		changes = append(changes, Change{Path: f.name, Kind: Removed, Extra: f.extra, Seen: x.dirt.seen})
		w.countMissed(x)
	}
	w.forget(f)
	return changes
}

// forget drops all that is known of f.
func (w *Watcher) forget(f *file) {
	w.link(f, "")
	delete(w.files, f.path)
	delete(w.dirty, f.path)
	if d := w.dirs[filepath.Dir(f.path)]; d != nil {
		delete(d.files, filepath.Base(f.path))
	}
}

// apply compares what was found with what was reported. It returns the changes
// with one more if they differ, and whether this was a save of equal content.
func (w *Watcher) apply(x *finding, now time.Time, changes []Change) ([]Change, bool) {
	f, d := x.file, x.dirt
	if x.torn {
		w.again(x, now, lookGap)
		return changes, false
	}
	if w.ready && x.err == nil && !x.skipped && len(x.data) == 0 && x.emptied() {
		first := x.look
		d.empty = &first
		w.again(x, now, emptyGrace)
		return changes, false
	}
	delete(w.dirty, x.path)
	w.link(f, x.look.target)
	if x.skipped {
		return changes, false
	}
	if x.content.sig == (signature{}) {
		x.content.sig = x.look.sig
	}
	saved := x.content.sig.saved(f.sig) || !f.gone.IsZero()
	same := f.known && f.hash == x.hash && sameError(f.err, x.err)
	f.sig, f.readAt, f.gone = x.content.sig, now, time.Time{}
	if same {
		return changes, saved && x.err == nil
	}
	c := Change{
		Path: f.name, Kind: Modified, Extra: f.extra,
		Data: x.data, Hash: x.hash, Err: x.err,
		Seen: d.seen, ReadTime: x.readTime, HashTime: x.hashTime,
	}
	if !f.known {
		c.Kind = Added
		if old := w.renamedTo(x); old != nil {
			c.From = old.name
			changes = append(changes, Change{Path: old.name, Kind: Removed, Extra: old.extra, Seen: d.seen})
			w.forget(old)
		}
	}
	f.known, f.hash, f.size, f.err = true, x.hash, len(x.data), x.err
	w.countMissed(x)
	return append(changes, c), false
}

// emptied reports whether the file was found empty for the first time since it
// last changed: most likely an editor has cut it and is about to write.
func (x *finding) emptied() bool {
	if x.file.known && x.file.err == nil && x.file.size == 0 {
		return false // it was empty before
	}
	return x.dirt.empty == nil || *x.dirt.empty != x.look
}

// renamedTo returns the file that vanished a moment ago with the content that x
// has, or nil: a rename, whose history is worth keeping.
func (w *Watcher) renamedTo(x *finding) *file {
	if !w.ready || x.err != nil || len(x.data) == 0 {
		return nil
	}
	for path := range w.dirty {
		if f := w.files[path]; f != nil && f.known && !f.gone.IsZero() && f.hash == x.hash && f.err == nil {
			return f
		}
	}
	return nil
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Error() == b.Error()
}

// countMissed counts a change that no event announced although its directory is
// watched, and makes the sweep run more often for a while.
func (w *Watcher) countMissed(x *finding) {
	d := w.dirs[filepath.Dir(x.path)]
	if !x.dirt.swept || d == nil || d.native == nil {
		return
	}
	w.alert = alertSweeps
	w.stat(func(s *Stats) { s.Missed++ })
}
