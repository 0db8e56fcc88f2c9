package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// finish records the outcome of one scenario and judges it.
func (e *Engine) finish(r *run, j *queued, o *runner.Outcome, obs *observer) {
	obs.close()
	rec := recordOf(o)
	rec.Log = obs.logName()
	interrupted := o.Err != nil && isStop(o.Err)
	if !interrupted {
		e.keepArtifacts(o, rec, obs)
		res := judge(o.Job.File, o.Job.Scenario, rec, obs.hide)
		rec.Verdict, rec.Digest, rec.Judged = res.Verdict.String(), res.Digest, res.Spans
		_, rec.Failure = causeOf(rec, res)
		rec, j.again = j.course.ended(r.opts, rec, res)
		if j.again == "" || j.course.worst != nil { // repetitions are recorded one by one: each may be the last
			e.record(j, rec, obs)
		}
		if j.again == "" || j.course.worst != nil && j.course.worst.At.Equal(o.Started) {
			if obs.ring != nil && rec.Log == obs.logName() {
				e.logs.keep(obs.ring)
			}
		}
		if j.again != "" {
			obs.update(func(s *Scenario, run *ScenarioRun) {
				s.Verdict, run.Progress = VerdictRunning, obs.hide.String(j.again)
			})
			return
		}
	}
	if interrupted {
		if err := obs.keep.discard(); err != nil {
			e.notice(diag.Warning, "unfinished artifacts are left behind: %v", err)
		}
	}
	e.forecast.ended(j)
	e.mu.Lock()
	defer e.mu.Unlock()
	en := j.leaveLocked(e)
	if en == nil { // nobody shows it any more, but the run must come to its end
		r.note(VerdictInterrupted)
		e.emit(ScenarioFinished{RunID: r.id, Scenario: &Scenario{ID: j.id(), Verdict: VerdictInterrupted}})
		return
	}
	if !interrupted {
		enter(&en.records, o.Job.Scenario.Name, rec)
		enter(&en.fresh, o.Job.Scenario.Name, o.Job.File.Hash)
		if e.ground.saw(&rec.Evidence) {
			e.ground.ask()
		}
		e.mind(en.records)
		e.logs.forgetOther(j.id(), e.store.LogFile(rec)) // of repetitions, the log of the worst
	}
	s := e.finalRow(en, o, interrupted)
	if s.Stale {
		// The file changed meanwhile. What was run is judged by what it was.
		s.Run.Result = judge(o.Job.File, o.Job.Scenario, rec, en.secrets)
		s.Verdict = s.Run.Result.Verdict
	}
	if interrupted && !o.Started.IsZero() {
		s.Run.Result.Attempts = j.course.executed + 1
	}
	r.note(s.Verdict)
	e.replaceLocked(en, s)
	e.emit(ScenarioFinished{RunID: r.id, Scenario: s})
	e.failFastLocked(r, s)
	if o.Ignored > 0 && !interrupted {
		e.notice(diag.Warning, "%s %s: %d spans arrived over OTLP and were not judged; declare [otel] exporter = \"otlp\" to judge them",
			o.Job.File.Path, o.Job.Scenario.Name, o.Ignored)
	}
	if o.Telemetry.Complete && !interrupted {
		for _, what := range o.Telemetry.Cut {
			e.notice(diag.Warning, "%s %s: %s; no verdict depends on it, as the file takes no spans", o.Job.File.Path, o.Job.Scenario.Name, what)
		}
	}
	if f, _ := en.find(o.Job.Scenario.Name); f != nil && fileScoped(f) {
		if row := e.fileRow(en, f); row.Verdict != VerdictNone {
			r.note(row.Verdict)
			e.failFastLocked(r, row)
			e.replaceLocked(en, row)
			e.emit(ScenarioFinished{RunID: r.id, Scenario: row})
		}
	}
}

// record keeps the record of a run; of repetitions, instead of what was recorded of
// them before.
func (e *Engine) record(j *queued, rec *store.Record, obs *observer) {
	rec = masked(obs.hide, rec)
	var err error
	if j.course.worst == nil {
		err = e.store.Save(rec)
	} else if id, aerr := e.store.SaveAgain(rec, j.course.recorded); id != "" {
		j.course.recorded, err = id, aerr
	} else {
		err = aerr
	}
	if err != nil {
		e.notice(diag.Warning, "the run is not recorded: %v", err)
	}
}

// finalRow is the row of a scenario that has just ended.
func (e *Engine) finalRow(en *entry, o *runner.Outcome, interrupted bool) *Scenario {
	id := ScenarioID{Path: en.path, Name: o.Job.Scenario.Name}
	f, now := en.find(o.Job.Scenario.Name)
	if now == nil {
		f, now = o.Job.File, o.Job.Scenario
	}
	row := rowOf(en, now, strings.Clone(now.Name), nil)
	s := &row
	old := findScenario(en.shown, id)
	if old != nil {
		s.Declared = old.Declared
	}
	if !interrupted {
		e.derive(en, f, now, s)
		return s
	}
	s.Verdict = VerdictInterrupted
	if errors.Is(o.Err, errFailFast) {
		s.Verdict = VerdictSkipped
	}
	s.Run = &ScenarioRun{Steps: stepsOf(now, en.secrets), Since: e.now()}
	if old != nil {
		s.Run.LogLines = old.Last().LogLines
	}
	s.Run.Result = &Result{Verdict: s.Verdict, At: e.now(), Message: en.secrets.String(o.Err.Error())}
	if !o.Started.IsZero() {
		s.Run.Result.Duration = o.Ended.Sub(o.Started)
	}
	return s
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
// exit statuses: interrupted, error, fail, pass. What was skipped after a failure
// adds nothing to it.
func (r *run) note(v Verdict) {
	if v != VerdictSkipped {
		r.worst = max(r.worst, v)
	}
}

// isStop reports whether a run was ended by a wish and not by a fault.
func isStop(err error) bool {
	return errors.Is(err, errStopped) || errors.Is(err, errRemoved) || errors.Is(err, errClosing) || errors.Is(err, errFailFast) || errors.Is(err, context.Canceled)
}

// recordOf is what is kept of an outcome.
func recordOf(o *runner.Outcome) *store.Record {
	rec := &store.Record{
		Path: o.Job.File.Path, Scenario: o.Job.Scenario.Name, RunHash: o.Job.File.RunHash, SpecHash: o.Job.File.Hash,
		At: o.Started, Duration: o.Ended.Sub(o.Started), Checks: o.Checks, Sources: o.Sources,
		Ignored: o.Ignored, Malformed: o.Malformed, Evidence: o.Evidence, Telemetry: o.Telemetry, Skipped: o.Skipped,
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
			Attempts: s.Attempts, StartError: s.Exit.StartError,
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
