package watch

import (
	"path/filepath"
	"sync"
	"time"

	"github.com/rjeczalik/notify"
)

// pointCapacity is the capacity of a directory's channel. The library drops
// events when it is full, without a sign; see overflowed.
const pointCapacity = 64

// overflowWait is how long a channel that was full is left to fill up again
// before it is emptied and the directory listed.
const overflowWait = 20 * time.Millisecond

// source arms and disarms directories; tests put another one in its place.
type source interface {
	Watch(path string, c chan notify.EventInfo) error
	Stop(c chan notify.EventInfo)
}

// notifySource is the library. The slash at the end of the path keeps a
// directory whose name ends in "..." from being taken for a recursive watch.
type notifySource struct{}

func (notifySource) Watch(path string, c chan notify.EventInfo) error {
	return notify.Watch(path+string(filepath.Separator), c, events...)
}

func (notifySource) Stop(c chan notify.EventInfo) { notify.Stop(c) }

// point is the watch on one directory. Each has its own channel, because the
// library can only stop channels, not paths.
type point struct {
	path string
	ch   chan notify.EventInfo
}

// arm watches the directory at path, or says why that is impossible. The
// goroutine that it starts ends with disarm.
func (w *Watcher) arm(path string) (*point, error) {
	p := &point{path: path, ch: make(chan notify.EventInfo, pointCapacity)}
	if err := w.source.Watch(path, p.ch); err != nil {
		return nil, err
	}
	w.armed++
	w.drains.Go(func() { w.hints.drain(p) })
	return p, nil
}

// disarm ends the watch of d, if it has one.
func (w *Watcher) disarm(d *dir) {
	if d.native == nil {
		return
	}
	w.source.Stop(d.native.ch) // from here on nobody sends
	close(d.native.ch)
	d.native = nil
	w.armed--
}

// hint is what the events of one burst say about one path.
type hint struct {
	first      time.Time
	structural bool // a name may have appeared or vanished
	complete   bool // the last event says that the writer is done
}

// hints is the set of paths that may have changed. Draining a channel only ever
// puts paths in here, so that the library never waits for us.
type hints struct {
	wake chan struct{} // capacity 1; a full one wakes just as well

	mu        sync.Mutex
	paths     map[string]*hint
	lists     map[string]time.Time // directories whose channel was full
	events    int64
	coalesced int64
	overflows int64
}

func newHints() *hints {
	return &hints{wake: make(chan struct{}, 1), paths: map[string]*hint{}, lists: map[string]time.Time{}}
}

// drain empties the channel of p until it is closed.
func (h *hints) drain(p *point) {
	for ei := range p.ch {
		full := len(p.ch) >= pointCapacity-1 // it was full before this receive
		h.event(p.path, ei)
		if full {
			h.overflowed(p)
		}
	}
}

// overflowed handles a channel that was full, the only sign that events were
// dropped: when the storm is over the directory is listed and everything in it
// read.
func (h *hints) overflowed(p *point) {
	h.empty(p)
	time.Sleep(overflowWait)
	h.empty(p)
	h.mu.Lock()
	h.overflows++
	h.lists[p.path] = time.Now()
	h.mu.Unlock()
	h.signal()
}

func (h *hints) empty(p *point) {
	for {
		select {
		case ei, ok := <-p.ch:
			if !ok {
				return
			}
			h.event(p.path, ei)
		default:
			return
		}
	}
}

func (h *hints) event(dir string, ei notify.EventInfo) {
	path := ei.Path()
	if path != dir && filepath.Dir(path) != dir {
		path = dir // a path under an old name: something moved
	}
	e, now := ei.Event(), time.Now()
	h.mu.Lock()
	h.events++
	x := h.paths[path]
	if x == nil {
		x = &hint{first: now}
		h.paths[path] = x
	} else {
		h.coalesced++
	}
	x.structural = x.structural || structural(e)
	x.complete = complete(e)
	h.mu.Unlock()
	h.signal()
}

// take empties the set.
func (h *hints) take() (paths map[string]*hint, lists map[string]time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.paths) > 0 {
		paths, h.paths = h.paths, map[string]*hint{}
	}
	if len(h.lists) > 0 {
		lists, h.lists = h.lists, map[string]time.Time{}
	}
	return paths, lists
}

// signal wakes the loop.
func (h *hints) signal() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}
