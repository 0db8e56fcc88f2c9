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
	st := b.v.OfScenario(s)
	word := st.Word
	if s.Verdict == engine.VerdictRunning && !s.Last().Since.IsZero() {
		word += " " + text.Elapsed(b.v.Now.Sub(s.Last().Since))
	}
	b.headline(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + word},
		widget.Span{Text: "   " + b.summary(s)}, b.score(t, s))
	b.standing(s)
	if t.Status == engine.CheckError {
		b.Wrap(b.w, widget.Line{{Style: theme.Fail, Text: " " + b.g.Fail + " "}}, theme.Text,
			"the template is invalid now: select it to see why")
	}
	r := s.Last().Result
	if r == nil || !s.Verdict.Done() {
		b.plan(s)
		return
	}
	if r.Message != "" {
		b.Blank()
		b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Fail, r.Message)
	}
	b.checks(s, r)
	b.attempts(r)
	b.strength(t, s)
	b.steps(s)
	b.evidence(r)
}

// summary is the line beside the verdict.
func (b *builder) summary(s *engine.Scenario) string {
	r := s.Last().Result
	switch {
	case s.Verdict == engine.VerdictRunning, s.Verdict == engine.VerdictQueued:
		return text.Clean(s.Last().Progress)
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
	return b.v.Joined(what, spans, text.Duration(r.Duration), b.v.Ago(r.At))
}

// standing says why a verdict is not a fresh one.
func (b *builder) standing(s *engine.Scenario) {
	if s.Stale {
		reason := s.Last().StaleReason
		if reason == "" {
			reason = "its inputs changed since"
		}
		b.Wrap(b.w, widget.Line{{Style: theme.Stale, Text: " " + b.g.Stale + " "}}, theme.Text,
			"out of date: "+reason+"; r runs it again")
	}
	if s.Replayed && s.Verdict.Done() {
		when := "in an earlier run"
		if !s.Last().TracedAt.IsZero() {
			when = b.v.Ago(s.Last().TracedAt)
		}
		in := ""
		if s.Last().Trace != "" {
			in = " in " + text.Clean(s.Last().Trace)
		}
		b.Wrap(b.w, widget.Line{{Style: theme.Replayed, Text: " " + b.g.Replayed + " "}}, theme.Text,
			"judged over the trace recorded "+when+in+", no container was started; r runs it afresh")
	}
	if r := s.Last().Result; s.Verdict.Done() && !panel.Hermetic(r) {
		why := "the " + r.Evidence.Backend + " backend does not isolate scenarios from this machine"
		if list := r.Evidence.Exceptions; len(list) > 0 {
			why = text.Clean(strings.Join(list, "; "))
		}
		b.Wrap(b.w, widget.Line{{Style: theme.Warn, Text: " " + b.g.Warn + " "}}, theme.Text, "not hermetic: "+why)
	}
}

// plan says what a run does or would do, for a scenario without a verdict.
func (b *builder) plan(s *engine.Scenario) {
	b.Blank()
	if names := s.Services(); len(names) > 0 {
		b.field("services", strings.Join(names, "  "))
	}
	if r := s.Last().Result; r != nil {
		b.field("last result", b.v.Joined(r.Verdict.String(), b.v.Ago(r.At)))
	}
	b.steps(s)
}

// checks lists every judged rule: failures with their explanation, then what
// held.
func (b *builder) checks(s *engine.Scenario, r *engine.Result) {
	for i := range r.Checks {
		if c := &r.Checks[i]; !c.OK {
			b.Blank()
			*b.rules = append(*b.rules, rule{i, len(b.Lines)})
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
		*b.rules = append(*b.rules, rule{i, len(b.Lines)})
		line := widget.Line{{Style: ok.Style, Text: "   " + ok.Glyph + " "}, {Text: text.Clean(c.Rule)}}
		if c.Note != "" {
			line = append(line, widget.Span{Style: theme.Warn, Text: "  " + text.Clean(c.Note)})
		}
		b.Lines = append(b.Lines, line)
	}
}

// attempts tells of the executions before the one that the result is of, and why
// each was followed by another.
func (b *builder) attempts(r *engine.Result) {
	tries := panel.Tries(r)
	if tries == "" || r.Verdict == engine.VerdictSkipped {
		return
	}
	if r.Flaky {
		tries += ": flaky"
	}
	b.heading("Executed " + tries)
	for i, a := range r.Earlier {
		st := panel.OfVerdict(a.Verdict, b.g)
		b.Wrap(b.w, widget.Line{{Style: st.Style, Text: fmt.Sprintf("   %s attempt %d  ", st.Glyph, i+1)}}, theme.Text,
			b.v.Joined(st.Word, a.Cause, text.Duration(a.Duration))+"  "+text.Clean(a.Message))
	}
}

// failure writes a rule that did not hold: where it stands, what was expected
// and found, and the tree that explains it.
func (b *builder) failure(c *engine.Check) {
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

// headline writes the verdict with its summary and, where a score is known, how
// strong the expectations are: on the same line where it has room.
func (b *builder) headline(verdict, summary widget.Span, score *engine.StrengthScore) {
	if score == nil {
		b.Add(verdict, summary)
		return
	}
	worth := widget.Span{Style: ofScore(score), Text: fmt.Sprintf("strength %d%%", int(100*score.Score))}
	beside := widget.Span{Text: "  " + b.g.Dot + "  "}
	if text.Width(verdict.Text+summary.Text+beside.Text+worth.Text) <= b.w {
		b.Add(verdict, summary, beside, worth)
		return
	}
	b.Add(verdict, summary)
	worth.Text = "   " + worth.Text
	b.Add(worth)
}

// score is the strength of the file of a fresh pass; nil where there is none,
// and while it is measured.
func (b *builder) score(t *engine.Template, s *engine.Scenario) *engine.StrengthScore {
	if s.Verdict != engine.VerdictPass || s.Stale || b.v.Score == nil {
		return nil
	}
	score, ready := b.v.Score(t.Path)
	if !ready {
		b.pending = true
		return nil
	}
	if score.Why != "" || score.Mutants == 0 {
		return nil
	}
	return score
}

// ofScore is how a score looks: a change that nobody would notice is a warning.
func ofScore(score *engine.StrengthScore) grid.Style {
	if score.Killed < score.Mutants {
		return theme.Warn
	}
	return theme.Text
}

// strength says how much the expectations of the file would notice, which makes
// a pass worth more or less. It is measured on a green trace only.
func (b *builder) strength(t *engine.Template, s *engine.Scenario) {
	score := b.score(t, s)
	if score == nil {
		return
	}
	b.heading("Strength")
	style := ofScore(score)
	b.Wrap(b.w, widget.Line{{Style: style | grid.Bold, Text: fmt.Sprintf("   %d%%  ", int(100*score.Score))}}, theme.Text,
		fmt.Sprintf("%d of %s to the recorded spans would be noticed", score.Killed, text.Count(score.Mutants, "change")))
	for _, x := range score.Survivors {
		b.Wrap(b.w, widget.Line{{Text: "   not noticed  "}}, theme.Text, x)
	}
}

// steps lists the steps with their outcome.
func (b *builder) steps(s *engine.Scenario) {
	steps := s.Steps()
	if len(steps) == 0 {
		return
	}
	b.heading("Steps")
	names := 0
	for i := range steps {
		names = max(names, text.Width(text.Clean(steps[i].Name)))
	}
	names = min(names, b.w/2)
	for i := range steps {
		step := &steps[i]
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
		b.field(text.Clean(c.Service), b.v.Joined(c.Image, "image "+short(c.Digest), "container "+short(c.ID)))
		if how := c.Apart(); how != "" {
			b.Wrap(b.w, widget.Line{{Text: strings.Repeat(" ", 3+labelWidth)}}, theme.Warn,
				"by way of "+text.Clean(how)+"; not given: "+text.Clean(strings.Join(c.Missing, ", ")))
		}
	}
	spans := text.Count(r.Spans, "span")
	if len(r.Sources) > 0 {
		spans += " from " + strings.Join(r.Sources, ", ")
	}
	b.field("telemetry", b.v.Joined(spans, text.Count(r.Events, "event"), text.Count(r.Errors, "error")))
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
