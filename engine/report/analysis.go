package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// AnalysisSchema names the version of the object that Analysis encodes to.
const AnalysisSchema = "clnrm.analyze/1"

// Analysis is the result of judging recorded spans against the expectations of
// a file. Make it complete with Complete.
type Analysis struct {
	Schema       string        `json:"schema"`
	File         string        `json:"file"`
	Test         string        `json:"test,omitempty"` // the name that the file gives itself
	Traces       string        `json:"traces"`         // the files judged, as the user typed them
	Recorded     []RecordedRun `json:"recorded,omitempty"`
	Verdict      Verdict       `json:"verdict"`           // Pass, Fail or Error
	Message      string        `json:"message,omitempty"` // why it is Error
	Judged       int           `json:"judged"`
	Counts       Counts        `json:"counts"`
	Digest       string        `json:"digest"` // of the normalised spans, lower hex
	FirstFailure *FirstFailure `json:"first_failure"`
	Failures     []Failure     `json:"failures"`

	// Checks is every judged rule, in the order of judging; the source of
	// Judged, FirstFailure and Failures.
	Checks []Check `json:"-"`
}

// RecordedRun is an earlier run whose spans were judged.
type RecordedRun struct {
	Scenario string    `json:"scenario"`
	At       time.Time `json:"at"`
	AgeMS    int64     `json:"age_ms"`
	Folder   string    `json:"folder"`  // where the record lies
	Backend  string    `json:"backend"` // that it ran on
	Hermetic bool      `json:"hermetic"`
}

// shared says so of a run that was not hermetic; empty for one that was.
func (r *RecordedRun) shared() string {
	if r.Hermetic || r.Backend == "" {
		return ""
	}
	return " (backend " + line(r.Backend) + ", not hermetic)"
}

// Complete derives Judged, Failures and FirstFailure from Checks.
func (a *Analysis) Complete() {
	a.Schema = AnalysisSchema
	s := a.scenario()
	s.Complete()
	a.Judged, a.Failures, a.FirstFailure = s.Judged, s.Failures, s.FirstFailure
}

// scenario is the analysis in the model of a run.
func (a *Analysis) scenario() Scenario {
	return Scenario{
		File: a.File, Test: a.Test, Name: "OTEL Validation", Verdict: a.Verdict, Message: a.Message, Attempts: 1,
		Digest: a.Digest, Counts: a.Counts, Checks: a.Checks,
	}
}

// WriteAnalysisJSON writes one indented clnrm.analyze/1 object.
func WriteAnalysisJSON(w io.Writer, a *Analysis) error { return writeJSON(w, a) }

// WriteAnalysisJUnit writes JUnit XML: a case per judged rule.
func WriteAnalysisJUnit(w io.Writer, a *Analysis) error {
	return JUnit{}.Write(w, NewRun("", false, 0, "", []Scenario{a.scenario()}))
}

// validators are the groups of rules, in the order of judging, by the beginning
// of their identifiers.
var validators = []struct{ title, prefix string }{
	{"Span Expectations", "expect.span["},
	{"Graph Structure", "expect.graph"},
	{"Counts", "expect.counts"},
	{"Window Containment", "expect.window"},
	{"Ordering", "expect.order"},
	{"Status", "expect.status"},
	{"Hermeticity", "expect.hermeticity"},
	{"Trace", "trace."},
	{"Run", ""},
}

// validator is one group of an analysis.
type validator struct {
	title          string
	passed, failed int
	notes          []string
	failures       []*Failure
}

func (a *Analysis) validators() []validator {
	groups := make([]validator, len(validators))
	for i := range a.Checks {
		c := &a.Checks[i]
		k := 0
		for !strings.HasPrefix(c.Rule, validators[k].prefix) {
			k++
		}
		g := &groups[k]
		g.title = validators[k].title
		if c.OK {
			g.passed++
			if c.Note != "" {
				g.notes = append(g.notes, c.Note)
			}
			continue
		}
		g.failed++
		g.failures = append(g.failures, &c.Failure)
	}
	var out []validator
	for _, g := range groups {
		if g.passed+g.failed > 0 {
			out = append(out, g)
		}
	}
	return out
}

// Analysis writes what was judged, group by group, and the result.
func (h Human) Analysis(w io.Writer, a *Analysis) error {
	out := printer{w: w}
	out.f("Test: %s\n", h.bold(line(orText(a.Test, a.File))))
	out.f("Traces: %s, %s from %s\n", count(a.Counts.Spans, "span"), count(a.Counts.Events, "event"), line(orText(a.Traces, "nowhere")))
	for _, r := range a.Recorded {
		out.f("  %s, run %s ago%s: %s\n", line(r.Scenario), age(r.AgeMS), h.yellow(r.shared()), h.dim(line(r.Folder)))
	}
	groups := a.validators()
	if len(groups) > 0 {
		out.f("\nValidators:\n")
	}
	broken := 0
	for _, g := range groups {
		mark := h.sgr("32", h.glyph("✓", "+"))
		if g.failed > 0 {
			broken++
			mark = h.red(h.glyph("✗", "x"))
		}
		out.f("  %s %s (%d/%d passed)", mark, g.title, g.passed, g.passed+g.failed)
		if len(g.notes) > 0 {
			out.f("  %s", h.dim(line(strings.Join(g.notes, "; "))))
		}
		out.f("\n")
		for i, f := range g.failures {
			h.failure(&out, f, i == 0)
		}
	}
	out.f("\n%s\n", a.result(h, broken, len(groups)))
	if a.Digest != "" {
		out.f("Digest: sha256:%s\n", a.Digest)
	}
	return out.err
}

// failure writes one failed rule; the first of a group with its explanation.
func (h Human) failure(out *printer, f *Failure, explain bool) {
	out.f("      %s", h.bold(line(f.Rule)))
	if at := f.at(); at != "" {
		out.f("  %s", h.dim(line(at)))
	}
	out.f("\n")
	for _, l := range lines(f.Message) {
		out.f("        %s\n", l)
	}
	if !explain {
		return
	}
	for _, l := range f.Explain {
		out.f("        %s\n", h.dim(line(l)))
	}
}

func (a *Analysis) result(h Human, broken, all int) string {
	switch a.Verdict {
	case Pass:
		return "Result: " + h.sgr("1;32", "PASS") + fmt.Sprintf(" (%d/%d validators passed, %s judged)", all, all, count(a.Judged, "rule"))
	case Fail:
		return "Result: " + h.sgr("1;31", "FAIL") + fmt.Sprintf(" (%d/%d validators failed)", broken, all)
	default:
		return "Result: " + h.sgr("1;31", "ERROR") + " (" + line(a.Message) + ")"
	}
}

// age prints how long ago something was, as people say it.
func age(ms int64) string {
	switch d := time.Duration(ms) * time.Millisecond; {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
