package engine

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Why a run was stopped; the causes of cancelled contexts.
var (
	errStopped = errors.New("stopped")
	errRemoved = errors.New("its template was removed")
	errClosing = errors.New("clnrm-tui is ending")
)

// run is one call of Run: scenarios that were queued together.
type run struct {
	id      string
	started time.Time
	ids     []ScenarioID
	left    int  // scenarios whose containers are not gone yet
	awaited bool // by RunWait, which returns what keeps the run from starting
	opts    RunOptions
	jobs    []*queued // set before the first is submitted
	worst   Verdict
}

// Run queues scenarios and returns at once; what happens to them arrives as
// events. An ID with an empty name stands for all scenarios of the template; one
// named FileScope likewise. The run ends early, and executes scenarios again, as
// Course says. A *RequestError says that there is nothing to run.
func (e *Engine) Run(ids []ScenarioID) error { return e.RunWith(ids, e.Course()) }

// RunWith is Run with options of its own, whatever Course says: for example to
// repeat scenarios until they fail.
func (e *Engine) RunWith(ids []ScenarioID, o RunOptions) error {
	_, err := e.start(ids, o, false)
	return err
}

// RunAll queues every scenario of every template that is not marked manual.
func (e *Engine) RunAll() error {
	return e.Run(e.selectScenarios(func(t *Template, _ *Scenario) bool { return !t.Manual }))
}

// RunFailed queues exactly the scenarios whose last verdict is fail, error or
// interrupted.
func (e *Engine) RunFailed() error {
	ids := e.selectScenarios(func(_ *Template, s *Scenario) bool {
		return s.Verdict == VerdictFail || s.Verdict == VerdictError || s.Verdict == VerdictInterrupted
	})
	if len(ids) == 0 {
		return &RequestError{"nothing has failed"}
	}
	return e.Run(ids)
}

// selectScenarios lists the scenarios that want takes, in the order of the tree.
func (e *Engine) selectScenarios(want func(*Template, *Scenario) bool) []ScenarioID {
	var ids []ScenarioID
	for _, t := range e.Snapshot().Templates {
		for _, s := range t.Scenarios {
			if want(t, s) {
				ids = append(ids, s.ID)
			}
		}
	}
	return ids
}

// Stop stops scenarios that are queued or running; nil stops all.
func (e *Engine) Stop(ids []ScenarioID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, en := range e.entries {
		for name, q := range en.active {
			if ids == nil || slices.ContainsFunc(ids, func(id ScenarioID) bool {
				return id.Path == en.path && (id.Name == name || id.Name == "" || id.IsFile())
			}) {
				q.cancel(errStopped)
				n++
			}
		}
	}
	if n == 0 {
		return &RequestError{"nothing is running"}
	}
	return nil
}

// queued is a job with the context that ends it.
type queued struct {
	*runner.Job
	ctx      context.Context
	cancel   context.CancelCauseFunc
	expected time.Duration // by earlier runs; 0 when nothing is known

	// Both belong to the goroutine of the present execution.
	course course
	again  string // why it is executed again, empty when it is not
}

// leaveLocked gives the scenario free again, unless it is another job's by now:
// its template may have been removed and made again. It returns the template's
// entry when the scenario was this job's.
func (q *queued) leaveLocked(e *Engine) *entry {
	en := e.entries[q.File.Path]
	if en == nil || en.active[q.Scenario.Name] != q {
		return nil
	}
	delete(en.active, q.Scenario.Name)
	return en
}

func (q *queued) id() ScenarioID { return ScenarioID{Path: q.File.Path, Name: q.Scenario.Name} }

// start resolves ids to jobs and hands them to the backend in the background.
func (e *Engine) start(ids []ScenarioID, o RunOptions, awaited bool) (*run, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &run{id: e.newRunID(), started: e.now(), worst: VerdictPass, opts: o, awaited: awaited}
	e.mu.Lock()
	jobs, err := e.resolveLocked(r.id, ids)
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	r.left = len(jobs)
	for _, j := range jobs {
		r.ids = append(r.ids, j.id())
	}
	e.background(func() {
		if err := e.probe(e.ctx); err != nil {
			e.abandon(r, jobs, err)
			return
		}
		e.launch(r, jobs)
	})
	return r, nil
}

// abandon gives up a run that cannot start; its scenarios are as they were.
func (e *Engine) abandon(r *run, jobs []*queued, err error) {
	if !r.awaited {
		e.notice(diag.Error, "cannot run: %v", err)
	}
	e.mu.Lock()
	for _, j := range jobs {
		j.cancel(err)
		j.leaveLocked(e)
	}
	e.failed[r.id] = err
	e.mu.Unlock()
	e.emit(RunFinished{RunID: r.id, Verdict: VerdictError})
}

// resolveLocked turns ids into jobs and reserves their scenarios. Those that are
// under way already are left out. Where file-level expectations cover several
// scenarios, those without a recorded run that still counts are added: the
// expectations need all of them.
func (e *Engine) resolveLocked(runID string, ids []ScenarioID) ([]*queued, error) {
	var jobs []*queued
	var why []string
	set := e.set.Load()
	add := func(en *entry, f *spec.File, sc *spec.Scenario) {
		if en.active[sc.Name] != nil {
			why = append(why, "it is running already")
			return
		}
		q := &queued{Job: &runner.Job{RunID: runID, Dir: e.dirOf(en.path), File: f, Scenario: sc, Timeout: set.Duration(settings.DefaultTimeout), Image: set.Text(settings.DefaultImage)}}
		q.ctx, q.cancel = context.WithCancelCause(e.ctx)
		enter(&en.active, sc.Name, q)
		jobs = append(jobs, q)
	}
	for _, id := range ids {
		en := e.entries[id.Path]
		switch {
		case en == nil:
			why = append(why, id.Path+" is not a known template")
			continue
		case !en.sound:
			why = append(why, id.Path+" has errors; mend them first")
			continue
		}
		for _, f := range filesOf(en.kept) {
			asked := id.Name == "" || id.Name == FileScope+f.Cell
			whole := asked || fileScoped(f) && slices.ContainsFunc(f.Scenarios, func(sc *spec.Scenario) bool { return sc.Name == id.Name })
			for _, sc := range f.Scenarios {
				missing := whole && (en.records[sc.Name] == nil || e.staleReason(en, f, en.records[sc.Name]) != "")
				if asked || id.Name == sc.Name || missing {
					add(en, f, sc)
				}
			}
		}
	}
	if len(jobs) == 0 {
		if len(why) == 0 {
			why = []string{"nothing to run"}
		}
		slices.Sort(why)
		return nil, &RequestError{strings.Join(slices.Compact(why), "; ")}
	}
	return jobs, nil
}

// launch queues the jobs of a run, the longest first: one that took long and
// comes last keeps everybody waiting. Those of which nothing is known come before
// all others, in the order of the tree.
func (e *Engine) launch(r *run, jobs []*queued) {
	if e.strange() {
		e.notice(diag.Info, "runs are kept in %s, since no %s says where the project begins", filepath.Join(e.scope.root, ".clnrm"), strings.Join(rootMarkers, ", "))
	}
	e.emit(RunStarted{RunID: r.id, Scenarios: r.ids})
	for _, j := range jobs {
		var spread time.Duration
		j.expected, spread = e.expected(j.id())
		times := time.Duration(max(1, r.opts.Repeat))
		if r.opts.UntilFail && r.opts.Repeat == 0 {
			times = 0 // nobody knows
		}
		e.forecast.add(j, times*j.expected, times*spread)
	}
	slices.SortStableFunc(jobs, func(a, b *queued) int {
		switch {
		case a.expected == b.expected:
			return 0
		case a.expected == 0:
			return -1
		case b.expected == 0:
			return 1
		}
		return cmp.Compare(b.expected, a.expected)
	})
	r.jobs = jobs
	for _, j := range jobs {
		e.submit(r, j)
	}
}

// secrets is what must not be shown of a template's runs.
func (e *Engine) secrets(path string) *secret.Set {
	e.mu.Lock()
	defer e.mu.Unlock()
	if en := e.entries[path]; en != nil {
		return en.secrets
	}
	return nil
}

// Scenarios returns the rows of one template as they stand.
func (e *Engine) Scenarios(path string) []*Scenario {
	e.mu.Lock()
	defer e.mu.Unlock()
	if en := e.entries[path]; en != nil && en.shown != nil {
		return en.shown.Scenarios
	}
	return nil
}

// ProjectPath is the name inside the project of a path as the user typed it.
func (e *Engine) ProjectPath(typed string) string {
	if !filepath.IsAbs(typed) {
		typed = filepath.Join(e.opts.Dir, typed)
	}
	return e.scope.rel(filepath.Clean(typed))
}
