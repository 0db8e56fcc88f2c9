package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

// warmAfter is how long the engine waits after something changed before it has
// containers created ahead: a selection that moves on is not worth any.
const warmAfter = 300 * time.Millisecond

// warmer is a backend that can create containers ahead of their scenarios.
type warmer interface {
	KeepWarm(ctx context.Context, want []runner.Request, most int) error
}

// ahead is what the engine knows about what is likely to run next.
type ahead struct {
	changed chan struct{} // capacity 1
	mu      sync.Mutex
	looked  ScenarioID // the one that somebody looks at
}

// Expect says that a scenario is likely to run next: somebody looks at it. It
// never blocks.
func (e *Engine) Expect(id ScenarioID) {
	e.ahead.mu.Lock()
	e.ahead.looked = id
	e.ahead.mu.Unlock()
	e.nudge()
}

// nudge has keepWarm look again soon.
func (e *Engine) nudge() {
	select {
	case e.ahead.changed <- struct{}{}:
	default:
	}
}

// foresee looks at what has happened: what is likely to come next may be another.
func (e *Engine) foresee(batch []Event) {
	for _, ev := range batch {
		switch ev.(type) {
		case Checked, ScenarioFinished, RunFinished, BackendProbed:
			e.nudge()
			return
		}
	}
}

// keepWarm has containers created ahead for up to Options.Warm scenarios, as
// long as the engine runs.
func (e *Engine) keepWarm() {
	told := false
	for {
		select {
		case <-e.ahead.changed:
		case <-e.ctx.Done():
			return
		}
		select {
		case <-time.After(warmAfter):
		case <-e.ctx.Done():
			return
		}
		if err := e.warmUp(); err != nil && e.ctx.Err() == nil && !told {
			told = true // the next run says so again, with a verdict
			e.notice(diag.Warning, "containers could not be created ahead: %v", err)
		}
	}
}

// warmUp has the containers of the next likely scenarios created, within what
// the limits leave.
func (e *Engine) warmUp() error {
	if b := e.Snapshot().Backend; !b.Known || !b.OK {
		return nil // whoever wants to run hears why that cannot be
	}
	b, err := e.openBackend()
	if err != nil {
		return err
	}
	w, ok := b.(warmer)
	if !ok {
		return nil
	}
	u := e.sched.Load().Usage()
	return w.KeepWarm(e.ctx, e.likely(), u.Limit.Containers-u.Promised.Containers)
}

// likely lists what is going to run next, the most likely first: what waits in
// the queue, else what somebody looks at and what has failed. A scenario that
// never ran is left out: its images may not even be here.
func (e *Engine) likely() []runner.Request {
	e.ahead.mu.Lock()
	looked := e.ahead.looked
	e.ahead.mu.Unlock()
	var queue, idle []*Scenario
	for _, t := range e.Snapshot().Templates {
		for _, s := range t.Scenarios {
			switch {
			case s.Verdict == VerdictQueued:
				queue = append(queue, s)
			case s.ID == looked, s.Verdict == VerdictFail, s.Verdict == VerdictError:
				idle = append(idle, s)
			}
		}
	}
	if e.Snapshot().Run.Active {
		idle = nil
	}
	slices.SortStableFunc(queue, func(a, b *Scenario) int { return cmp.Compare(a.Last().Queue, b.Last().Queue) })
	if i := slices.IndexFunc(idle, func(s *Scenario) bool { return s.ID == looked }); i > 0 {
		idle[0], idle[i] = idle[i], idle[0]
	}
	var out []runner.Request
	for _, s := range append(queue, idle...) {
		if r, ok := e.requestOf(s.ID); ok && len(out) < e.opts.Warm {
			out = append(out, r)
		}
	}
	return out
}

// requestOf is what a run of the scenario would ask the backend for.
func (e *Engine) requestOf(id ScenarioID) (r runner.Request, ok bool) {
	set := e.set.Load()
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[id.Path]
	if en == nil || !en.sound || en.records[id.Name] == nil {
		return r, false
	}
	for _, f := range filesOf(en.kept) {
		for _, sc := range f.Scenarios {
			if sc.Name == id.Name {
				j := runner.Job{RunID: "ahead", Dir: e.dirOf(en.path), File: f, Scenario: sc, Image: set.Text(settings.DefaultImage)}
				return j.Request(), true
			}
		}
	}
	return r, false
}
