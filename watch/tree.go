package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxNative is the number of directories that get a watch of their own; the
// rest of a larger tree is polled, since each costs a goroutine and a channel
// (measured: about 5 KB).
const maxNative = 4000

// file is what is known of one candidate.
type file struct {
	path  string // real path
	name  string // as the user knows it
	extra bool
	shown uint64 // number of the directory's listing that showed it last

	known  bool // reported; the fields below say as what
	sig    signature
	hash   [32]byte
	size   int
	err    error
	target string    // where a symbolic link leads
	readAt time.Time // for racy
	gone   time.Time // when it was found missing; zero while it is there
}

// dir is one directory that is looked at.
type dir struct {
	path   string // real path
	name   string // as the user knows it; for members only
	member bool   // part of a root: every candidate and sub-directory in it counts

	listings uint64 // how often it was listed
	shown    uint64 // number of its parent's listing that showed it last

	native  *point // nil: no events, polled
	limited error  // the limit that refused a watch
	// eventless names the file system if it reports no events.
	eventless string
	err       error // why it cannot be listed

	files map[string]*file // by base name
	subs  map[string]*dir  // members below, by base name

	// What a directory is looked at for when it is no member, or beside that.
	wants map[string]*want            // files that were asked for by name
	links map[string]map[string]*file // base name of a target → links to it, by their path
	await bool                        // a root or a wanted file may appear below

	sig    signature // at the last listing
	listed time.Time
}

// needed reports whether there is any reason to look at d.
func (d *dir) needed() bool {
	return d.member || d.await || len(d.wants) > 0 || len(d.links) > 0
}

// place is a directory to walk.
type place struct{ path, name string }

// dirAt returns the directory at path, making it known if it was not.
func (w *Watcher) dirAt(path string) *dir {
	d := w.dirs[path]
	if d == nil {
		d = &dir{path: path, files: map[string]*file{}, subs: map[string]*dir{}}
		w.dirs[path] = d
	}
	return d
}

// watchDir arms d unless it is armed, or leaves it to polling and remembers why.
func (w *Watcher) watchDir(d *dir) {
	if d.native != nil || w.opts.Mode == Poll {
		return
	}
	d.limited, d.eventless = nil, ""
	if w.opts.Mode == Auto {
		d.eventless = w.eventless(d.path)
	}
	if d.eventless != "" || w.armed >= maxNative {
		return
	}
	p, err := w.arm(d.path)
	if err == nil {
		d.native = p
	} else if isLimit(err) {
		d.limited = err
	}
}

// walk makes the directory at p and all below it members: each is watched first
// and listed then, so that nothing can appear unseen in between.
func (w *Watcher) walk(p place, c cause, now time.Time) {
	for stack := []place{p}; len(stack) > 0; {
		p = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		d := w.dirAt(p.path)
		if !d.member {
			d.member, d.name = true, p.name
		}
		if parent := w.dirs[filepath.Dir(p.path)]; parent != nil && parent.member && parent != d {
			parent.subs[filepath.Base(p.path)] = d
			d.shown = parent.listings
		}
		w.watchDir(d)
		stack = append(stack, w.list(d, c, now)...)
	}
}

// list reads the directory d, marks every candidate that may have changed and
// returns the sub-directories that belong to the tree.
func (w *Watcher) list(d *dir, c cause, now time.Time) []place {
	if !d.member {
		w.check(d, c, now)
		return nil
	}
	sig, entries, err := readDir(d.path)
	if d.err = err; err != nil {
		return nil // when it vanished, its parent or the root check tells
	}
	d.sig, d.listed = sig, now
	d.listings++
	var subs []place
	for _, e := range entries {
		base := e.Name()
		if e.IsDir() {
			name, sub := filepath.Join(d.name, base), d.subs[base]
			switch excluded := Ignored(base, true) || w.opts.Ignore(name, true); {
			case !excluded:
				subs = append(subs, place{filepath.Join(d.path, base), name})
				if sub != nil {
					sub.shown = d.listings
				}
			case sub != nil:
				delete(d.subs, base)
				w.excludeTree(sub, now)
			}
		}
		if name, extra, ok := w.candidate(d, base); ok {
			w.found(d, base, name, extra, c, now)
		}
	}
	for base, f := range d.files {
		if f.shown == d.listings {
			continue
		}
		if _, _, ok := w.candidate(d, base); ok {
			w.mark(f.path, c, now)
			continue
		}
		w.exclude(f, now)
	}
	for base, sub := range d.subs {
		if sub.shown != d.listings {
			delete(d.subs, base)
			w.dropTree(sub, c, now)
		}
	}
	return subs
}

// readDir returns the entries of a directory and what it looked like before
// they were read.
func readDir(path string) (signature, []fs.DirEntry, error) {
	f, err := os.Open(path)
	if err != nil {
		return signature{}, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return signature{}, nil, err
	}
	entries, err := f.ReadDir(-1)
	return signatureOf(info), entries, err
}

// candidate reports whether the file base in d is of interest, and under which
// name.
func (w *Watcher) candidate(d *dir, base string) (name string, extra, ok bool) {
	if d.member && !Ignored(base, false) {
		name = filepath.Join(d.name, base)
		if w.opts.Match(name) && !w.opts.Ignore(name, false) {
			return name, false, true
		}
	}
	if x := d.wants[base]; x != nil {
		return x.name, x.extra, true
	}
	return "", false, false
}

// found is called for each candidate that a listing shows.
func (w *Watcher) found(d *dir, base, name string, extra bool, c cause, now time.Time) {
	f := d.files[base]
	if f == nil {
		f = w.fileAt(filepath.Join(d.path, base), name)
		d.files[base] = f
	}
	f.shown, f.name, f.extra = d.listings, name, extra
	if c.origin == byOverflow || w.differs(f, now) {
		w.mark(f.path, c, now)
	}
}

// fileAt returns the candidate at path, making it known if it was not.
func (w *Watcher) fileAt(path, name string) *file {
	f := w.files[path]
	if f != nil {
		return f
	}
	if f = w.carry[name]; f != nil {
		delete(w.carry, name)
		f.path = path
	} else {
		f = &file{path: path, name: name}
	}
	w.files[path] = f
	return f
}

// differs reports whether f may have another content than was reported.
func (w *Watcher) differs(f *file, now time.Time) bool {
	if !f.known || !f.gone.IsZero() {
		return true
	}
	l := lookAt(f.path)
	if l.gone || l.sig != f.sig || l.target != f.target {
		return true
	}
	return f.err == nil && f.sig.racy(f.readAt)
}

// check looks at the wanted files and link targets of a directory that is not a
// member, without listing it.
func (w *Watcher) check(d *dir, c cause, now time.Time) {
	for base, x := range d.wants {
		path := filepath.Join(d.path, base)
		f := d.files[base]
		if f == nil {
			if _, err := os.Lstat(path); err != nil {
				continue
			}
			f = w.fileAt(path, x.name)
			d.files[base] = f
		}
		f.extra = x.extra
		if c.origin == byOverflow || w.differs(f, now) {
			w.mark(path, c, now)
		}
	}
}

// dropTree stops watching d and everything below; its files are marked, so that
// they are reported as removed unless they come back in time.
func (w *Watcher) dropTree(d *dir, c cause, now time.Time) {
	for _, sub := range d.subs {
		w.dropTree(sub, c, now)
	}
	w.disarm(d)
	if w.dirs[d.path] == d {
		delete(w.dirs, d.path)
	}
	if parent := w.dirs[filepath.Dir(d.path)]; parent != nil {
		if base := filepath.Base(d.path); parent.subs[base] == d {
			delete(parent.subs, base)
		}
		parent.sig = signature{} // should d be back already, the next sweep lists it
	}
	for _, f := range d.files {
		w.mark(f.path, c, now)
	}
	if len(d.wants) > 0 || len(d.links) > 0 || d.await {
		w.unresolved = true
	}
}

// excludeTree stops watching d and everything below because the rules, asked
// anew, ignore it.
func (w *Watcher) excludeTree(d *dir, now time.Time) {
	for _, sub := range d.subs {
		w.excludeTree(sub, now)
	}
	for _, f := range d.files {
		w.exclude(f, now)
	}
	w.dropTree(d, cause{byEvent, now}, now)
}

// exclude reports f as removed because it is no candidate any more, although
// it is still there.
func (w *Watcher) exclude(f *file, now time.Time) {
	if f.known {
		w.produced = append(w.produced, Change{Path: f.name, Kind: Removed, Extra: f.extra, Seen: now})
		w.wakeAt(now)
	}
	w.forget(f)
}

// disarmTree takes the watches off d and everything below, so that all can be
// put on again.
func (w *Watcher) disarmTree(d *dir) {
	w.disarm(d)
	for _, sub := range d.subs {
		w.disarmTree(sub)
	}
}
