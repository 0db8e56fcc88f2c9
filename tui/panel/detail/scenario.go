package detail

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// scenario writes a verdict with its proof; what failed comes first.
func (b *builder) scenario(t *engine.Template, s *engine.Scenario) {
	st := panel.OfScenario(s, b.v.Now, b.g)
	word := st.Word
	if s.Verdict == engine.VerdictRunning && !s.Since.IsZero() {
		word += " " + text.Elapsed(b.v.Now.Sub(s.Since))
	}
	b.Add(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + word},
		widget.Span{Text: "   " + b.summary(s)})
	b.standing(s)
	if t.Status == engine.CheckError {
		b.Wrap(b.w, widget.Line{{Style: theme.Fail, Text: " " + b.g.Fail + " "}}, theme.Text,
			"the template is invalid now: select it to see why")
	}
	r := s.Result
	if r == nil || !s.Verdict.Done() {
		b.plan(s)
		return
	}
	if r.Message != "" {
		b.Blank()
		b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Fail, r.Message)
	}
	b.checks(s, r)
	b.steps(s)
	b.evidence(r)
}

// summary is the line beside the verdict.
func (b *builder) summary(s *engine.Scenario) string {
	r := s.Result
	switch {
	case s.Verdict == engine.VerdictRunning, s.Verdict == engine.VerdictQueued:
		return text.Clean(s.Progress)
	case r == nil:
		return "r runs it"
	}
	failed := 0
	for i := range r.Checks {
		if !r.Checks[i].OK {
			failed++
		}
	}
	what := text.Count(r.Judged, "check") + " held"
	if r.Judged == 0 {
		what = "nothing was judged"
	}
	if failed > 0 {
		what = fmt.Sprintf("%d of %s failed", failed, text.Count(max(r.Judged, failed), "check"))
	}
	spans := text.Count(r.Spans, "span")
	if s.Verdict == engine.VerdictError || s.Verdict == engine.VerdictInterrupted {
		what, spans = "", "" // it says below what went wrong
	}
	return b.dot(what, spans, text.Duration(r.Duration), b.ago(r.At))
}

// standing says why a verdict is not a fresh one.
func (b *builder) standing(s *engine.Scenario) {
	if s.Stale {
		reason := s.StaleReason
		if reason == "" {
			reason = "its inputs changed since"
		}
		b.Wrap(b.w, widget.Line{{Style: theme.Stale, Text: " " + b.g.Stale + " "}}, theme.Text,
			"out of date: "+reason+"; r runs it again")
	}
	if s.Replayed && s.Verdict.Done() {
		when := "in an earlier run"
		if !s.TracedAt.IsZero() {
			when = b.ago(s.TracedAt)
		}
		b.Wrap(b.w, widget.Line{{Style: theme.Replayed, Text: " " + b.g.Replayed + " "}}, theme.Text,
			"judged over the trace recorded "+when+", no container was started; r runs it afresh")
	}
	if s.Verdict.Done() && !panel.Hermetic(s.Result) {
		b.Wrap(b.w, widget.Line{{Style: theme.Warn, Text: " " + b.g.Warn + " "}}, theme.Text,
			"not hermetic: the "+s.Result.Evidence.Backend+" backend does not isolate scenarios from this machine")
	}
}

// plan says what a run does or would do, for a scenario without a verdict.
func (b *builder) plan(s *engine.Scenario) {
	b.Blank()
	if len(s.Services) > 0 {
		b.field("services", strings.Join(s.Services, "  "))
	}
	if r := s.Result; r != nil {
		b.field("last result", b.dot(r.Verdict.String(), b.ago(r.At)))
	}
	b.steps(s)
}

// checks lists every judged rule: failures with their explanation, then what
// held.
func (b *builder) checks(s *engine.Scenario, r *engine.Result) {
	for i := range r.Checks {
		if c := &r.Checks[i]; !c.OK {
			b.failure(c)
		}
	}
	// A check that held is as old as its verdict: green only when that is fresh.
	ok := panel.OfStep(s, &engine.Step{Verdict: engine.VerdictPass}, b.g)
	held := 0
	for i := range r.Checks {
		c := &r.Checks[i]
		if !c.OK {
			continue
		}
		if held++; held == 1 {
			b.heading("Held")
		}
		line := widget.Line{{Style: ok.Style, Text: "   " + ok.Glyph + " "}, {Text: text.Clean(c.Rule)}}
		if c.Note != "" {
			line = append(line, widget.Span{Style: theme.Warn, Text: "  " + text.Clean(c.Note)})
		}
		b.Lines = append(b.Lines, line)
	}
}

// failure writes a rule that did not hold: where it stands, what was expected
// and found, and the tree that explains it.
func (b *builder) failure(c *engine.Check) {
	b.Blank()
	b.titled(widget.Span{Style: theme.Fail | grid.Bold, Text: " " + b.g.Fail + " " + text.Clean(c.Rule)}, c.Pos)
	b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Strong, c.Message)
	if len(c.Spans) > 0 && len(c.Explain) == 0 {
		b.Wrap(b.w, widget.Line{{Text: "   spans: "}}, theme.Text, strings.Join(c.Spans, ", "))
	}
	for _, l := range c.Explain {
		l = b.g.Lines(text.Clean(l))
		rest := strings.TrimLeft(l, " ")
		b.Wrap(b.w, widget.Line{{Text: "   " + l[:len(l)-len(rest)]}}, theme.Text, rest)
	}
}

// steps lists the steps with their outcome.
func (b *builder) steps(s *engine.Scenario) {
	if len(s.Steps) == 0 {
		return
	}
	b.heading("Steps")
	names := 0
	for i := range s.Steps {
		names = max(names, text.Width(text.Clean(s.Steps[i].Name)))
	}
	names = min(names, b.w/2)
	for i := range s.Steps {
		step := &s.Steps[i]
		st := panel.OfStep(s, step, b.g)
		note := ""
		if step.Verdict.Done() && step.Verdict != engine.VerdictSkipped {
			note = right(text.Duration(step.Duration), 8)
		}
		if step.ExitCode != 0 {
			note += fmt.Sprintf("  exit %d", step.ExitCode)
		}
		b.Add(widget.Span{Style: st.Style, Text: "   " + st.Glyph + " "},
			widget.Span{Text: text.Pad(text.Shorten(text.Clean(step.Name), names, b.g.Ellipsis), names)}, widget.Span{Text: note})
		if step.Message != "" {
			b.Wrap(b.w, widget.Line{{Text: "     "}}, theme.Fail, step.Message)
		}
	}
}

// evidence says what was executed where: the proof without which nothing is
// called a pass.
func (b *builder) evidence(r *engine.Result) {
	e := r.Evidence
	b.heading("Evidence")
	switch {
	case e.Backend == "":
		b.field("executed", "nothing")
	case e.Hermetic:
		b.field("backend", e.Backend+", hermetic")
	default:
		b.Wrap(b.w, widget.Line{{Text: "   " + text.Pad("backend", labelWidth)}}, theme.Warn, e.Backend+", NOT hermetic")
	}
	if e.Network != "" {
		b.field("network", e.Network)
	}
	for _, c := range e.Containers {
		b.field(text.Clean(c.Service), b.dot(c.Image, "image "+short(c.Digest), "container "+short(c.ID)))
	}
	spans := text.Count(r.Spans, "span")
	if len(r.Sources) > 0 {
		spans += " from " + strings.Join(r.Sources, ", ")
	}
	b.field("telemetry", b.dot(spans, text.Count(r.Events, "event"), text.Count(r.Errors, "error")))
	if r.Telemetry != "" {
		b.Wrap(b.w, widget.Line{{Text: strings.Repeat(" ", 3+labelWidth)}}, theme.Warn, r.Telemetry)
	}
	if r.Digest != "" {
		b.field("digest", short(r.Digest))
	}
}

// step writes one step.
func (b *builder) step(s *engine.Scenario, step *engine.Step) {
	st := panel.OfStep(s, step, b.g)
	took := ""
	if step.Verdict.Done() && step.Verdict != engine.VerdictSkipped {
		took = text.Duration(step.Duration)
	}
	b.Add(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + st.Word},
		widget.Span{Text: "   " + took})
	b.standing(s)
	b.Blank()
	b.field("command", step.Command)
	if step.Verdict.Done() && step.Verdict != engine.VerdictSkipped {
		b.field("exit status", fmt.Sprint(step.ExitCode))
	}
	if step.Line > 0 {
		b.field("defined at", fmt.Sprintf("%s:%d", s.ID.Path, step.Line))
	}
	if step.Message != "" {
		b.Blank()
		b.Wrap(b.w, widget.Line{{Style: theme.Fail, Text: " " + b.g.Fail + " "}}, theme.Strong, step.Message)
	}
}

// short cuts a digest or an identifier to the length that people compare.
func short(s string) string {
	s = strings.TrimPrefix(s, "sha256:")
	if len(s) > 12 {
		return s[:12]
	}
	return s
}
