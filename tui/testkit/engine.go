// Package testkit has what the dashboard's tests stand on: an engine whose
// every state is set by hand, and projects in all the states that a screen must
// tell apart.
//
// A test sets snapshots and logs and reads back the wishes that arrived. The
// package is imported by tests only.
package testkit

import (
	"fmt"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// Engine is a scripted engine. Its methods are safe for concurrent use.
type Engine struct {
	mu      sync.Mutex
	snap    *engine.Snapshot
	changed chan struct{}
	logs    map[engine.ScenarioID][]engine.LogLine
	dropped map[engine.ScenarioID]int
	sources map[string]string
	spans   map[engine.ScenarioID]*engine.Spans
	history map[engine.ScenarioID][]engine.RunRecord
	wishes  []string
	shown   []uint64

	// Takes is how long runs take by earlier ones.
	Takes time.Duration
	// Refuse is the error of every wish to run; nil accepts them.
	Refuse error
	// LogFile is the complete log of every scenario, "" when there is none.
	LogFile string
	// OnWish is called with each wish, after it was noted; nil does nothing.
	OnWish func(wish string)
}

// NewEngine returns an engine in the state s.
func NewEngine(s *engine.Snapshot) *Engine {
	return &Engine{
		snap: s, changed: make(chan struct{}, 1),
		logs: map[engine.ScenarioID][]engine.LogLine{}, dropped: map[engine.ScenarioID]int{},
		sources: map[string]string{}, spans: map[engine.ScenarioID]*engine.Spans{}, history: map[engine.ScenarioID][]engine.RunRecord{},
	}
}

// Publish makes s the state and signals it. s gets the next number.
func (e *Engine) Publish(s *engine.Snapshot) {
	e.mu.Lock()
	s.Seq = e.snap.Seq + 1
	e.snap = s
	e.mu.Unlock()
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// SetSource sets the text of a file.
func (e *Engine) SetSource(path, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sources[path] = text
}

// AddLog appends lines to the output of a scenario.
func (e *Engine) AddLog(id engine.ScenarioID, lines ...engine.LogLine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.logs[id] = append(e.logs[id], lines...)
}

// DropLog forgets the oldest n lines of a scenario, as a full ring does.
func (e *Engine) DropLog(id engine.ScenarioID, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.logs[id] = e.logs[id][n:]
	e.dropped[id] += n
}

// Wishes returns what was asked for so far, in words.
func (e *Engine) Wishes() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.wishes...)
}

// ShownSeqs returns the numbers of the snapshots that reached the screen.
func (e *Engine) ShownSeqs() []uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]uint64(nil), e.shown...)
}

func (e *Engine) wish(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	e.mu.Lock()
	e.wishes = append(e.wishes, w)
	f := e.OnWish
	e.mu.Unlock()
	if f != nil {
		f(w)
	}
}

// Snapshot returns the state.
func (e *Engine) Snapshot() *engine.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.snap
}

// Changed is signalled by Publish.
func (e *Engine) Changed() <-chan struct{} { return e.changed }

// Log returns a part of the output of a scenario.
func (e *Engine) Log(id engine.ScenarioID, from, n int) engine.LogWindow {
	e.mu.Lock()
	defer e.mu.Unlock()
	lines, dropped := e.logs[id], e.dropped[id]
	total := dropped + len(lines)
	if from < 0 {
		from += total
	}
	from = min(max(from, dropped), total)
	to := min(from+n, total)
	return engine.LogWindow{First: from, Total: total, Lines: lines[from-dropped : to-dropped], File: e.LogFile}
}

// Source returns what SetSource set.
func (e *Engine) Source(path string) []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.sources[path]; ok {
		return []byte(s)
	}
	return nil
}

// Run notes the wish.
func (e *Engine) Run(ids []engine.ScenarioID) error { e.wish("run %v", ids); return e.Refuse }

// RunWith notes the wish.
func (e *Engine) RunWith(ids []engine.ScenarioID, o engine.RunOptions) error {
	e.wish("run %v %d times, until it fails: %v", ids, o.Repeat, o.UntilFail)
	return e.Refuse
}

// Forecast is Takes.
func (e *Engine) Forecast([]engine.ScenarioID) time.Duration { return e.Takes }

// Course is that of the newest snapshot.
func (e *Engine) Course() engine.RunOptions { return e.Snapshot().Course }

// SetCourse makes o the course that the next snapshot tells of.
func (e *Engine) SetCourse(o engine.RunOptions) error {
	e.wish("course %+v", o)
	s := *e.Snapshot()
	s.Course = o
	e.Publish(&s)
	return nil
}

// RunAll notes the wish.
func (e *Engine) RunAll() error { e.wish("run all"); return e.Refuse }

// RunFailed notes the wish.
func (e *Engine) RunFailed() error { e.wish("run failed"); return e.Refuse }

// Stop notes the wish.
func (e *Engine) Stop(ids []engine.ScenarioID) error { e.wish("stop %v", ids); return nil }

// Recheck notes the wish.
func (e *Engine) Recheck(path string) { e.wish("recheck %s", path) }

// SetWatching notes the wish.
func (e *Engine) SetWatching(on bool) { e.wish("watching %v", on) }

// Expect does nothing: there are no containers to create ahead.
func (e *Engine) Expect(engine.ScenarioID) {}

// Shown notes the number.
func (e *Engine) Shown(seq uint64, _ time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shown = append(e.shown, seq)
}
