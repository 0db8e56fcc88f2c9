package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Event is a fact, in the past tense. One reducer folds events into snapshots;
// printers read them as they come.
type Event interface{ event() }

// Watching says that the first pass over all templates is complete.
type Watching struct{ Templates int }

// Changed says that files changed on disk, or that saves changed nothing.
type Changed struct {
	Paths     []string // templates and files they depend on, relative to the root
	Unchanged int      // saves that left a hash as it was
}

// Checked is the result of the dry run of one template.
type Checked struct {
	Template *Template
	Seen     time.Time // when the save was first noticed; zero for the first pass
}

// Removed says that a template is gone.
type Removed struct{ Path string }

// Diffed says what a save did to the expectations of a template, compared with
// the last sound version before it. It follows the Checked of that save, after
// the verdict is out; saves that come faster than they are compared are told
// together.
type Diffed struct {
	Path string
	Diff *TemplateDiff
}

// Replayed says that scenarios were judged again over recorded traces, without
// any container.
type Replayed struct {
	Path      string
	Scenarios []ScenarioID
}

// Outdated says that recorded results stopped speaking for scenarios, whose
// rows say why: their own definition changed, or what they are built from. It is
// told once per reason.
type Outdated struct {
	Path      string
	Scenarios []ScenarioID
}

// RunStarted says that scenarios were queued.
type RunStarted struct {
	RunID     string
	Scenarios []ScenarioID
}

// ScenarioChanged carries the new state of a scenario between its start and its
// end: queued, started, progress, a step that started or ended.
type ScenarioChanged struct {
	RunID    string
	Scenario *Scenario
}

// ScenarioFinished carries the final state of a scenario.
type ScenarioFinished struct {
	RunID    string
	Scenario *Scenario
}

// RunFinished says that every scenario of a run has ended and that its
// containers and networks are gone.
type RunFinished struct {
	RunID   string
	Verdict Verdict
	Elapsed time.Duration
}

// BackendProbed says whether scenarios can be run.
type BackendProbed struct{ Status BackendStatus }

// WatchStatusChanged carries the health of the watcher.
type WatchStatusChanged struct{ Status WatchStatus }

// Overflowed says that the watcher lost events and listed directories again.
type Overflowed struct{ Total int64 }

// LatencyMeasured carries the save-to-screen statistics after a new sample.
type LatencyMeasured struct{ Latency Latency }

// StagesMeasured carries what saves cost, stage by stage, after new samples.
type StagesMeasured struct{ Stages []StageStats }

// CacheMeasured carries the counters of the render cache.
type CacheMeasured struct{ Stats CacheStats }

// SettingsChanged carries the settings of the surface after a settings file has
// changed one of them.
type SettingsChanged struct{ Settings *Settings }

// Noticed is a fact that must reach the user once.
type Noticed struct {
	Level diag.Severity
	Text  string
}

// courseSet says how runs are carried out from now on; only the snapshot cares.
type courseSet struct{ course RunOptions }

// logsGrew says that log rings grew; only the snapshot cares.
type logsGrew struct{ lines map[ScenarioID]int }

// prepared says that something that was asked for in the background is there;
// it changes no state, but readers are to look again.
type prepared struct{}

func (Watching) event()           {}
func (Changed) event()            {}
func (Checked) event()            {}
func (Removed) event()            {}
func (Diffed) event()             {}
func (Replayed) event()           {}
func (Outdated) event()           {}
func (RunStarted) event()         {}
func (ScenarioChanged) event()    {}
func (ScenarioFinished) event()   {}
func (RunFinished) event()        {}
func (BackendProbed) event()      {}
func (WatchStatusChanged) event() {}
func (Overflowed) event()         {}
func (LatencyMeasured) event()    {}
func (StagesMeasured) event()     {}
func (CacheMeasured) event()      {}
func (SettingsChanged) event()    {}
func (Noticed) event()            {}
func (courseSet) event()          {}
func (logsGrew) event()           {}
func (prepared) event()           {}

// Subscription is a reader of all events from its creation on. It never drops a
// fact: it holds as many as the reader has not taken yet.
type Subscription struct {
	mu     sync.Mutex
	queue  []Event
	wake   chan struct{} // capacity 1
	closed bool
}

func newSubscription() *Subscription { return &Subscription{wake: make(chan struct{}, 1)} }

// Next returns the next event. It returns false when ctx ends or, after the
// last event, when the engine has closed.
func (s *Subscription) Next(ctx context.Context) (Event, bool) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			ev := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return ev, true
		}
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return nil, false
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, false
		}
	}
}

func (s *Subscription) push(evs []Event, closed bool) {
	s.mu.Lock()
	s.queue = append(s.queue, evs...)
	s.closed = s.closed || closed
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

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
