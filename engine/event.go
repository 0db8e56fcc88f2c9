package engine

import (
	"context"
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

// Replayed says that scenarios were judged again over recorded traces, without
// any container.
type Replayed struct {
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

// CacheMeasured carries the counters of the render cache.
type CacheMeasured struct{ Stats CacheStats }

// Noticed is a fact that must reach the user once.
type Noticed struct {
	Level diag.Severity
	Text  string
}

// logsGrew says that log rings grew; only the snapshot cares.
type logsGrew struct{ lines map[ScenarioID]int }

func (Watching) event()           {}
func (Changed) event()            {}
func (Checked) event()            {}
func (Removed) event()            {}
func (Replayed) event()           {}
func (RunStarted) event()         {}
func (ScenarioChanged) event()    {}
func (ScenarioFinished) event()   {}
func (RunFinished) event()        {}
func (BackendProbed) event()      {}
func (WatchStatusChanged) event() {}
func (Overflowed) event()         {}
func (LatencyMeasured) event()    {}
func (CacheMeasured) event()      {}
func (Noticed) event()            {}
func (logsGrew) event()           {}

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
