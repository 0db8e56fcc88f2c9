package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// judge gives the verdict of one scenario from its recorded run: the conditions
// of its steps as recorded, and the expectations as they stand in f now. Runs
// and replays use it alike, so a replay cannot be kinder than a run. What the
// result shows is without the secrets in hide.
func judge(f *spec.File, sc *spec.Scenario, rec *store.Record, hide *secret.Set) *Result {
	r := resultOf(f, rec)
	r.Checks = engineChecks(rec.Checks)
	judged := judgedSpans(f, sc, rec)
	set := trace.NewSet(judged)
	// A run that could not be carried out says nothing about expectations:
	// holding them against it would bury the reason under their failures.
	if rec.Error == "" && rec.Skipped == "" && !cutShort(rec) {
		if !fileScoped(f) && f.Expect != nil {
			r.judge(f, f.Expect, set, rec.Sources, subnets(rec))
		}
		if sc.Expect != nil {
			r.judge(f, sc.Expect, set, rec.Sources, subnets(rec))
		}
		r.Checks = append(r.Checks, awaitedSpans(f, sc, set)...)
	}
	r.measure(set)
	r.conclude(rec)
	if r.Verdict == VerdictPass && !f.Asks(sc) {
		r.Verdict = VerdictError
		r.Message = "nothing was judged: the scenario declares no expectation (expected_exit_code = 0 on a step would be one)"
	}
	r.mask(hide, judged)
	return r
}

// judgeFile gives the verdict over file-level expectations of a file with
// several scenarios: over the union of their spans. What one of
// them lacks, all lack.
func judgeFile(f *spec.File, recs []*store.Record, hide *secret.Set) *Result {
	r := resultOf(f, recs[0])
	r.Duration, r.Evidence.Containers = 0, nil
	// sum is the recorded run of the file as a whole.
	sum := store.Record{Evidence: recs[0].Evidence}
	var own, spans []trace.Span
	for i, rec := range recs {
		if rec.At.Before(r.At) {
			r.At = rec.At
		}
		r.Duration += rec.Duration
		r.Evidence.Containers = append(r.Evidence.Containers, containers(rec.Evidence)...)
		sum.Steps = append(sum.Steps, rec.Steps...)
		sum.Environment = sum.Environment || rec.Environment
		if sum.Error == "" {
			sum.Error = incomplete(rec)
		}
		for _, src := range rec.Sources {
			if !slices.Contains(sum.Sources, src) {
				sum.Sources = append(sum.Sources, src)
			}
		}
		for _, s := range judgedSpans(f, f.Scenarios[i], rec) {
			if s.Source.Kind == "self" {
				own = append(own, s)
			} else {
				spans = append(spans, s)
			}
		}
	}
	r.Telemetry = ""
	judged := append(runner.JoinSelf(own), spans...)
	set := trace.NewSet(judged)
	if sum.Error == "" {
		r.judge(f, f.Expect, set, sum.Sources, subnets(recs...))
	}
	r.measure(set)
	r.conclude(&sum)
	r.mask(hide, judged)
	return r
}

// incomplete says why the spans of one scenario are no complete record of it;
// empty when they are.
func incomplete(rec *store.Record) string {
	why := rec.Error
	switch {
	case why != "":
	case rec.Skipped != "":
		why = rec.Skipped
	case cutShort(rec), slices.ContainsFunc(rec.Checks, func(c expect.Check) bool { return !c.OK && strings.HasPrefix(c.Rule, "service.") }):
		why = "it was cut short"
	default:
		why = lossOf(rec)
	}
	if why == "" {
		return ""
	}
	return fmt.Sprintf("the spans of scenario %q are incomplete: %s", rec.Scenario, why)
}

// fileScoped reports whether file-level expectations are judged over several
// scenarios together, as a row of their own.
func fileScoped(f *spec.File) bool { return f.Expect != nil && len(f.Scenarios) > 1 }

// judgedSpans selects the spans that a scenario's expectations are about:
// those of the declared channels; the runner's own when the
// file declares none, or asks for them with spans:self.
func judgedSpans(f *spec.File, sc *spec.Scenario, rec *store.Record) []trace.Span {
	declared, self := channels(f, sc)
	var out []trace.Span
	for _, s := range rec.Spans {
		if own := s.Source.Kind == "self"; own && self || !own && declared {
			out = append(out, s)
		}
	}
	return out
}

// channels says whether the spans of programs are judged, and the runner's own.
func channels(f *spec.File, sc *spec.Scenario) (declared, self bool) {
	declared = f.Otel != nil && strings.HasPrefix(f.Otel.Exporter, "otlp")
	for _, a := range sc.Artifacts {
		if a == "spans:self" {
			self = true
		} else if strings.HasPrefix(a, "spans:") {
			declared = true
		}
	}
	return declared, self || !declared
}

// awaitedSpans turns wait_for_span of services without a command of their own
// into expectations judged at the end: only the scenario can emit such a span.
func awaitedSpans(f *spec.File, sc *spec.Scenario, set *trace.Set) []Check {
	var out []Check
	for _, s := range runner.Services(f, sc) {
		if s.WaitForSpan == "" {
			continue
		}
		c := Check{Rule: "service." + s.Name + ".wait_for_span", Pos: s.WaitForSpanPos, Spans: []string{s.WaitForSpan}}
		c.OK = len(set.Named(s.WaitForSpan)) > 0
		if !c.OK {
			c.Message = fmt.Sprintf("span %q never arrived", s.WaitForSpan)
		}
		out = append(out, c)
	}
	return out
}

// resultOf starts a result from what was recorded about the execution.
func resultOf(f *spec.File, rec *store.Record) *Result {
	r := &Result{
		Duration: rec.Duration, At: rec.At, SpecHash: f.Hash, Telemetry: lossOf(rec),
		Evidence: Evidence{
			Backend: rec.Evidence.Backend, Hermetic: rec.Evidence.Hermetic, Network: rec.Evidence.Network,
			Proof: rec.Evidence.Proof, Subnet: rec.Evidence.Subnet, Exceptions: rec.Evidence.Exceptions, Faults: rec.Evidence.Faults,
			Containers: containers(rec.Evidence),
		},
		Attempts: max(1, rec.Attempts), Flaky: rec.Flaky, Repeats: rec.Repeats, Failed: rec.Failures,
		Artifacts: rec.Artifacts,
	}
	for _, a := range rec.Earlier {
		r.Earlier = append(r.Earlier, Attempt{a.At, a.Duration, parseVerdict(a.Verdict), a.Cause, a.Message})
	}
	return r
}

// subnets are the scenario's own networks: addresses in them are services of the
// test.
func subnets(recs ...*store.Record) []string {
	var out []string
	for _, rec := range recs {
		if rec.Evidence.Subnet != "" {
			out = append(out, rec.Evidence.Subnet)
		}
	}
	return out
}

func containers(e runner.Evidence) []Container {
	out := make([]Container, 0, len(e.Containers))
	for _, c := range e.Containers {
		shown := Container{
			Service: c.Service, ID: c.ID, Image: c.Image, Digest: c.Digest, User: c.User,
			Way: string(c.Way), Because: c.Because, Missing: c.Missing,
			Tmpfs: c.Tmpfs, ReadOnlyRoot: c.ReadOnlyRoot, Limits: report.ContainerLimits(c.Limits),
		}
		for _, m := range c.Mounts {
			shown.Mounts = append(shown.Mounts, report.Mount{Host: m.Host, Container: m.Container, ReadOnly: m.ReadOnly})
		}
		out = append(out, shown)
	}
	return out
}

// judge adds the verdicts over one expectation table. Spans were looked for in
// looked; addresses in the networks of inside belong to the test.
func (r *Result) judge(f *spec.File, e *spec.Expect, set *trace.Set, looked, inside []string) {
	hosts := make([]string, 0, len(f.Services))
	for _, s := range f.Services {
		hosts = append(hosts, s.Name)
	}
	hosts = append(hosts, inside...)
	got := expect.Judge(e, set, expect.Options{InternalHosts: hosts, Looked: looked})
	r.Checks = append(r.Checks, engineChecks(got.Checks)...)
	r.Sources = got.Sources
}

// measure counts what was judged.
func (r *Result) measure(set *trace.Set) {
	r.Spans = set.Len()
	for i := range set.Len() {
		s := set.Span(trace.Ref(i))
		r.Events += len(s.Events)
		if s.Status == trace.StatusError {
			r.Errors++
		}
	}
	for i := range r.Checks {
		if !r.Checks[i].Unjudged {
			r.Judged++
		}
	}
	r.Digest = trace.Digest(set)
	for _, p := range set.Problems() {
		if r.Telemetry == "" {
			r.Telemetry = p.Message
		}
	}
}

// conclude derives the verdict. Nothing is green without evidence: a run that
// executed nothing, judged nothing or lost telemetry is an error.
func (r *Result) conclude(rec *store.Record) {
	ran := 0
	for i := range rec.Steps {
		if rec.Steps[i].Ran {
			ran++
		}
	}
	r.Verdict = VerdictPass
	for i := range r.Checks {
		if !r.Checks[i].OK {
			r.Verdict = VerdictFail
		}
	}
	switch {
	case rec.Skipped != "":
		r.Verdict, r.Message = VerdictSkipped, rec.Skipped
	case rec.Error != "":
		r.Verdict, r.Message, r.Environment = VerdictError, rec.Error, rec.Environment
	case r.Telemetry != "":
		r.Verdict, r.Message = VerdictError, "the telemetry cannot be trusted: "+r.Telemetry
	case r.Verdict == VerdictFail:
	case ran == 0:
		r.Verdict, r.Message = VerdictError, "no command was executed"
	case r.Judged == 0:
		r.Verdict, r.Message = VerdictError, "nothing was judged"
	case rec.Evidence.Hermetic && len(rec.Evidence.Containers) == 0:
		r.Verdict, r.Message = VerdictError, "no container was recorded for this run"
	}
}

// lossOf says in words what telemetry was lost; empty when all arrived.
func lossOf(rec *store.Record) string {
	var parts []string
	t := rec.Telemetry
	if t.Rejected > 0 {
		parts = append(parts, fmt.Sprintf("%d export requests rejected", t.Rejected))
	}
	if t.Dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d export requests dropped", t.Dropped))
	}
	if t.Invalid > 0 {
		parts = append(parts, fmt.Sprintf("%d spans have no valid ids", t.Invalid))
	}
	if t.Over > 0 {
		parts = append(parts, fmt.Sprintf("%d spans over the limit dropped", t.Over))
	}
	if t.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d lines of output say that spans could not be exported", t.Failed))
	}
	if rec.Malformed > 0 {
		parts = append(parts, fmt.Sprintf("%d payloads or lines could not be decoded", rec.Malformed))
	}
	if len(parts) == 0 && !t.Complete && rec.Error == "" && rec.Skipped == "" && !cutShort(rec) {
		if len(t.Cut) > 0 {
			parts = append(parts, t.Cut...)
			parts = append(parts, "what was not exported by then is lost")
		}
		if t.Unseen || len(t.Cut) == 0 {
			parts = append(parts, "the end of the stream was not seen")
		}
		parts = append(parts, lastArrivals(t.Sources))
	}
	if len(parts) > 0 && t.Detail != "" {
		parts = append(parts, t.Detail)
	}
	return strings.Join(parts, "; ")
}

// lastArrivals says what was heard last of every service.
func lastArrivals(sources []runner.TelemetrySource) string {
	if len(sources) == 0 {
		return "no span arrived over OTLP"
	}
	var list []string
	for _, s := range sources {
		list = append(list, fmt.Sprintf("%s after %s (%d spans in %d requests)", s.Service, s.Last.Round(time.Millisecond), s.Spans, s.Requests))
	}
	return "last arrivals: " + strings.Join(list, ", ")
}

// cutShort reports whether the run was ended by a failed condition of its own (a
// timeout, a service that was never ready): red already, and with spans that are
// no complete record of anything.
func cutShort(rec *store.Record) bool {
	return slices.ContainsFunc(rec.Checks, func(c expect.Check) bool {
		return !c.OK && (c.Rule == "scenario.timeout" || strings.HasPrefix(c.Rule, "service.") && strings.HasSuffix(c.Rule, ".ready"))
	})
}

func engineChecks(in []expect.Check) []Check {
	out := make([]Check, 0, len(in))
	for _, c := range in {
		out = append(out, Check{Rule: c.Rule, OK: c.OK, Unjudged: c.Unjudged, Pos: c.Pos, Message: c.Message, Spans: c.Spans, Explain: c.Explain, Note: c.Note})
	}
	return out
}
