package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
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
	Debounce   time.Duration                    // quiet time after a save; default as set
	Poll       bool                             // look for changes instead of being told
	Parallel   bool                             // side by side, whatever the settings say
	Jobs       int                              // scenarios side by side; default as set
	Containers int                              // containers at any instant; default as set
	MemoryMB   int                              // memory of all containers together; default as set
	Monitor    string                           // what decides whether a scenario may start: "simple" or "cgroup"; default as set
	Timeout    time.Duration                    // of scenarios that name none; default as set
	Config     string                           // the project's settings file; default the nearest cleanroom.toml
	Caches     []string                         // where renderings are kept, nearest first; default as set
	Warm       int                              // scenarios whose containers are created ahead; default 0
	Backend    string                           // one of Backends; default the first
	// TraceEndpoint is the URL of a collector that is told, over OTLP/HTTP, what
	// the engine does; "" tells nobody. Version is the program's, for the spans.
	TraceEndpoint, Version string
	TraceAsSet             bool // without a TraceEndpoint, the one of the settings
	// CheckSettings says what is wrong with the settings that the surface
	// interprets; nil accepts all.
	CheckSettings func(*Settings) []diag.Diagnostic
	Pace          func(busy bool)                // called by Watch: not busy after the first pass, then whenever saves begin or cease to come in masses; it must not block
	backend       func() (runner.Backend, error) // tests put a scripted one here
	pause         func(context.Context, time.Duration)
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
	stages   stages
	export   *export // nil without Options.TraceEndpoint
	spans    lazy[*Spans]
	deltas   lazy[*RunDelta]
	scores   lazy[*StrengthScore]
	scoring  sync.Mutex                    // held while a score is measured
	watcher  atomic.Pointer[watch.Watcher] // nil until Watch
	paused   atomic.Bool
	resume   chan struct{} // capacity 1: paused has changed

	watchMu    sync.Mutex
	watchShown WatchStatus // as last published

	set              atomic.Pointer[settings.Set] // never nil
	shownSettings    atomic.Pointer[Settings]     // the part of the surface
	settingsWarnings []diag.Diagnostic            // as found by New
	settingsTexts    map[string][]byte            // as last told; for handle alone
	cacheProblem     error                        // likewise
	course           atomic.Pointer[RunOptions]   // nil unless SetCourse was called
	filter           atomic.Pointer[filter]       // never nil

	forecast forecast

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
	undo    map[string]fixed // what ApplyFixes changed last, by path
	diffs   []diffJob        // saves that wait to be compared, oldest first
	diffing bool             // somebody takes from diffs
	// forgetful leaves recorded runs alone: set by Scan.
	forgetful bool

	pastMu sync.Mutex
	past   map[ScenarioID][]RunRecord // histories as last asked for

	backendMu sync.Mutex
	backend   runner.Backend
	sched     atomic.Pointer[runner.Scheduler] // nil until the backend is open
	ahead     ahead
	askedLeft atomic.Bool // reportLeft has been called
	ground    ground
}

const (
	inboxCapacity = 1024
	// logInterval is how often a growing log is told to readers.
	logInterval = 33 * time.Millisecond
	// snapshotInterval is the least time between two snapshots while facts come
	// without a pause. It is shorter than a frame.
	snapshotInterval = 5 * time.Millisecond
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
	set, shown, warnings, err := loadSettings(&o, sc, nil)
	if err != nil {
		return nil, err
	}
	if o.TraceAsSet && o.TraceEndpoint == "" {
		o.TraceEndpoint = set.Text(settings.TracesEndpoint)
	}
	e := &Engine{
		opts: o, scope: sc, now: o.Now, store: store.Open(sc.root, store.Limits{}), inbox: make(chan Event, inboxCapacity), grew: make(chan struct{}, 1),
		quit: make(chan struct{}), stopped: make(chan struct{}), crash: crash{happened: make(chan struct{})}, changed: make(chan struct{}, 1),
		resume: make(chan struct{}, 1), ahead: ahead{changed: make(chan struct{}, 1)}, ground: ground{look: make(chan struct{}, 1)},
		entries: map[string]*entry{}, failed: map[string]error{}, past: map[ScenarioID][]RunRecord{}, settingsWarnings: warnings, settingsTexts: map[string][]byte{},
		spans: lazy[*Spans]{limit: maxViewSpans}, deltas: lazy[*RunDelta]{limit: 20},
		scores: lazy[*StrengthScore]{limit: 200}, undo: map[string]fixed{},
	}
	e.store.Ask(e.absent)
	e.set.Store(set)
	e.shownSettings.Store(shown)
	e.filter.Store(newFilter(sc.root, set))
	renderings, err := e.newCache(set, sc.root, o.Dir)
	if err != nil {
		return nil, err
	}
	e.pipeline = &pipeline{
		root: sc.root, env: o.Env, now: o.Now, vars: vars, matrix: o.Matrix, secrets: secret.NewNames(set.Texts(settings.SecretNames)...), cache: renderings, far: len(renderings.Far()) > 0,
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
	st.snap.Settings, st.snap.Course = shown, shown.Run.Options()
	st.warn(warnings)
	if e.cacheProblem != nil {
		st.apply(Noticed{Level: diag.Warning, Text: e.cacheProblem.Error()})
	}
	if sc.base != sc.root {
		st.snap.Base = sc.rel(sc.base)
	}
	e.snap.Store(st.snapshot())
	go e.guarded("its loop", func() { e.loop(st) })
	if o.Warm > 0 {
		e.background(e.keepWarm)
	}
	if err := e.startExport(); err != nil {
		return nil, errors.Join(err, e.Close(context.Background()))
	}
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
	if o.Backend == "" {
		o.Backend = Backends[0]
	}
	if o.pause == nil {
		o.pause = pause
	}
	if o.backend == nil {
		var err error
		o.backend, err = backendNamed(o.Backend, o.Dir)
		return err
	}
	return nil
}

// loop folds events into snapshots until the engine closes.
func (e *Engine) loop(st *state) {
	defer close(e.stopped)
	var tick <-chan time.Time
	var published time.Time
	for {
		var batch []Event
		select {
		case ev := <-e.inbox:
			batch = e.gather(append(batch, ev), published)
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
		published = time.Now()
	}
}

// gather adds what comes until snapshotInterval after the last snapshot: the first
// fact after a pause is published at once, and a thousand that follow one another
// do not cost a thousand snapshots. Nobody waits longer for a barrier.
func (e *Engine) gather(batch []Event, published time.Time) []Event {
	left := time.Until(published.Add(snapshotInterval))
	if left <= 0 {
		return batch
	}
	over := time.NewTimer(left)
	defer over.Stop()
	for {
		if _, waits := batch[len(batch)-1].(barrier); waits {
			return batch
		}
		select {
		case ev := <-e.inbox:
			batch = append(batch, ev)
		case <-over.C:
			return batch
		case <-e.quit:
			return batch
		}
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
		snap.Run.use(sched.Usage())
		used, left, known := e.forecast.read(e.now(), sched.Width())
		snap.Run.UsedMB = used
		if known && snap.Run.Active {
			snap.Run.Due = e.now().Add(left)
		}
	}
	for _, ev := range batch {
		if c, ok := ev.(Checked); ok && !c.Seen.IsZero() {
			e.latency.carried(snap.Seq, c.Seen)
		}
	}
	e.snap.Store(snap)
	e.foresee(batch)
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
	if e.export != nil {
		err = errors.Join(err, e.export.close(ctx))
	}
	err = errors.Join(err, e.pipeline.cache.Close())
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
