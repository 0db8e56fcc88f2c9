package watch

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// root is a directory that the user named.
type root struct {
	name, abs string
	real      string // where abs leads now; empty until the first look
	sig       signature
	missing   bool
}

// want is a single file that was named: a root that is a file, or an extra.
type want struct {
	name, abs string
	extra     bool
	dir       string // real path of its directory while that exists
}

// SetExtra names the files that must be watched beside those that Match accepts:
// what templates include, the project's settings. They may lie outside the
// roots, in ignored directories, or not exist yet. Each call replaces the list
// of the one before. A file that is new in the list is reported once as Added
// when it exists, so that a caller who read it before can compare the hash; one
// that is no longer in the list is forgotten without a report.
func (w *Watcher) SetExtra(paths []string) {
	w.ask.Lock()
	w.extra = slices.Clone(paths)
	w.extraSet = true
	w.ask.Unlock()
	w.hints.signal()
}

// takeRequests applies what other goroutines asked for since the last time.
func (w *Watcher) takeRequests(now time.Time) {
	w.ask.Lock()
	extra, set, rescan := w.extra, w.extraSet, w.rescan
	w.extra, w.extraSet, w.rescan = nil, false, false
	w.ask.Unlock()
	if set {
		w.setWants(extra)
		w.resolve(now)
	}
	if rescan {
		w.startSweep(now, true)
	}
}

// setWants replaces the extras among the wanted files.
func (w *Watcher) setWants(extra []string) {
	old := map[string]*want{}
	keep := w.wants[:0:0]
	for _, x := range w.wants {
		if x.extra {
			old[x.name] = x
		} else {
			keep = append(keep, x)
		}
	}
	for _, name := range extra {
		name = filepath.Clean(name)
		if x := old[name]; x != nil {
			delete(old, name)
			keep = append(keep, x)
			continue
		}
		abs, err := filepath.Abs(name)
		if err != nil || slices.ContainsFunc(keep, func(x *want) bool { return x.name == name }) {
			continue // without a working directory no relative path means anything
		}
		keep = append(keep, &want{name: name, abs: abs, extra: true})
	}
	w.wants = keep
	for _, x := range old {
		w.dropWant(x)
	}
}

// dropWant forgets a file that is no longer asked for.
func (w *Watcher) dropWant(x *want) {
	d := w.dirs[x.dir]
	if d == nil {
		return
	}
	base := filepath.Base(x.abs)
	if d.wants[base] == x {
		delete(d.wants, base)
	}
	if _, _, still := w.candidate(d, base); !still {
		path := filepath.Join(d.path, base)
		delete(d.files, base)
		delete(w.files, path)
		delete(w.dirty, path)
	}
}

// resolve finds out where roots and wanted files are now, and what to watch to
// hear of those that do not exist.
func (w *Watcher) resolve(now time.Time) {
	w.unresolved = false
	for _, d := range w.dirs {
		d.await = false
	}
	var absent []string // directories that do not exist
	for _, r := range w.roots {
		if !w.resolveRoot(r, now) {
			absent = append(absent, r.abs)
		}
	}
	for _, x := range w.wants {
		if !w.resolveWant(x, now) {
			absent = append(absent, filepath.Dir(x.abs))
		}
	}
	w.prune()
	for _, path := range absent {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			w.unresolved = true // it appeared just before its parent was watched
		}
	}
}

// resolveRoot makes sure that the directory that r names now is watched. It
// reports whether there is one.
func (w *Watcher) resolveRoot(r *root, now time.Time) bool {
	real, err := filepath.EvalSymlinks(r.abs)
	var sig signature
	if err == nil {
		info, statErr := os.Stat(real)
		if statErr == nil && !info.IsDir() {
			statErr = errors.New("not a directory")
		}
		if err = statErr; err == nil {
			sig = signatureOf(info)
		}
	}
	if err != nil {
		if d := w.dirs[r.real]; d != nil && !r.missing {
			w.dropTree(d, cause{byEvent, now}, now)
		}
		r.missing = true
		w.pinAncestor(r.abs)
		return false
	}
	if !r.missing && real == r.real && sig.sameFile(r.sig) && w.dirs[real] != nil {
		r.sig = sig
		return true
	}
	old := w.dirs[r.real]
	if old != nil && real != r.real {
		w.carry = map[string]*file{}
		w.uproot(old)
	} else if old != nil {
		w.disarmTree(old)
	}
	r.real, r.sig, r.missing = real, sig, false
	w.walk(place{real, r.name}, cause{byEvent, now}, now)
	w.removeCarried(now)
	return true
}

// uproot takes the tree at d out of what is known and leaves its files in
// w.carry, to be found again under the same name elsewhere: the user's root is
// a link that leads to another directory now.
func (w *Watcher) uproot(d *dir) {
	for _, sub := range d.subs {
		w.uproot(sub)
	}
	w.disarm(d)
	delete(w.dirs, d.path)
	for _, f := range d.files {
		w.link(f, "")
		delete(w.files, f.path)
		delete(w.dirty, f.path)
		w.carry[f.name] = f
	}
	if len(d.wants) > 0 || len(d.links) > 0 {
		w.unresolved = true
	}
}

// removeCarried reports the files that were not found again.
func (w *Watcher) removeCarried(now time.Time) {
	for _, f := range w.carry {
		if f.known {
			w.produced = append(w.produced, Change{Path: f.name, Kind: Removed, Extra: f.extra, Seen: now})
		}
	}
	w.carry = nil
}

// resolveWant makes sure that the directory of a wanted file is watched. It
// reports whether that exists.
func (w *Watcher) resolveWant(x *want, now time.Time) bool {
	real, err := filepath.EvalSymlinks(filepath.Dir(x.abs))
	if err != nil {
		x.dir = ""
		w.pinAncestor(x.abs)
		return false
	}
	base := filepath.Base(x.abs)
	d := w.dirAt(real)
	if x.dir == real && d.wants[base] == x && (d.native != nil || d.member) {
		return true
	}
	x.dir = real
	if d.wants == nil {
		d.wants = map[string]*want{}
	}
	if other := d.wants[base]; other == nil || other.extra {
		d.wants[base] = x
	}
	w.watchDir(d)
	if d.files[base] == nil {
		path := filepath.Join(real, base)
		if _, err := os.Lstat(path); err == nil {
			d.files[base] = w.fileAt(path, x.name)
			d.files[base].shown, d.files[base].extra = d.listings, x.extra
			w.mark(path, cause{byEvent, now}, now)
		}
	}
	return true
}

// pinAncestor watches the nearest directory above abs that exists.
func (w *Watcher) pinAncestor(abs string) {
	for p := filepath.Dir(abs); ; p = filepath.Dir(p) {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			d := w.dirAt(real)
			d.await = true
			w.watchDir(d)
			return
		}
		if p == filepath.Dir(p) {
			return
		}
	}
}

// link makes sure that a change of the file that a symbolic link leads to is
// noticed.
func (w *Watcher) link(f *file, target string) {
	if f.target == target {
		return
	}
	if f.target != "" {
		if d := w.dirs[filepath.Dir(f.target)]; d != nil {
			base := filepath.Base(f.target)
			delete(d.links[base], f.path)
			if len(d.links[base]) == 0 {
				delete(d.links, base)
			}
		}
	}
	f.target = target
	if target == "" {
		return
	}
	d := w.dirAt(filepath.Dir(target))
	if d.links == nil {
		d.links = map[string]map[string]*file{}
	}
	base := filepath.Base(target)
	if d.links[base] == nil {
		d.links[base] = map[string]*file{}
	}
	d.links[base][f.path] = f
	w.watchDir(d)
}

// prune stops watching directories that nothing asks for any more.
func (w *Watcher) prune() {
	maps.DeleteFunc(w.dirs, func(_ string, d *dir) bool {
		if d.needed() {
			return false
		}
		w.disarm(d)
		return true
	})
}
