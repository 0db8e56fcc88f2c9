package panel

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Spark draws the last n runs, the newest at the end, one cell each: how long a
// run took, by its height, or the sign of a verdict that is no pass.
func Spark(runs []engine.RunRecord, n int, g *theme.Glyphs) widget.Line {
	runs = runs[max(len(runs)-n, 0):]
	var longest time.Duration
	for i := range runs {
		if runs[i].Verdict == engine.VerdictPass {
			longest = max(longest, runs[i].Duration)
		}
	}
	line := make(widget.Line, len(runs))
	for i := range runs {
		st := OfVerdict(runs[i].Verdict, g)
		if runs[i].Verdict == engine.VerdictPass && longest > 0 {
			top := int64(len(g.Levels) - 1)
			st.Glyph = g.Levels[int64(runs[i].Duration)*top/int64(longest)]
		}
		if Unsteady(&runs[i]) {
			st.Style = theme.Warn
		}
		line[i] = widget.Span{Style: st.Style, Text: st.Glyph}
	}
	return line
}

// Unsteady reports whether a run passed, but not at the first attempt or not
// every time.
func Unsteady(r *engine.RunRecord) bool {
	return r.Verdict == engine.VerdictPass && (r.Flaky || r.Failed > 0 && r.Failed < r.Repeats)
}

// flakyRuns is how many of the last runs decide whether a scenario is flaky.
const flakyRuns = 20

// Flaky reports whether the last runs of a scenario contradict each other: one
// passed only when tried again, or the very same test turned, see
// engine.RunRecord.Contradicts.
func Flaky(runs []engine.RunRecord) bool {
	runs = runs[max(len(runs)-flakyRuns, 0):]
	for i := range runs {
		r := &runs[i]
		if Unsteady(r) {
			return true
		}
		if i > 0 && r.Contradicts(&runs[i-1]) {
			return true
		}
	}
	return false
}
