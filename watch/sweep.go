package watch

import (
	"os"
	"time"
)

const (
	sweepLeast  = 2 * time.Second  // so long may a change stay unseen whose event was lost
	sweepFactor = 100              // a sweep takes a hundredth of a core
	sweepMost   = 10 * time.Second // but is not put off for longer than this
	pollFactor  = 20               // unless it would take a twentieth; polling too
	alertSweeps = 10               // how many sweeps come early after a missed change
	sweepSlice  = 2 * time.Millisecond
	rootEvery   = time.Second // a root that was replaced has no events until this finds it
	jumpLeast   = 5 * time.Second
)

// sweep is one comparison of directories with what is known of them, done in
// slices so that events are not kept waiting.
type sweep struct {
	queue []*dir
	full  bool // list everything, even where nothing seems to have changed
	poll  bool // of the directories without events
	busy  time.Duration
}

// startSweep begins a comparison of all directories.
func (w *Watcher) startSweep(now time.Time, full bool) {
	w.checkRoots(now) // or the sweep would claim what a moved root explains
	w.rearmLimited()
	w.sweep = sweep{full: full}
	for _, d := range w.dirs {
		w.sweep.queue = append(w.sweep.queue, d)
	}
	w.nextSweep, w.nextPoll = now.Add(w.sweepEvery), now.Add(w.pollEvery)
}

// startDue begins the comparison that is due, if any.
func (w *Watcher) startDue(now time.Time) {
	if len(w.sweep.queue) > 0 {
		return
	}
	poll := !now.Before(w.nextPoll)
	if !poll && now.Before(w.nextSweep) {
		return
	}
	w.checkRoots(now)
	w.sweep = sweep{poll: poll}
	if poll {
		w.nextPoll = now.Add(w.pollEvery)
	} else {
		w.nextSweep = now.Add(w.sweepEvery)
		w.rearmLimited()
	}
	for _, d := range w.dirs {
		if (d.native == nil) == poll {
			w.sweep.queue = append(w.sweep.queue, d)
		}
	}
}

// rearmLimited tries again to watch the directories that a limit refused.
func (w *Watcher) rearmLimited() {
	for _, d := range w.dirs {
		if d.limited == nil {
			continue
		}
		if w.watchDir(d); d.limited != nil {
			return
		}
	}
}

// sweepOn works on the comparison under way for at most sweepSlice.
func (w *Watcher) sweepOn(now time.Time) {
	s := &w.sweep
	if len(s.queue) == 0 {
		return
	}
	start := time.Now()
	for len(s.queue) > 0 && time.Since(start) < sweepSlice {
		d := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		if w.dirs[d.path] == d {
			w.compare(d, s.full, now)
		}
	}
	s.busy += time.Since(start)
	if len(s.queue) == 0 {
		w.endSweep(now)
	}
}

// endSweep sets the pace of the next sweep by the cost of this one.
func (w *Watcher) endSweep(now time.Time) {
	w.unresolved = true // wanted files may have become reachable another way
	w.wakeAt(now)
	if w.sweep.poll {
		w.pollEvery = max(w.opts.PollInterval, pollFactor*w.sweep.busy)
		w.nextPoll = now.Add(w.pollEvery)
		return
	}
	w.sweepEvery = sweepPace(w.sweep.busy)
	if w.alert > 0 {
		w.alert--
		w.sweepEvery /= 2
	}
	w.nextSweep = now.Add(w.sweepEvery)
}

// sweepPace is the time until the next sweep after one that took busy. The upper
// bound is there because busy is measured by the clock on the wall: on a loaded
// machine a small sweep can seem to take long.
func sweepPace(busy time.Duration) time.Duration {
	return max(sweepLeast, min(sweepFactor*busy, max(sweepMost, pollFactor*busy)))
}

// compare marks what differs in d from what is known.
func (w *Watcher) compare(d *dir, full bool, now time.Time) {
	c := cause{bySweep, now}
	if !d.member {
		w.check(d, c, now)
		return
	}
	info, err := os.Stat(d.path)
	if err != nil {
		w.suspect[d.path] = now
		w.wakeAt(now)
		return
	}
	sig := signatureOf(info)
	if full || d.err != nil || sig != d.sig || sig.racy(d.listed) {
		for _, p := range w.list(d, c, now) {
			if sub := w.dirs[p.path]; sub == nil || !sub.member {
				w.walk(p, c, now)
			}
		}
		return
	}
	for _, f := range d.files {
		if w.differs(f, now) {
			w.mark(f.path, c, now)
		}
	}
}

// tick does what is due every second: it looks at the roots, and whether the
// machine has slept.
func (w *Watcher) tick(now time.Time) {
	if now.Before(w.nextRoots) {
		return
	}
	w.nextRoots = now.Add(rootEvery)
	clock := w.clock()
	if jumped(w.lastClock, clock) {
		w.startSweep(now, true)
	}
	w.lastClock = clock
	w.checkRoots(now)
}

// checkRoots looks whether the roots are still the directories they were. No
// event tells when a directory above one of them is renamed.
func (w *Watcher) checkRoots(now time.Time) {
	for _, r := range w.roots {
		info, err := os.Stat(r.abs)
		moved := err != nil || !info.IsDir() || !signatureOf(info).sameFile(r.sig)
		if moved != r.missing {
			w.resolve(now)
			w.wakeAt(now)
			return
		}
	}
}

// reading is one moment by two clocks.
type reading struct {
	wall time.Time     // without a monotonic part
	mono time.Duration // since the watcher was made; stands still while the machine sleeps
}

// newClock returns a function that reads both clocks.
func newClock() func() reading {
	start := time.Now()
	return func() reading {
		now := time.Now()
		return reading{wall: now.Round(0), mono: now.Sub(start)}
	}
}

// jumped reports whether the clocks disagree about the time between two
// readings: the machine slept, or somebody set its clock.
func jumped(from, to reading) bool {
	gap := to.wall.Sub(from.wall) - (to.mono - from.mono)
	return gap.Abs() > jumpLeast
}
