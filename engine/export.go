package engine

import (
	"context"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/telemetry"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// export tells a collector what the engine does.
type export struct {
	e     *Engine
	out   *telemetry.Exporter
	sub   *Subscription
	ended chan struct{}

	saves map[string]*telemetry.Span // the last save of each template
	runs  map[string]*exportedRun
}

type exportedRun struct {
	span    *telemetry.Span
	started time.Time
}

// startExport begins to export when an endpoint is set.
func (e *Engine) startExport() error {
	if e.opts.TraceEndpoint == "" {
		return nil
	}
	out, err := telemetry.New(e.ctx, e.opts.TraceEndpoint, e.opts.Version, func(err error) { e.notice(diag.Warning, "%v", err) })
	if err != nil {
		return &RequestError{err.Error()}
	}
	x := &export{e: e, out: out, sub: e.Subscribe(), ended: make(chan struct{}), saves: map[string]*telemetry.Span{}, runs: map[string]*exportedRun{}}
	e.export = x
	go e.guarded("exporting its own spans", x.follow)
	return nil
}

// follow turns events into spans until the subscription ends.
func (x *export) follow() {
	defer close(x.ended)
	for {
		ev, ok := x.sub.Next(context.Background())
		if !ok {
			return
		}
		x.event(ev)
	}
}

// close exports every event so far and delivers the spans. What cannot be
// delivered is an environment error.
func (x *export) close(ctx context.Context) error {
	x.e.settleDown()
	x.e.unsubscribe(x.sub)
	x.sub.push(nil, true)
	<-x.ended
	for _, r := range x.runs {
		r.span.End(x.e.now(), "cut short")
	}
	if err := x.out.Close(ctx); err != nil {
		return &runner.EnvironmentError{What: "not all spans reached the collector", Remedy: "check --trace-endpoint or observability.traces_endpoint", Err: err}
	}
	return nil
}

func (x *export) event(ev Event) {
	switch ev := ev.(type) {
	case Checked:
		if !ev.Seen.IsZero() {
			x.save(ev)
		}
	case Diffed:
		s := x.out.Start(x.saves[ev.Path], "watch.diff", ev.Diff.At.Add(-ev.Diff.Took),
			telemetry.Attr{Key: "diff.changes", Value: len(ev.Diff.Changes)},
			telemetry.Attr{Key: "diff.tightened", Value: ev.Diff.Tightened}, telemetry.Attr{Key: "diff.loosened", Value: ev.Diff.Loosened})
		s.End(ev.Diff.At, "")
	case Removed:
		delete(x.saves, ev.Path)
	case RunStarted:
		now := x.e.now()
		s := x.out.Start(nil, "clnrm.run", now, telemetry.Attr{Key: "test.count", Value: len(ev.Scenarios)}, telemetry.Attr{Key: "clnrm.run.id", Value: ev.RunID})
		x.runs[ev.RunID] = &exportedRun{s, now}
	case ScenarioFinished:
		if r := x.runs[ev.RunID]; r != nil {
			x.scenario(r, ev.Scenario)
		}
	case RunFinished:
		if r := x.runs[ev.RunID]; r != nil {
			delete(x.runs, ev.RunID)
			r.span.Set(telemetry.Attr{Key: "result", Value: ev.Verdict.String()})
			r.span.End(r.started.Add(ev.Elapsed), failedWord(ev.Verdict))
		}
	}
}

// save exports the dry run of one save: what came before the check, and its
// stages one after the other.
func (x *export) save(ev Checked) {
	t := ev.Template
	failed := ""
	if t.Status == CheckError {
		failed = "the template has errors"
	}
	root := x.out.Start(nil, "watch.file_changed", ev.Seen,
		telemetry.Attr{Key: "template.path", Value: t.Path}, telemetry.Attr{Key: "template.status", Value: t.Status.String()},
		telemetry.Attr{Key: "cache.hit", Value: t.Cache.Hit}, telemetry.Attr{Key: "cache.reason", Value: t.Cache.Reason},
		telemetry.Attr{Key: "diagnostics", Value: len(t.Diagnostics)})
	at := t.CheckedAt.Add(-t.Timing.Total)
	stage := func(name string, d time.Duration) {
		s := x.out.Start(root, name, at)
		at = at.Add(d)
		s.End(at, "")
	}
	stage("watch.read", t.Timing.Read)
	stage("watch.hash", t.Timing.Hash)
	if t.Cache.Hit {
		stage("watch.cache_lookup", t.Timing.Render)
	} else {
		stage("watch.render", t.Timing.Render)
		stage("watch.parse", t.Timing.Parse)
		stage("watch.validate", t.Timing.Validate)
	}
	root.End(t.CheckedAt, failed)
	x.saves[t.Path] = root
}

// scenario exports the run of one scenario and of its steps, with the times that
// were recorded. A row of file-level expectations is no run.
func (x *export) scenario(r *exportedRun, s *Scenario) {
	if s.ID.IsFile() || s.Last().Result == nil {
		return
	}
	res := s.Last().Result
	span := x.out.Start(r.span, "clnrm.scenario:"+s.ID.Name, res.At,
		telemetry.Attr{Key: "scenario.name", Value: s.ID.Name}, telemetry.Attr{Key: "test.config", Value: s.ID.Path},
		telemetry.Attr{Key: "result", Value: s.Verdict.String()}, telemetry.Attr{Key: "test.hermetic", Value: res.Evidence.Hermetic},
		telemetry.Attr{Key: "expectations.judged", Value: res.Judged}, telemetry.Attr{Key: "spans", Value: res.Spans}, telemetry.Attr{Key: "digest", Value: res.Digest})
	for _, st := range x.e.stepSpans(s.ID) {
		failed := ""
		if st.Status == trace.StatusError {
			failed = "the step failed"
		}
		x.out.Start(span, st.Name, time.Unix(0, int64(st.Start))).End(time.Unix(0, int64(st.End)), failed)
	}
	span.End(res.At.Add(res.Duration), failedWord(s.Verdict))
}

// stepSpans are the spans that the runner recorded of a scenario's steps.
func (e *Engine) stepSpans(id ScenarioID) []trace.Span {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[id.Path]
	if en == nil || en.records[id.Name] == nil {
		return nil
	}
	var out []trace.Span
	for _, s := range en.records[id.Name].Spans {
		if s.Source.Kind == "self" && strings.HasPrefix(s.Name, "clnrm.step:") {
			s.Name = en.secrets.String(s.Name)
			out = append(out, s)
		}
	}
	return out
}

// failedWord is the status message of a verdict; empty for a pass.
func failedWord(v Verdict) string {
	if v == VerdictPass {
		return ""
	}
	return v.String()
}
