package panel

import (
	"fmt"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// Status is how a state looks: sign, style and word. The sign and the word say
// the same, so that nothing depends on colour.
type Status struct {
	Glyph string
	Style grid.Style
	Word  string
}

// OfVerdict returns how a plain verdict looks, as of a step. Green is for
// VerdictPass alone.
func OfVerdict(v engine.Verdict, g *theme.Glyphs) Status {
	switch v {
	case engine.VerdictQueued:
		return Status{g.Queued, theme.Run, "queued"}
	case engine.VerdictRunning:
		return Status{g.Run, theme.Run, "running"}
	case engine.VerdictPass:
		return Status{g.OK, theme.OK, "pass"}
	case engine.VerdictFail:
		return Status{g.Fail, theme.Fail, "fail"}
	case engine.VerdictError:
		return Status{g.Error, theme.Fail, "error"}
	case engine.VerdictSkipped:
		return Status{g.Skipped, theme.Text, "skipped"}
	case engine.VerdictInterrupted:
		return Status{g.Stopped, theme.Warn, "stopped"}
	}
	return Status{g.Never, theme.Text, "never run"}
}

// OfScenario returns how a scenario looks, with what writes ages. A pass whose inputs
// changed since is stale, and a pass that was judged over a recorded trace is
// replayed: neither is green.
func OfScenario(s *engine.Scenario, age func(time.Time) string, g *theme.Glyphs) Status {
	st := OfVerdict(s.Verdict, g)
	switch {
	case s.Verdict == engine.VerdictRunning && s.Last().Attempt > 1:
		st.Word = fmt.Sprintf("attempt %d", s.Last().Attempt)
	case s.Verdict == engine.VerdictQueued && s.Last().Queue > 0:
		st.Word = fmt.Sprintf("queued %d", s.Last().Queue)
	case s.Stale && s.Verdict.Done():
		return Status{g.Stale, theme.Stale, "stale " + st.Word}
	case s.Replayed && s.Verdict.Done():
		if s.Verdict == engine.VerdictPass {
			st = Status{g.Replayed, theme.Replayed, "replayed"}
		} else {
			st.Word += ", replayed"
		}
		if !s.Last().TracedAt.IsZero() {
			st.Word += " " + age(s.Last().TracedAt)
		}
	case s.Verdict == engine.VerdictPass && !Hermetic(s.Last().Result):
		st.Word = "pass, " + text.Clean(s.Last().Result.Evidence.Backend)
	}
	return st
}

// Hermetic reports whether a result comes from a backend that isolates scenarios
// from the host. A result that names no backend is not doubted here: what it
// lacks is shown as its evidence.
func Hermetic(r *engine.Result) bool {
	return r == nil || r.Evidence.Backend == "" || r.Evidence.Hermetic
}

// OfStep returns how a step of a scenario looks. It is as old as the verdict of
// its scenario: a step of a stale or replayed result is not green either.
func OfStep(s *engine.Scenario, step *engine.Step, g *theme.Glyphs) Status {
	st := OfVerdict(step.Verdict, g)
	switch {
	case !step.Verdict.Done() || step.Verdict == engine.VerdictSkipped:
	case s.Stale && s.Verdict.Done():
		st.Glyph, st.Style = g.Stale, theme.Stale
	case s.Replayed && s.Verdict.Done() && step.Verdict == engine.VerdictPass:
		st.Glyph, st.Style = g.Replayed, theme.Replayed
	}
	return st
}

// OfTemplate returns how a template looks: the worst of its check and of its
// scenarios. It is green only when every scenario has passed freshly.
func OfTemplate(t *engine.Template, g *theme.Glyphs) Status {
	switch t.Status {
	case engine.CheckPending:
		return Status{g.Pending, theme.Text, "checking"}
	case engine.CheckError:
		return Status{g.Fail, theme.Fail, "invalid"}
	}
	var running, failed, stopped, stale, never, replayed, passed int
	for _, s := range t.Scenarios {
		switch {
		case s.Verdict == engine.VerdictRunning, s.Verdict == engine.VerdictQueued:
			running++
		case s.Stale && s.Verdict.Done():
			stale++
		case s.Verdict == engine.VerdictFail, s.Verdict == engine.VerdictError:
			failed++
		case s.Verdict == engine.VerdictInterrupted:
			stopped++
		case s.Verdict == engine.VerdictPass && s.Replayed:
			replayed++
		case s.Verdict == engine.VerdictPass:
			passed++
		default:
			never++
		}
	}
	switch {
	case running > 0:
		return Status{g.Run, theme.Run, "running"}
	case failed > 0:
		return Status{g.Fail, theme.Fail, "fail"}
	case stopped > 0:
		return OfVerdict(engine.VerdictInterrupted, g)
	case t.Status == engine.CheckWarning:
		return Status{g.Warn, theme.Warn, "warning"}
	case stale > 0:
		return Status{g.Stale, theme.Stale, "stale"}
	case never > 0 || len(t.Scenarios) == 0:
		return Status{g.Never, theme.Text, "valid"}
	case replayed > 0:
		return Status{g.Replayed, theme.Replayed, "replayed"}
	default:
		return Status{g.OK, theme.OK, "pass"}
	}
}

// OfSeverity returns how a diagnostic looks.
func OfSeverity(s diag.Severity, g *theme.Glyphs) Status {
	switch s {
	case diag.Error:
		return Status{g.Fail, theme.Fail, "error"}
	case diag.Warning:
		return Status{g.Warn, theme.Warn, "warning"}
	default:
		return Status{g.Info, theme.Text, "info"}
	}
}

// Tries says how often a scenario was executed until its result, or why it was
// not; "" where there is nothing to say.
func Tries(r *engine.Result) string {
	switch {
	case r == nil:
	case r.Verdict == engine.VerdictSkipped:
		return text.Clean(r.Message)
	case r.Repeats > 1:
		return fmt.Sprintf("%d of %d failed", r.Failed, r.Repeats)
	case r.Attempts > 1:
		return text.Count(r.Attempts, "attempt")
	}
	return ""
}

// NeedsAttention reports whether focus mode shows a scenario: it fails, runs,
// waits or is out of date.
func NeedsAttention(s *engine.Scenario) bool {
	switch s.Verdict {
	case engine.VerdictRunning, engine.VerdictQueued, engine.VerdictFail, engine.VerdictError, engine.VerdictInterrupted:
		return true
	}
	return s.Stale
}

// ScenarioName returns how a scenario is called on the screen.
func ScenarioName(name string) string {
	if name == engine.FileScope {
		return "expectations of the file"
	}
	return text.Clean(name)
}
