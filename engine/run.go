package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
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
	worst   Verdict
}

// Run queues scenarios and returns at once; what happens to them arrives as
// events. An ID with an empty name stands for all scenarios of the template; one
// named FileScope likewise. A *RequestError says that there is nothing to run.
func (e *Engine) Run(ids []ScenarioID) error {
	_, err := e.start(ids, false)
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
	ctx    context.Context
	cancel context.CancelCauseFunc
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
func (e *Engine) start(ids []ScenarioID, awaited bool) (*run, error) {
	r := &run{id: e.newRunID(), started: e.now(), worst: VerdictPass, awaited: awaited}
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
	add := func(en *entry, f *spec.File, sc *spec.Scenario) {
		if en.active[sc.Name] != nil {
			why = append(why, "it is running already")
			return
		}
		q := &queued{Job: &runner.Job{RunID: runID, Dir: e.dirOf(en.path), File: f, Scenario: sc, Timeout: e.opts.Timeout}}
		q.ctx, q.cancel = context.WithCancelCause(e.ctx)
		en.active[sc.Name] = q
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
		for _, f := range en.files {
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

// launch queues the jobs of a run.
func (e *Engine) launch(r *run, jobs []*queued) {
	e.emit(RunStarted{RunID: r.id, Scenarios: r.ids})
	sched := e.sched.Load()
	for _, j := range jobs {
		obs := &observer{e: e, run: r.id, job: j, id: j.id(), hide: e.secrets(j.File.Path)}
		sched.Submit(j.ctx, j.Job, obs,
			func(o *runner.Outcome) {
				e.guarded("the end of a scenario", func() {
					e.finish(r, j, o, obs)
					e.watchExtras()
				})
			},
			func() { j.cancel(nil); e.gone(r) })
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

// finish records the outcome of one scenario and judges it.
func (e *Engine) finish(r *run, j *queued, o *runner.Outcome, obs *observer) {
	obs.close()
	rec := recordOf(o)
	interrupted := o.Err != nil && isStop(o.Err)
	if !interrupted {
		rec.Verdict = judge(o.Job.File, o.Job.Scenario, rec, nil).Verdict.String()
		if err := e.store.Save(masked(obs.hide, rec)); err != nil {
			e.notice(diag.Warning, "the run is not recorded: %v", err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	en := j.leaveLocked(e)
	if en == nil { // nobody shows it any more, but the run must come to its end
		r.note(VerdictInterrupted)
		e.emit(ScenarioFinished{RunID: r.id, Scenario: &Scenario{ID: j.id(), Verdict: VerdictInterrupted}})
		return
	}
	if !interrupted {
		en.records[o.Job.Scenario.Name] = rec
		en.fresh[o.Job.Scenario.Name] = o.Job.File.Hash
	}
	s := e.finalRow(en, o, interrupted)
	if s.Stale {
		// The file changed meanwhile. What was run is judged by what it was.
		s.Result = judge(o.Job.File, o.Job.Scenario, rec, en.secrets)
		s.Verdict = s.Result.Verdict
	}
	r.note(s.Verdict)
	e.replaceLocked(en, s)
	e.emit(ScenarioFinished{RunID: r.id, Scenario: s})
	if o.Ignored > 0 && !interrupted {
		e.notice(diag.Warning, "%s %s: %d spans arrived over OTLP and were not judged; declare [otel] exporter = \"otlp\" to judge them",
			o.Job.File.Path, o.Job.Scenario.Name, o.Ignored)
	}
	if f, _ := en.find(o.Job.Scenario.Name); f != nil && fileScoped(f) {
		if row := e.fileRow(en, f); row.Verdict != VerdictNone {
			r.note(row.Verdict)
			e.replaceLocked(en, row)
			e.emit(ScenarioFinished{RunID: r.id, Scenario: row})
		}
	}
}

// finalRow is the row of a scenario that has just ended.
func (e *Engine) finalRow(en *entry, o *runner.Outcome, interrupted bool) *Scenario {
	id := ScenarioID{Path: en.path, Name: o.Job.Scenario.Name}
	f, now := en.find(o.Job.Scenario.Name)
	if now == nil {
		f, now = o.Job.File, o.Job.Scenario
	}
	if interrupted {
		s := &Scenario{ID: id, Line: now.Pos.Line, Verdict: VerdictInterrupted, Steps: stepsOf(now, en.secrets), Since: e.now()}
		if old := findScenario(en.shown, id); old != nil {
			s.Services, s.LogLines = old.Services, old.LogLines
		}
		s.Result = &Result{Verdict: VerdictInterrupted, At: e.now(), Message: en.secrets.String(o.Err.Error())}
		return s
	}
	return e.row(en, f, now)
}

// gone counts the scenarios of a run whose containers are away; after the last
// one the run is over.
func (e *Engine) gone(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.left--; r.left == 0 {
		e.emit(RunFinished{RunID: r.id, Verdict: r.worst, Elapsed: e.now().Sub(r.started)})
	}
}

// note folds the verdict of one scenario into the run's. The order is the one of
// exit statuses: interrupted, error, fail, pass.
func (r *run) note(v Verdict) { r.worst = max(r.worst, v) }

// isStop reports whether a run was ended by a wish and not by a fault.
func isStop(err error) bool {
	return errors.Is(err, errStopped) || errors.Is(err, errRemoved) || errors.Is(err, errClosing) || errors.Is(err, context.Canceled)
}

// recordOf is what is kept of an outcome.
func recordOf(o *runner.Outcome) *store.Record {
	rec := &store.Record{
		Path: o.Job.File.Path, Scenario: o.Job.Scenario.Name, RunHash: o.Job.File.RunHash, SpecHash: o.Job.File.Hash,
		At: o.Started, Duration: o.Ended.Sub(o.Started), Checks: o.Checks, Sources: o.Sources,
		Ignored: o.Ignored, Malformed: o.Malformed, Evidence: o.Evidence, Telemetry: o.Telemetry,
		Spans: append(slices.Clone(o.Spans), runner.SelfSpans(o)...),
	}
	if o.Err != nil {
		rec.Error, rec.Environment = o.Err.Error(), IsEnvironment(o.Err)
	}
	for i := range o.Steps {
		s := &o.Steps[i]
		rec.Steps = append(rec.Steps, store.Step{
			Name: s.Step.Name, Service: s.Service, Ran: s.Ran, OK: s.OK, ExitCode: s.Exit.Code,
			Duration: s.Exit.Duration, Message: s.Message, Stdout: clip(s.Stdout), Stderr: clip(s.Stderr),
		})
	}
	return rec
}

// reportOutput bounds the output of a step in records and reports, in bytes.
const reportOutput = 16 << 10

// clip keeps the end of a step's output for the record.
func clip(p []byte) string {
	if len(p) <= reportOutput {
		return string(p)
	}
	return fmt.Sprintf("[… %d bytes before this are in the log]\n", len(p)-reportOutput) + string(p[len(p)-reportOutput:])
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
