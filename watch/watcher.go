package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Stats say how changes are seen and what it took so far.
type Stats struct {
	Mode      string // "inotify" (elsewhere "native"), "poll", or "mixed"
	Dirs      int    // directories watched or polled
	Files     int    // candidates known
	Events    int64  // events that the system sent
	Coalesced int64  // events for a path that was already marked
	Overflows int64  // channels that were full, each followed by a listing
	Missed    int64  // changes that only the sweep found
	Unchanged int64  // saves that left the content as it was
	Problem   string // a limit or an unreadable directory, with the way out
}

// Watcher watches the paths of its Options. Make it with New and start it with
// Run; the other methods may be called at any time from any goroutine.
type Watcher struct {
	opts   Options
	out    chan Batch
	hints  *hints
	source source
	clock  func() reading
	// eventless names the file system at a path if it reports no events.
	eventless func(path string) string

	started atomic.Bool
	drains  sync.WaitGroup

	ask      sync.Mutex // guards what other goroutines ask for
	extra    []string
	extraSet bool
	rescan   bool

	statMu sync.Mutex
	stats  Stats

	// All below belongs to the goroutine of Run.
	roots      []*root
	wants      []*want
	dirs       map[string]*dir
	files      map[string]*file
	carry      map[string]*file // by name, while a root moves
	dirty      map[string]*dirt
	suspect    map[string]time.Time // directories whose watch may be dead
	debounce   debouncer
	pending    pending
	produced   []Change // found outside a pass
	ready      bool     // the first scan is done
	unresolved bool     // roots or wanted files must be looked for
	armed      int
	sweep      sweep
	alert      int // sweeps that come early

	retryAt               time.Time // next pass without a burst; zero for none
	nextSweep, nextPoll   time.Time
	sweepEvery, pollEvery time.Duration
	nextRoots             time.Time
	lastClock             reading
}

// Batches returns the channel on which changes are handed over. It has no
// buffer: while the reader is busy, later changes are merged into the batch that
// waits, so that what is read is always the latest state and nothing final is
// lost. The channel is closed when Run returns.
func (w *Watcher) Batches() <-chan Batch { return w.out }

// Rescan lists all directories again and asks Match and Ignore anew, for when
// their answers changed or the caller has doubts. It returns at once.
func (w *Watcher) Rescan() {
	w.ask.Lock()
	w.rescan = true
	w.ask.Unlock()
	w.hints.signal()
}

// Stats returns the counters as they are now.
func (w *Watcher) Stats() Stats {
	w.statMu.Lock()
	s := w.stats
	w.statMu.Unlock()
	w.hints.mu.Lock()
	s.Events, s.Coalesced, s.Overflows = w.hints.events, w.hints.coalesced, w.hints.overflows
	w.hints.mu.Unlock()
	return s
}

func (w *Watcher) stat(change func(*Stats)) {
	w.statMu.Lock()
	change(&w.stats)
	w.statMu.Unlock()
}

// Run watches until ctx ends. The first batch, with Initial set, holds every
// file there is, even if that is none: it is complete when everything is armed,
// so that no later change can be missed. Run returns nil when ctx ended, with
// all its goroutines gone, and an error when it was called before.
func (w *Watcher) Run(ctx context.Context) error {
	if !w.started.CompareAndSwap(false, true) {
		return errors.New("watch: Run was called twice")
	}
	defer close(w.out)
	defer w.stop()
	w.start(time.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		w.step(now)
		timer.Reset(w.nextWake().Sub(now))
		var out chan Batch
		batch, any := w.pending.peek()
		if any {
			out = w.out
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.hints.wake:
		case <-timer.C:
		case out <- batch:
			w.pending.taken()
		}
	}
}

// start arms everything, reads every file and makes the first batch.
func (w *Watcher) start(now time.Time) {
	w.sweepEvery, w.pollEvery = sweepLeast, w.opts.PollInterval
	w.nextSweep, w.nextPoll = now.Add(w.sweepEvery), now.Add(w.pollEvery)
	w.nextRoots, w.lastClock = now.Add(rootEvery), w.clock()
	w.takeRequests(now)
	w.resolve(now)
	w.pass(now)
	w.ready = true
	w.pending.add(nil, 0, true)
	w.publish()
}

// stop takes all watches off and waits for the goroutines that served them.
func (w *Watcher) stop() {
	for _, d := range w.dirs {
		w.disarm(d)
	}
	w.drains.Wait()
}

// step does all that is due at now.
func (w *Watcher) step(now time.Time) {
	w.takeRequests(now)
	w.takeHints(now)
	w.tick(now)
	w.startDue(now)
	w.sweepOn(now)
	if w.debounce.active() && !w.debounce.looked && !now.Before(w.debounce.lookAt()) {
		w.firstLook(now)
	}
	over := w.debounce.active() && !now.Before(w.debounce.fireAt())
	if over {
		w.endBurst()
	}
	if over || !w.retryAt.IsZero() && !now.Before(w.retryAt) {
		w.pass(now)
		w.publish()
	}
}

// nextWake is when the loop must look again if nothing happens before.
func (w *Watcher) nextWake() time.Time {
	if len(w.sweep.queue) > 0 {
		return time.Time{} // at once
	}
	next := w.nextRoots
	for _, t := range []time.Time{w.nextSweep, w.nextPoll, w.retryAt, w.debounce.next()} {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	return next
}

// publish brings the statistics up to date.
func (w *Watcher) publish() {
	polled := 0
	for _, d := range w.dirs {
		if d.native == nil {
			polled++
		}
	}
	problem := w.problem(polled)
	mode := "mixed"
	switch {
	case polled == 0:
		mode = nativeName
	case w.armed == 0:
		mode = "poll"
	}
	w.stat(func(s *Stats) {
		s.Mode, s.Dirs, s.Files, s.Problem = mode, len(w.dirs), len(w.files), problem
	})
}

// problem says in words why changes are seen late or not at all, the gravest
// cause first; "" when all is well.
func (w *Watcher) problem(polled int) string {
	var limit error
	var unreadable, eventless *dir
	for _, d := range w.dirs {
		if d.limited != nil {
			limit = d.limited
		}
		if d.err != nil && (unreadable == nil || d.path < unreadable.path) {
			unreadable = d
		}
		if d.eventless != "" && (eventless == nil || d.path < eventless.path) {
			eventless = d
		}
	}
	switch {
	case unreadable != nil:
		return fmt.Sprintf("cannot read directory %s: %v", unreadable.name, plain(unreadable.err))
	case limit != nil:
		return limitProblem(limit, w.armed, polled)
	case w.armed >= maxNative:
		return fmt.Sprintf("more than %d directories: %d are polled; exclude what holds no test files", maxNative, polled)
	case eventless != nil:
		return fmt.Sprintf("%s reports no events: %d directories are polled (%s, ...)", eventless.eventless, polled, eventless.path)
	}
	return ""
}
