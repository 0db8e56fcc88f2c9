package engine

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Analyze judges recorded spans against the expectations of the file at path,
// without any container. Without trace files it judges the recorded runs of the
// file's scenarios, whose step conditions and telemetry count then too.
//
// An analysis comes back beside an error as well, with the verdict Error and
// the reason. The error is a *RequestError (no such file, no expectations), an
// *InvalidError, an *UnrecordedError or a *TraceError. A trace without spans is
// no error: its analysis fails at the first expectation.
func (e *Engine) Analyze(path string, traces []string, leftOut LeftOut) (*report.Analysis, error) {
	a := &report.Analysis{File: path, Traces: strings.Join(traces, ", "), Verdict: report.Error}
	err := e.analyze(a, path, traces, leftOut)
	if err != nil {
		a.Message = err.Error()
	}
	a.Complete()
	return a, err
}

func (e *Engine) analyze(a *report.Analysis, path string, traces []string, leftOut LeftOut) error {
	f, err := e.sound(path)
	if err != nil {
		return err
	}
	a.Test = f.Name
	if !judgesSomething(f) {
		return &RequestError{"nothing to judge: " + path + " has no expectation"}
	}
	var r *Result
	if len(traces) > 0 {
		files, err := readTraces(traces, leftOut)
		if err != nil {
			return err
		}
		_, spans := joinTraces(files)
		judged := fromChannels(f, spans)
		r = judgeTrace(f, judged, traces)
		r.mask(e.secrets(f.Path), judged)
	} else {
		recs, err := e.records(f)
		if err != nil {
			return err
		}
		a.Traces, a.Recorded = e.recordedRuns(recs)
		r = judgeRecords(f, recs, e.secrets(f.Path))
	}
	a.Verdict, a.Message, a.Digest = report.Verdict(r.Verdict.String()), r.Message, r.Digest
	a.Counts = report.Counts{Spans: r.Spans, Events: r.Events, Errors: r.Errors}
	a.Checks = e.reportChecks(r.Checks)
	return nil
}

// judgesSomething reports whether a file has an expectation that judging a trace
// would give a rule for.
func judgesSomething(f *spec.File) bool {
	empty := trace.NewSet(nil)
	for _, t := range tables(f) {
		if len(expect.Judge(t.expect, empty, expect.Options{}).Checks) > 0 {
			return true
		}
	}
	return false
}

// judgeTrace judges every expectation table of a file over spans from elsewhere.
func judgeTrace(f *spec.File, spans []trace.Span, looked []string) *Result {
	r := &Result{SpecHash: f.Hash, Verdict: VerdictPass}
	set := trace.NewSet(spans)
	for _, t := range tables(f) {
		about := set
		if selects := t.selects(spans); selects != nil {
			about = trace.NewSet(slices.DeleteFunc(slices.Clone(spans), func(s trace.Span) bool { return !selects(&s) }))
		}
		r.judge(f, t.expect, about, looked, nil)
	}
	r.measure(set)
	for i := range r.Checks {
		if !r.Checks[i].OK {
			r.Verdict = VerdictFail
		}
	}
	switch {
	case r.Telemetry != "":
		r.Verdict, r.Message = VerdictError, "the trace cannot be trusted: "+r.Telemetry
	case set.Len() == 0:
		r.Verdict, r.Message = VerdictError, "no spans in "+strings.Join(looked, ", ")
	}
	return r
}

// judgeRecords judges the recorded runs of all scenarios of a file as replays
// do, and sums the results up.
func judgeRecords(f *spec.File, recs []*store.Record, hide *secret.Set) *Result {
	sum := &Result{SpecHash: f.Hash, Verdict: VerdictPass}
	add := func(r *Result) {
		sum.Checks = append(sum.Checks, r.Checks...)
		switch {
		case r.Verdict == VerdictError && sum.Verdict != VerdictError:
			sum.Verdict, sum.Message = VerdictError, r.Message
		case r.Verdict == VerdictFail && sum.Verdict == VerdictPass:
			sum.Verdict = VerdictFail
		}
	}
	for i, rec := range recs {
		add(judge(f, f.Scenarios[i], rec, hide))
	}
	if fileScoped(f) {
		add(judgeFile(f, recs, hide))
	}
	sum.measure(trace.NewSet(recordedSpans(f, recs)))
	return sum
}

// reportChecks is the judged rules of a result, for reports. A rule that could
// not be judged is left out: an earlier one says why.
func (e *Engine) reportChecks(checks []Check) []report.Check {
	var out []report.Check
	for _, c := range checks {
		if c.Unjudged {
			continue
		}
		out = append(out, report.Check{
			Failure: report.Failure{
				Rule: c.Rule, Spans: c.Spans, Message: c.Message, Explain: c.Explain,
				File: e.TypedPath(c.Pos.File), Line: c.Pos.Line, Column: c.Pos.Column,
			},
			OK: c.OK, Note: c.Note,
		})
	}
	return out
}
