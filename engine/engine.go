package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/cache"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
	"github.com/seanchatmangpt/clnrm-tui/watch"
)

// Options configure an engine. The zero value of a field means its default.
type Options struct {
	Dir        string                           // working directory, absolute; default os.Getwd
	Paths      []string                         // files and folders to look after; default "."
	Env        func(name string) (string, bool) // default os.LookupEnv
	Now        func() time.Time                 // default time.Now
	Vars       map[string]any                   // --var and --map, above every other layer
	Matrix     map[string]string                // keeps combinations of [matrix] that have these values
	Secrets    []string                         // patterns of further names that hold secrets, "!" exempts; see secret.NewNames
	Debounce   time.Duration                    // quiet time after a save; default 50 ms
	Poll       bool                             // look for changes instead of being told
	Jobs       int                              // scenarios side by side; default min(CPUs, 4)
	Containers int                              // containers at any instant; default 10
	Timeout    time.Duration                    // of scenarios that name none; default 300 s
	CacheSize  int                              // renderings kept; default cache.DefaultEntries
	backend    func() (runner.Backend, error)   // tests put a scripted one here
}

// Engine is the one thing behind every surface. Its methods are safe for
// concurrent use.
type Engine struct {
	opts     Options
	scope    *scope
	now      func() time.Time
	pipeline *pipeline
	store    *store.Store
	logs     *logs
	latency  latency
	watcher  atomic.Pointer[watch.Watcher] // nil until Watch
	paused   atomic.Bool
	resume   chan struct{} // capacity 1: paused has changed

	watchMu    sync.Mutex
	watchShown WatchStatus // as last published

	crash  crash
	ctx    context.Context // of everything the engine starts
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
	// closing keeps new work out while Close waits for the old.
	closing sync.Mutex

	inbox   chan Event // capacity inboxCapacity; senders wait when it is full
	grew    chan struct{}
	quit    chan struct{} // closed by Close when no more facts can come
	stopped chan struct{} // closed when the loop has ended
	snap    atomic.Pointer[Snapshot]
	changed chan struct{}

	subsMu sync.Mutex
	subs   []*Subscription

	mu      sync.Mutex // guards what follows and the order of events
	entries map[string]*entry
	failed  map[string]error // runs that could not start
	// forgetful leaves recorded runs alone: set by Scan.
	forgetful bool

	backendMu sync.Mutex
	backend   runner.Backend
	sched     atomic.Pointer[runner.Scheduler] // nil until the backend is open
}

const (
	inboxCapacity     = 1024
	defaultContainers = 10
	// logInterval is how often a growing log is told to readers.
	logInterval = 33 * time.Millisecond
)

// New returns an engine over the files that o names. A path that does not exist
// is a *RequestError. Nothing is read yet: call Watch or Scan. Close it.
func New(o Options) (*Engine, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	sc, err := newScope(o.Dir, o.Paths)
	if err != nil {
		return nil, err
	}
	vars, err := hashVars(o.Vars)
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	mem, err := cache.NewMemory(o.CacheSize, 0)
	if err != nil {
		return nil, fmt.Errorf("render cache: %w", err)
	}
	e := &Engine{
		opts: o, scope: sc, now: o.Now, store: store.Open(sc.root),
		inbox: make(chan Event, inboxCapacity), grew: make(chan struct{}, 1),
		quit: make(chan struct{}), stopped: make(chan struct{}), crash: crash{happened: make(chan struct{})}, changed: make(chan struct{}, 1),
		resume:  make(chan struct{}, 1),
		entries: map[string]*entry{}, failed: map[string]error{},
	}
	e.pipeline = &pipeline{
		root: sc.root, env: o.Env, now: o.Now, vars: vars, matrix: o.Matrix, secrets: secret.NewNames(o.Secrets...), cache: cache.New(mem),
		template: template.New(template.Options{Root: sc.root, Env: o.Env, Now: o.Now, Overrides: o.Vars}),
		files:    fileHashes{root: sc.root, seen: map[string]fileHash{}},
	}
	e.logs = newLogs(o.Now, func() {
		select {
		case e.grew <- struct{}{}:
		default:
		}
	})
	e.ctx, e.cancel = context.WithCancelCause(context.Background())
	st := newState(sc.root, o.Now)
	if sc.base != sc.root {
		st.snap.Base = sc.rel(sc.base)
	}
	e.snap.Store(st.snapshot())
	go e.guarded("its loop", func() { e.loop(st) })
	return e, nil
}

func (o *Options) defaults() error {
	if o.Dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("working directory: %w", err)
		}
		o.Dir = dir
	}
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Jobs <= 0 {
		o.Jobs = min(runtime.NumCPU(), 4)
	}
	if o.Containers <= 0 {
		o.Containers = defaultContainers
	}
	if o.backend == nil {
		o.backend = func() (runner.Backend, error) { return docker.New(docker.Options{}) }
	}
	return nil
}

// loop folds events into snapshots until the engine closes.
func (e *Engine) loop(st *state) {
	defer close(e.stopped)
	var tick <-chan time.Time
	for {
		var batch []Event
		select {
		case ev := <-e.inbox:
			batch = append(batch, ev)
		case <-e.quit:
			e.publish(st, e.drain(nil), true)
			return
		case <-e.grew:
			if tick == nil {
				tick = time.After(logInterval)
			}
			continue
		case <-tick:
			tick = nil
			batch = append(batch, logsGrew{e.logs.takeDirty()})
		}
		e.publish(st, e.drain(batch), false)
	}
}

// drain adds what already waits, so that many facts cost one snapshot.
func (e *Engine) drain(batch []Event) []Event {
	for n := len(e.inbox); n > 0; n-- {
		batch = append(batch, <-e.inbox)
	}
	return batch
}

// publish folds a batch, makes the snapshot visible and tells readers.
func (e *Engine) publish(st *state, batch []Event, last bool) {
	for _, ev := range batch {
		st.apply(ev)
	}
	snap := st.snapshot()
	if sched := e.sched.Load(); sched != nil {
		snap.Run.Containers, snap.Run.Limit = sched.Containers()
	}
	for _, ev := range batch {
		if c, ok := ev.(Checked); ok && !c.Seen.IsZero() {
			e.latency.carried(snap.Seq, c.Seen)
		}
	}
	e.snap.Store(snap)
	select {
	case e.changed <- struct{}{}:
	default:
	}
	e.subsMu.Lock()
	for _, s := range e.subs {
		s.push(batch, last)
	}
	e.subsMu.Unlock()
	for _, ev := range batch {
		if b, ok := ev.(barrier); ok {
			close(b.reached)
		}
	}
}

// emit hands an event to the loop. After Close events go nowhere.
func (e *Engine) emit(ev Event) {
	select {
	case e.inbox <- ev:
	case <-e.stopped:
	}
}

// Snapshot returns the present state; it is never nil and never changes.
func (e *Engine) Snapshot() *Snapshot { return e.snap.Load() }

// Changed is signalled after a new snapshot was published. It has room for one
// signal: a slow reader sees the newest state, not every state.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Subscribe returns a reader of all events from now on.
func (e *Engine) Subscribe() *Subscription {
	s := newSubscription()
	e.subsMu.Lock()
	e.subs = append(e.subs, s)
	e.subsMu.Unlock()
	return s
}

// unsubscribe ends a subscription.
func (e *Engine) unsubscribe(s *Subscription) {
	e.subsMu.Lock()
	defer e.subsMu.Unlock()
	e.subs = slices.DeleteFunc(e.subs, func(x *Subscription) bool { return x == s })
}

// Log returns up to n lines of the log of a scenario's last run, also of one by
// an earlier process; a negative from counts from the end.
func (e *Engine) Log(id ScenarioID, from, n int) LogWindow {
	e.logs.recall(id, e.store.LogFile(id.Path, id.Name))
	return e.logs.window(id, from, n)
}

// Shown says that a snapshot is on the screen since at; it completes the
// measurement of the saves whose verdicts it carries.
func (e *Engine) Shown(seq uint64, at time.Time) {
	if l, any := e.latency.shown(seq, at); any {
		e.emit(LatencyMeasured{l})
	}
}

// Root is the absolute path of the project.
func (e *Engine) Root() string { return e.scope.root }

// newRunID returns a fresh name for a run; it labels everything that is created.
func (e *Engine) newRunID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Probe asks the backend whether scenarios can be run and publishes the answer.
// A failure is a *runner.EnvironmentError.
func (e *Engine) Probe() {
	e.background(func() { _ = e.probe(e.ctx) }) // the answer is published
}

func (e *Engine) probe(ctx context.Context) error {
	b, err := e.openBackend()
	if err == nil {
		err = b.Ready(ctx)
	}
	st := BackendStatus{Known: true, OK: err == nil, Name: "docker"}
	if b != nil {
		st.Name = b.Name()
	}
	if err != nil {
		st.Problem = err.Error()
	}
	e.emit(BackendProbed{st})
	return err
}

// openBackend makes the backend and its scheduler on first use.
func (e *Engine) openBackend() (runner.Backend, error) {
	e.backendMu.Lock()
	defer e.backendMu.Unlock()
	if e.backend != nil {
		return e.backend, nil
	}
	b, err := e.opts.backend()
	if err != nil {
		return nil, err
	}
	e.backend = b
	e.sched.Store(runner.NewScheduler(b, e.opts.Jobs, e.opts.Containers))
	return b, nil
}

// background does work that Close waits for; once the engine is closing, nothing.
func (e *Engine) background(work func()) {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.ctx.Err() == nil {
		e.wg.Go(func() { e.guarded("the background", work) })
	}
}

// Close stops everything that runs, removes what it created, and returns when
// nothing of it is left. ctx bounds the removal.
func (e *Engine) Close(ctx context.Context) error {
	e.closing.Lock()
	e.cancel(errClosing)
	e.closing.Unlock()
	e.wg.Wait()
	var err error
	e.backendMu.Lock()
	if e.backend != nil {
		e.sched.Load().Wait()
		if cerr := e.backend.Close(ctx); cerr != nil {
			err = fmt.Errorf("remove containers: %w", cerr)
		}
	}
	e.backendMu.Unlock()
	close(e.quit)
	<-e.stopped
	return err
}

// IsEnvironment reports whether err says that the machine, not the test, is at
// fault: exit status 3.
func IsEnvironment(err error) bool {
	var ee *runner.EnvironmentError
	return errors.As(err, &ee)
}
