package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Blobs keeps records by name outside of the process. Names are made of the
// letters a to z and digits. Implementations are safe for concurrent use, also
// by several processes; they may drop records at any time. What they return is
// checked by who asked: a store that errs costs time, never a wrong rendering.
type Blobs interface {
	// Label names the store for people, without passwords.
	Label() string
	// Get returns a record, or nil and no error when there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Put keeps a record; it appears whole or not at all.
	Put(ctx context.Context, name string, data []byte) error
	// Delete drops a record; it is no error when there is none.
	Delete(ctx context.Context, name string) error
	// Clear drops all records of this program and nothing else.
	Clear(ctx context.Context) error
	// Stats counts the records. It may take long.
	Stats(ctx context.Context) (BackendStats, error)
	// Close ends the use of the store; the records stay.
	Close() error
}

const (
	// farTimeout is how long a far store may take to answer before it is
	// bypassed: rendering is faster than waiting.
	farTimeout = 250 * time.Millisecond
	// farRest is how long a store that failed is left alone.
	farRest = 10 * time.Second
	// farQueue is how many records wait to be written; more are dropped.
	farQueue = 256
)

// FarStats are the counters of a far store since the start.
type FarStats struct {
	Label        string
	Hits, Misses int64
	Damaged      int64 // records that were not what was written
	Dropped      int64 // records that were not written, because too many waited
	Problem      string
}

// Far is a store behind the memory of the process: it outlives it, or is shared
// with others. Records are read while somebody waits and written behind their
// back. One that fails or is slow is bypassed for a while, which is said once,
// as is its return.
type Far struct {
	blobs  Blobs
	space  string // of the keys: what renders differently has another
	now    func() time.Time
	notify func(bad bool, text string)

	mu    sync.Mutex
	stats FarStats
	until time.Time // bypassed before this moment
	down  bool
	ended bool // Close was called

	queue chan *Entry
	done  chan struct{}
}

// NewFar returns a far store over blobs. Renderings of processes with another
// space are never met: it names everything about the program itself that a
// rendering depends on. notify is told when the store fails (bad) or works
// again, in words; it must not block for long.
func NewFar(blobs Blobs, space string, now func() time.Time, notify func(bad bool, text string)) *Far {
	f := &Far{
		blobs: blobs, space: space, now: now, notify: notify, stats: FarStats{Label: blobs.Label()},
		queue: make(chan *Entry, farQueue), done: make(chan struct{}),
	}
	go f.write()
	return f
}

// name is the name of a record: its kind and a hash. The path of the template is
// part of it, for a relative include of the same text elsewhere is another file.
func (f *Far) name(kind, path string, of ...[32]byte) string {
	h := sha256.New()
	h.Write(appendString(appendString(appendString(nil, kind), f.space), path))
	for i := range of {
		h.Write(of[i][:])
	}
	return kind + hex.EncodeToString(h.Sum(nil))
}

// tracedAt is where the closures of a content are kept, and rendering where what
// it renders to is.
func (f *Far) tracedAt(path string, template, vars [32]byte) string {
	return f.name("t", path, template, vars)
}
func (f *Far) rendering(path string, k Key) string { return f.name("r", path, k) }

// find returns the rendering of the template that belongs to the present state
// of everything it reads, or nil.
func (f *Far) find(ctx context.Context, path string, template, vars [32]byte, dep DepState, env EnvState) *Entry {
	if !f.usable() {
		return nil
	}
	var known traced
	if !f.get(ctx, f.tracedAt(path, template, vars), &known) {
		return f.count(nil)
	}
	for i := range known.Closures {
		c := known.Closures[i].canonical()
		if c.Template != template || c.Vars != vars || c.Volatile {
			continue
		}
		key := c.at(dep, env)
		var e Entry
		if f.get(ctx, f.rendering(path, key), &e) && e.Closure.Key() == key {
			return f.count(&e)
		}
	}
	return f.count(nil)
}

func (f *Far) count(e *Entry) *Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e == nil {
		f.stats.Misses++
	} else {
		f.stats.Hits++
	}
	return e
}

// get reads one record; false when there is none that can be trusted.
func (f *Far) get(ctx context.Context, name string, into any) bool {
	ctx, cancel := context.WithTimeout(ctx, farTimeout)
	defer cancel()
	data, err := f.blobs.Get(ctx, name)
	if err != nil {
		f.failed(err)
		return false
	}
	f.works()
	if data == nil {
		return false
	}
	if err := unseal(name, data, into); err != nil {
		f.mu.Lock()
		f.stats.Damaged++
		f.mu.Unlock()
		f.notify(true, fmt.Sprintf("the cache %s holds a record that cannot be used (%v); it is dropped and the template rendered", f.blobs.Label(), err))
		if err := f.blobs.Delete(ctx, name); err != nil {
			f.failed(err)
		}
		return false
	}
	return true
}

// store keeps an entry, soon. When too many wait, it is left out.
func (f *Far) store(e *Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	select {
	case f.queue <- e:
	default:
		f.stats.Dropped++
	}
}

// write does the writing until Close.
func (f *Far) write() {
	defer close(f.done)
	for e := range f.queue {
		if f.usable() {
			if err := f.put(e); err != nil {
				f.failed(err)
			} else {
				f.works()
			}
		}
	}
}

// put writes an entry, then its names: who finds the names finds the entry.
func (f *Far) put(e *Entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*farTimeout)
	defer cancel()
	name := f.rendering(e.memoPath, e.Closure.Key())
	data, err := seal(name, e)
	if err != nil || len(data) > maxRecord {
		return err
	}
	if err := f.blobs.Put(ctx, name, data); err != nil {
		return err
	}
	at := f.tracedAt(e.memoPath, e.Closure.Template, e.Closure.Vars)
	var known traced
	if data, err := f.blobs.Get(ctx, at); err == nil && data != nil && unseal(at, data, &known) != nil {
		known = traced{}
	}
	known.add(e.Closure)
	if data, err = seal(at, known); err != nil {
		return err
	}
	return f.blobs.Put(ctx, at, data)
}

// usable reports whether the store may be asked now.
func (f *Far) usable() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.now().Before(f.until)
}

// failed leaves the store alone for a while and says so, once.
func (f *Far) failed(err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", farTimeout)
	}
	f.mu.Lock()
	first := !f.down
	f.down, f.until, f.stats.Problem = true, f.now().Add(farRest), err.Error()
	f.mu.Unlock()
	if first {
		f.notify(true, fmt.Sprintf("the cache %s is bypassed: %v", f.blobs.Label(), err))
	}
}

// works takes note of an answer.
func (f *Far) works() {
	f.mu.Lock()
	again := f.down
	f.down, f.stats.Problem = false, ""
	f.mu.Unlock()
	if again {
		f.notify(false, fmt.Sprintf("the cache %s is used again", f.blobs.Label()))
	}
}

// Stats returns the counters.
func (f *Far) Stats() FarStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Close writes what waits and ends the use of the store. What is stored
// afterwards goes nowhere.
func (f *Far) Close() error {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	close(f.queue)
	<-f.done
	return f.blobs.Close()
}
