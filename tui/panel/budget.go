package panel

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Stage is a part of the dry run with the time that it may take.
type Stage struct {
	Name   string
	Budget time.Duration
	Of     func(*engine.Timing) time.Duration
}

// Stages are those of the dry run, in their order. The budget of a rendering is
// that of one that the cache does not serve.
var Stages = []Stage{
	{"read", 100 * time.Millisecond, func(t *engine.Timing) time.Duration { return t.Read }},
	{"hash", 100 * time.Millisecond, func(t *engine.Timing) time.Duration { return t.Hash }},
	{"render", 500 * time.Millisecond, func(t *engine.Timing) time.Duration { return t.Render }},
	{"parse", 200 * time.Millisecond, func(t *engine.Timing) time.Duration { return t.Parse }},
	{"validate", 200 * time.Millisecond, func(t *engine.Timing) time.Duration { return t.Validate }},
}

// Whole is what all stages together may take.
func Whole() (d time.Duration) {
	for i := range Stages {
		d += Stages[i].Budget
	}
	return d
}

// Against draws d as a part of its budget: a bar of w cells, full where it is used
// up, and the budget behind it. What is over it says so.
func Against(d, budget time.Duration, w int, g *theme.Glyphs) []widget.Span {
	bar := text.Pad(widget.Bar(int64(d), int64(budget), w, g.Bars), w)
	if d <= budget {
		return []widget.Span{{Style: theme.Accent, Text: bar}, {Text: " of " + text.Duration(budget)}}
	}
	return []widget.Span{{Style: theme.Warn, Text: bar}, {Style: theme.Warn, Text: " over " + text.Duration(budget)}}
}
