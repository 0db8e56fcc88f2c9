package engine

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/strength"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// UnfitError says that recorded spans cannot answer what was asked of them: the
// expectations do not hold on them, or they differ from trace to trace. Exit
// status 1.
type UnfitError struct{ Err error }

func (e *UnfitError) Error() string { return e.Err.Error() }

func (e *UnfitError) Unwrap() error { return e.Err }

// Strength measures how many mutations of recorded spans the expectations of
// the file at path catch. Where the spans come from, and the errors, are as with
// Analyze; a trace on which the expectations do not hold is an *UnfitError.
func (e *Engine) Strength(ctx context.Context, path string, traces []string, leftOut LeftOut) (*report.Strength, error) {
	f, err := e.sound(path)
	if err != nil {
		return nil, err
	}
	if !judgesSomething(f) {
		return nil, &RequestError{"nothing to measure: " + path + " has no expectation"}
	}
	out := &report.Strength{File: path}
	var spans []trace.Span
	var inside []string
	if len(traces) > 0 {
		files, err := readTraces(traces, leftOut)
		if err != nil {
			return nil, err
		}
		out.Traces, spans = joinTraces(files)
		spans = fromChannels(f, spans)
	} else {
		recs, err := e.records(f)
		if err != nil {
			return nil, err
		}
		out.Traces, out.Recorded = e.recordedRuns(recs)
		spans, inside = recordedSpans(f, recs), subnets(recs...)
	}
	if len(spans) == 0 {
		return nil, &TraceError{out.Traces, errNoSpans}
	}
	hide := e.secrets(f.Path)
	spans = maskSpans(hide, spans)
	o := judgeOptions(f)
	o.InternalHosts = append(o.InternalHosts, inside...)
	var measured []strength.Table
	for _, t := range tables(f) {
		measured = append(measured, strength.Table{Expect: maskExpect(hide, t.expect), Options: o, About: t.selects(spans)})
	}
	m, err := strength.Measure(ctx, measured, spans, hidden)
	switch {
	case errors.Is(err, strength.ErrRed), errors.Is(err, strength.ErrNothing):
		return nil, &UnfitError{err}
	case err != nil:
		return nil, fmt.Errorf("measure the strength of %s: %w", path, err)
	}
	out.Possible, out.Mutants, out.Killed, out.Advice = m.Possible, m.Mutants, m.Killed, string(m.Advice)
	out.Score = math.Round(m.Score()*1000) / 1000
	if m.Killed < m.Mutants {
		out.Score = min(out.Score, 0.999)
	}
	for _, s := range m.Survivors {
		out.Survivors = append(out.Survivors, report.Survivor{Mutation: string(s.Mutation), Span: s.Span, Detail: s.Detail, WouldKill: s.WouldKill})
	}
	return out, nil
}
