package engine

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// FileReport is the result of the dry run of one template, for reports: paths
// are relative to the working directory, as the user would type them.
func (e *Engine) FileReport(t *Template) report.File {
	us := time.Duration.Microseconds
	return report.NewFile(e.TypedPath(t.Path), t.Cache.Hit, report.Timing{
		Read: us(t.Timing.Read), Hash: us(t.Timing.Hash), Render: us(t.Timing.Render),
		Parse: us(t.Timing.Parse), Validate: us(t.Timing.Validate), Total: us(t.Timing.Total),
	}, e.typedAll(t.Diagnostics))
}

// TypedPath is a path of the project as the user would type it in the working
// directory.
func (e *Engine) TypedPath(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	rel, err := filepath.Rel(e.opts.Dir, e.scope.abs(path))
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// typedAll returns copies of diagnostics with their paths as typed.
func (e *Engine) typedAll(ds []diag.Diagnostic) []diag.Diagnostic {
	out := slices.Clone(ds)
	for i := range out {
		out[i].Pos.File = e.TypedPath(out[i].Pos.File)
		out[i].Via = slices.Clone(out[i].Via)
		for k := range out[i].Via {
			out[i].Via[k].Pos.File = e.TypedPath(out[i].Via[k].Pos.File)
		}
	}
	return out
}

// ScenarioReport is the last result of a scenario, for reports, with the output
// of its steps as recorded.
func (e *Engine) ScenarioReport(s *Scenario) report.Scenario {
	out := report.Scenario{File: e.TypedPath(s.ID.Path), Name: s.ID.Name, Verdict: report.Verdict(s.Verdict.String())}
	e.mu.Lock()
	var rec *store.Record
	var hide *secret.Set
	if en := e.entries[s.ID.Path]; en != nil {
		rec, hide = en.records[s.ID.Name], en.secrets
		if en.shown != nil {
			out.Test = en.shown.Name
		}
	}
	e.mu.Unlock()
	for i, st := range s.Steps() {
		step := report.Step{
			Name: st.Name, Verdict: report.Verdict(st.Verdict.String()), ExitCode: st.ExitCode,
			DurationMS: st.Duration.Milliseconds(), Message: st.Message,
		}
		if st.Attempts > 1 {
			step.Attempts = st.Attempts
		}
		if rec != nil && i < len(rec.Steps) && s.Last().Result != nil {
			step.StartError = hide.String(rec.Steps[i].StartError)
			step.Stdout, step.Stderr = hide.String(rec.Steps[i].Stdout), hide.String(rec.Steps[i].Stderr)
		}
		out.Steps = append(out.Steps, step)
	}
	out.Stale, out.StaleReason, out.Replayed = s.Stale, s.Last().StaleReason, s.Replayed
	if s.Stale || s.Replayed {
		out.Trace = s.Last().Trace
	}
	if at := s.Last().TracedAt; !at.IsZero() {
		out.TracedAt = &at
	}
	if r := s.Last().Result; r != nil {
		e.resultReport(&out, r)
		at := r.At
		out.TracedAt = &at
	}
	out.Complete()
	return out
}

func (e *Engine) resultReport(out *report.Scenario, r *Result) {
	out.SpecHash, out.Digest, out.Message = r.SpecHash, r.Digest, r.Message
	out.DurationMS = r.Duration.Milliseconds()
	out.Attempts, out.Flaky, out.Repeats, out.Failed = r.Attempts, r.Flaky, r.Repeats, r.Failed
	out.Artifacts = e.TypedPath(r.Artifacts)
	for _, a := range r.Earlier {
		out.Earlier = append(out.Earlier, report.Attempt{Verdict: report.Verdict(a.Verdict.String()), DurationMS: a.Duration.Milliseconds(), Cause: a.Cause, Message: a.Message})
	}
	out.Counts = report.Counts{Spans: r.Spans, Events: r.Events, Errors: r.Errors}
	out.Checks = e.reportChecks(r.Checks)
	out.Evidence = &report.Evidence{
		Backend: r.Evidence.Backend, Hermetic: r.Evidence.Hermetic, Network: r.Evidence.Network,
		Proof: r.Evidence.Proof, Subnet: r.Evidence.Subnet, Exceptions: r.Evidence.Exceptions, Faults: r.Evidence.Faults,
		Containers: r.Evidence.Containers, Sources: r.Sources,
	}
}

// RunWait queues scenarios, waits until all of them have ended and their
// containers are gone, and returns the report. each is called with every result
// as it comes. When ctx ends the scenarios are stopped, and the report tells
// which. The error is a *RequestError or an environment error; there is no
// report then.
func (e *Engine) RunWait(ctx context.Context, ids []ScenarioID, o RunOptions, each func(report.Scenario)) (*report.Run, error) {
	sub := e.Subscribe()
	defer e.unsubscribe(sub)
	r, err := e.start(ids, o, true)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = e.Stop(nil) }) // nothing may be running any more
	defer stop()
	sctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go func() {
		select {
		case <-e.Crashed():
			cancel()
		case <-sctx.Done():
		}
	}()
	latest := map[ScenarioID]report.Scenario{}
	var order []ScenarioID
	for {
		ev, ok := sub.Next(sctx)
		if !ok {
			return nil, cmp.Or(e.Err(), errClosing)
		}
		switch ev := ev.(type) {
		case ScenarioFinished:
			if ev.RunID != r.id {
				continue
			}
			s := e.ScenarioReport(ev.Scenario)
			if _, again := latest[ev.Scenario.ID]; !again {
				order = append(order, ev.Scenario.ID)
			}
			latest[ev.Scenario.ID] = s
			each(s)
		case RunFinished:
			if ev.RunID != r.id {
				continue
			}
			e.mu.Lock()
			err := e.failed[r.id]
			delete(e.failed, r.id)
			e.mu.Unlock()
			if err != nil {
				return nil, err
			}
			return e.runReport(ev.Elapsed, order, latest), nil
		}
	}
}

// runReport orders results as the tree does.
func (e *Engine) runReport(elapsed time.Duration, done []ScenarioID, latest map[ScenarioID]report.Scenario) *report.Run {
	e.settleDown()
	var list []report.Scenario
	for _, id := range e.selectScenarios(func(_ *Template, s *Scenario) bool { _, ok := latest[s.ID]; return ok }) {
		list = append(list, latest[id])
		delete(latest, id)
	}
	for _, id := range done { // of templates that were removed meanwhile
		if s, ok := latest[id]; ok {
			list = append(list, s)
		}
	}
	name, hermetic := "", false
	if b, err := e.openBackend(); err == nil {
		name, hermetic = b.Name(), b.Hermetic()
	}
	return report.NewRun(name, hermetic, elapsed, "", list)
}

// WriteReports writes the files that the [report] tables of the templates in r
// ask for, relative to the project's root.
func (e *Engine) WriteReports(r *report.Run) error {
	byFile := map[string][]report.Scenario{}
	for _, s := range r.Scenarios {
		byFile[s.File] = append(byFile[s.File], s)
	}
	var errs []error
	for _, t := range e.Snapshot().Templates {
		path := e.TypedPath(t.Path)
		e.mu.Lock()
		en := e.entries[t.Path]
		e.mu.Unlock()
		if len(byFile[path]) == 0 || en == nil || len(en.kept) == 0 {
			continue
		}
		elapsed := time.Duration(0)
		for _, s := range byFile[path] {
			elapsed += time.Duration(s.DurationMS) * time.Millisecond
		}
		errs = append(errs, e.writeTo(en.kept[0].file().Report, report.NewRun(r.Backend, r.Hermetic, elapsed, "", byFile[path])))
	}
	return errors.Join(errs...)
}

// wholeFile is the name of the report entry of a template that cannot be run at
// all.
const wholeFile = "[file]"

// UnchangedReport is the entry of a scenario that need not be executed: skipped,
// with the evidence of the run in which it passed.
func (e *Engine) UnchangedReport(u Unchanged) report.Scenario {
	out := e.ScenarioReport(u.row)
	out.Verdict, out.Unchanged, out.Replayed = report.Skipped, true, false
	out.Steps, out.Checks, out.Counts, out.DurationMS, out.Attempts = nil, nil, report.Counts{}, 0, 0 // nothing of it happened now
	out.Message = "unchanged since it passed at " + u.PassedAt.Format(time.RFC3339)
	out.Complete()
	return out
}

// BrokenReports are entries for templates that cannot be run at all: a file that
// does not load is a failure, not an absence.
func (e *Engine) BrokenReports() []report.Scenario {
	var out []report.Scenario
	for _, t := range e.Snapshot().Templates {
		if t.Status != CheckError {
			continue
		}
		s := report.Scenario{File: e.TypedPath(t.Path), Test: t.Name, Name: wholeFile, Verdict: report.Error, Attempts: 1}
		for _, d := range e.typedAll(t.Diagnostics) {
			if d.Severity == diag.Error {
				s.Message = d.Error()
				break
			}
		}
		s.Complete()
		out = append(out, s)
	}
	return out
}
