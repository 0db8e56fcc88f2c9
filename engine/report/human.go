package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Human writes plain text for people. Scenario and Summary are its two halves,
// for programs that print each result as it comes. What containers printed is
// quoted with a bar, so that nobody takes it for a verdict.
type Human struct{ Options }

// failureLimit bounds the rules that are listed of a scenario that failed. The
// other formats have them all.
const failureLimit = 10

// quoteLimit bounds the lines of a step's output that are shown, per stream;
// the end is what explains a failure.
const quoteLimit = 20

// Write implements Writer.
func (h Human) Write(w io.Writer, r *Run) error {
	for i := range r.Scenarios {
		if err := h.Scenario(w, &r.Scenarios[i]); err != nil {
			return err
		}
	}
	return h.Summary(w, r)
}

// Scenario writes the result line of one scenario, what was injected into it and,
// unless it passed, what went wrong.
func (h Human) Scenario(w io.Writer, s *Scenario) error {
	out := printer{w: w}
	out.f("%s %s %s %s", h.standing(s), line(s.File), h.dim(h.glyph("›", ">")), h.bold(line(s.Name)))
	switch s.Verdict {
	case Pass, Fail:
		out.f("  %s", h.dim(facts(s)))
	case Skipped:
		out.f("  %s", h.dim(line(orText(s.Message, "skipped"))))
	}
	switch {
	case s.Stale && s.Verdict != Skipped: // whose message says so
		out.f("  %s", h.yellow(line("stale: "+s.StaleReason)))
	case s.Replayed && s.Verdict != Skipped:
		out.f("  %s", h.cyan("replayed"))
	}
	out.f("\n")
	for i, a := range s.Earlier {
		out.f("      %s\n", h.dim(line(fmt.Sprintf("attempt %d: %s, %s: %s", i+1, a.Verdict, a.Cause, a.Message))))
	}
	if s.Evidence != nil {
		for _, f := range s.Evidence.Faults {
			out.f("      %s\n", h.dim("injected: "+line(f)))
		}
	}
	if s.Verdict == Pass || s.Verdict == Skipped {
		return out.err
	}
	if s.Message != "" {
		for _, l := range lines(s.Message) {
			out.f("      %s\n", h.red(l))
		}
	}
	h.failures(&out, s)
	h.outputs(&out, s)
	if s.Artifacts != "" {
		out.f("      %s\n", h.dim("artifacts: "+line(s.Artifacts)))
	}
	return out.err
}

// facts is the evidence behind a verdict, on one line.
func facts(s *Scenario) string {
	text := fmt.Sprintf("%s  judged=%d spans=%d", duration(s.DurationMS), s.Judged, s.Counts.Spans)
	if n := len(s.Failures); n > 0 {
		text += fmt.Sprintf(" failed=%d", n)
	}
	if s.Flaky {
		text += fmt.Sprintf(" flaky (attempt %d)", s.Attempts)
	}
	if s.Repeats > 0 {
		text += fmt.Sprintf(" repeated=%d", s.Repeats)
		if s.Failed > 0 {
			text += fmt.Sprintf(" (%d did not pass)", s.Failed)
		}
	}
	if len(s.Digest) >= 12 {
		text += " digest=" + line(s.Digest[:12])
	}
	return text
}

// failures writes the first failing rule with its explanation and others more
// briefly. Of a scenario that could not be carried out or judged, the reason is
// worth reading and the rules are not.
func (h Human) failures(out *printer, s *Scenario) {
	shown := min(len(s.Failures), failureLimit)
	if s.Verdict != Fail {
		shown = 0
	}
	for i := range shown {
		f := &s.Failures[i]
		out.f("      %s %s", h.red(h.glyph("✗", "x")), h.bold(line(f.Rule)))
		if at := f.at(); at != "" {
			out.f("  %s", h.dim(line(at)))
		}
		out.f("\n")
		for _, l := range lines(f.Message) {
			out.f("        %s\n", l)
		}
		if i > 0 {
			continue
		}
		for _, l := range f.Explain {
			out.f("        %s\n", h.dim(line(l)))
		}
	}
	switch rest := len(s.Failures) - shown; {
	case rest == 0:
	case shown > 0:
		out.f("      %s\n", h.dim("and "+count(rest, "more rule")))
	default:
		out.f("      %s\n", h.dim(count(rest, "rule")+" not met or not judged"))
	}
}

// outputs quotes what failed steps printed.
func (h Human) outputs(out *printer, s *Scenario) {
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Verdict == Pass || step.Verdict == Skipped || step.Stdout+step.Stderr == "" {
			continue
		}
		h.quote(out, step.Name+" stdout", step.Stdout)
		h.quote(out, step.Name+" stderr", step.Stderr)
	}
}

func (h Human) quote(out *printer, title, text string) {
	all := lines(text)
	if len(all) == 0 {
		return
	}
	out.f("      %s\n", h.dim(line(title)+":"))
	if cut := len(all) - quoteLimit; cut > 0 {
		out.f("      %s\n", h.dim(fmt.Sprintf("(%d lines before)", cut)))
		all = all[cut:]
	}
	for _, l := range all {
		out.f("      | %s\n", l)
	}
}

// Summary writes the last line of a run, and what must not be missed before it.
func (h Human) Summary(w io.Writer, r *Run) error {
	out := printer{w: w}
	if len(r.Scenarios) > 0 {
		out.f("\n")
	}
	for _, text := range append(unhermetic(r), apart(r)...) {
		out.f("%s\n", h.yellow(line(text)))
	}
	if r.Problem != "" {
		out.f("%s %s\n", h.verdict(Error), line(r.Problem))
	}
	s := r.Summary
	extra := ""
	if s.Flaky > 0 {
		extra += h.yellow(fmt.Sprintf(", %d flaky", s.Flaky))
	}
	if s.Unchanged > 0 {
		extra += fmt.Sprintf(", %d unchanged", s.Unchanged)
	}
	out.f("%s %s: %d passed, %d failed, %s, %d skipped%s  %s\n",
		h.verdict(r.Verdict), count(s.Scenarios, "scenario"), s.Passed, s.Failed, count(s.Errors, "error"), s.Skipped, extra,
		h.dim(fmt.Sprintf("%s on %s", duration(r.ElapsedMS), orText(line(r.Backend), "no backend"))))
	return out.err
}

// apart lists the services that were run otherwise than with the agent as process
// 1 of their container, each once.
func apart(r *Run) []string {
	var out []string
	for i := range r.Scenarios {
		e := r.Scenarios[i].Evidence
		if e == nil {
			continue
		}
		for _, c := range e.Containers {
			if how := c.Apart(); how != "" {
				out = append(out, fmt.Sprintf("Service %s was run by way of %s; not given: %s.", c.Service, how, strings.Join(c.Missing, ", ")))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// duration prints milliseconds as people read them: 12ms, 1.42s, 2m03s.
func duration(ms int64) string {
	switch {
	case ms < 1000:
		return fmt.Sprintf("%dms", ms)
	case ms < 60_000:
		return fmt.Sprintf("%.2fs", float64(ms)/1000)
	default:
		return fmt.Sprintf("%dm%02ds", ms/60_000, ms/1000%60)
	}
}
