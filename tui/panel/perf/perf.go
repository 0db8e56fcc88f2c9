// Package perf is the panel about the time and the room that the tool itself
// takes: from a save on disk to the verdict on the screen, the stages of the
// dry run against their budgets, how changes are seen, and its own processor
// time and memory.
//
// The measurements of the snapshot and the usage of the process flow in; lines
// flow out. The usage is asked for while the panel is drawn, and not otherwise.
package perf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Perf is the panel. The zero Perf is ready to use.
type Perf struct {
	panel.Sheet
	sums sums
}

// sums are what all templates of a snapshot come to: it is worked out once for
// each, for there may be ten thousand of them.
type sums struct {
	of           *engine.Snapshot
	checked      int             // templates
	all, longest []time.Duration // by stage
	slowest      []*engine.Template
}

// sum works the sums out anew for another snapshot.
func (p *Perf) sum(snap *engine.Snapshot) *sums {
	if p.sums.of == snap {
		return &p.sums
	}
	s := sums{of: snap, all: make([]time.Duration, len(panel.Stages)), longest: make([]time.Duration, len(panel.Stages))}
	for _, t := range snap.Templates {
		if t.Timing.Total == 0 {
			continue
		}
		s.checked++
		for i, stage := range panel.Stages {
			d := stage.Of(&t.Timing)
			s.all[i] += d
			s.longest[i] = max(s.longest[i], d)
		}
		s.slow(t)
	}
	p.sums = s
	return &p.sums
}

// slow takes a template into the list of the slowest if it belongs there.
func (s *sums) slow(t *engine.Template) {
	if len(s.slowest) == slowest && t.Timing.Total <= s.slowest[slowest-1].Timing.Total {
		return
	}
	at, _ := slices.BinarySearchFunc(s.slowest, t, func(a, b *engine.Template) int {
		if a.Timing.Total >= b.Timing.Total {
			return -1
		}
		return 1
	})
	s.slowest = slices.Insert(s.slowest, at, t)
	s.slowest = s.slowest[:min(len(s.slowest), slowest)]
}

// The promise of the whole loop, from a save to the screen.
const (
	promiseP50 = 3 * time.Second
	promiseP95 = 5 * time.Second
)

// slowest is how many templates are listed.
const slowest = 10

// Title implements panel.Panel.
func (p *Perf) Title(v *panel.View) (name, note string) {
	if l := v.Snap.Latency; l.Samples > 0 {
		note = "p95 " + text.Duration(l.P95)
	}
	return "Performance", note
}

// Draw implements panel.Panel.
func (p *Perf) Draw(v *panel.View, r grid.Region) {
	p.Doc = widget.Document{}
	p.latency(v)
	p.watching(v)
	p.machine(v)
	p.self(v)
	p.histogram(v, r.W)
	p.saves(v, r.W)
	p.stages(v, r.W)
	p.slow(v)
	p.DrawDoc(v, r)
}

// field writes a name and a value, in the style of the value.
func (p *Perf) field(style grid.Style, name, value string) {
	p.Doc.Add(widget.Span{Style: theme.Strong, Text: " " + text.Pad(name, 15)}, widget.Span{Style: style, Text: value})
}

// latency compares the time from save to screen with the promise.
func (p *Perf) latency(v *panel.View) {
	l := v.Snap.Latency
	if l.Samples == 0 {
		p.field(theme.Text, "save to screen", "not measured yet: save a template")
		return
	}
	style := theme.Text
	if l.P50 > promiseP50 || l.P95 > promiseP95 {
		style = theme.Warn
	}
	p.field(style, "save to screen", v.Joined("p50 "+text.Duration(l.P50), "p95 "+text.Duration(l.P95),
		"max "+text.Duration(l.Max), text.Count(l.Samples, "save")))
}

// watching says how changes are seen, and what was nearly missed.
func (p *Perf) watching(v *panel.View) {
	w := v.Snap.Watch
	if w.Mode == "" {
		return
	}
	missed, overflows := "", ""
	if w.Missed > 0 {
		missed = fmt.Sprintf("%d found by the sweep only", w.Missed)
	}
	if w.Overflows > 0 {
		overflows = text.Count(int(w.Overflows), "overflow")
	}
	p.field(theme.Text, "watching", v.Joined(text.Clean(w.Mode), fmt.Sprintf("%d folders", w.Dirs), missed, overflows))
	if w.Problem != "" {
		p.field(theme.Warn, "", text.Clean(w.Problem))
	}
}

// machine says what scenarios use of what they may.
func (p *Perf) machine(v *panel.View) {
	run := v.Snap.Run
	if run.Limit == 0 {
		return
	}
	memory, measured := "", ""
	if run.MemoryLimitMB > 0 {
		memory = fmt.Sprintf("%d of %d MB promised", run.MemoryMB, run.MemoryLimitMB)
	}
	if run.MeasuredMB > 0 {
		measured = fmt.Sprintf("%d MB in use", run.MeasuredMB)
	}
	p.field(theme.Text, "containers", v.Joined(fmt.Sprintf("%d of at most %d", run.Containers, run.Limit), memory, measured))
}

// self says what this process takes.
func (p *Perf) self(v *panel.View) {
	if v.Usage == nil {
		return
	}
	u := v.Usage()
	cpu := ""
	if u.CPU >= 0 {
		cpu = fmt.Sprintf("%.1f%% of a core", 100*u.CPU)
	}
	resident := ""
	if u.ResidentKB > 0 {
		resident = fmt.Sprintf("%d MB", u.ResidentKB/1024)
	}
	p.field(theme.Text, "this program", v.Joined(cpu, resident, text.Count(u.Goroutines, "goroutine")))
}

// histogram draws how the last saves were spread, one bar for each doubling.
func (p *Perf) histogram(v *panel.View, w int) {
	l := v.Snap.Latency
	most, first, last := 0, -1, -1
	for i, n := range l.Histogram {
		if n == 0 {
			continue
		}
		most, last = max(most, n), i
		if first < 0 {
			first = i
		}
	}
	if most == 0 {
		return
	}
	p.Doc.Blank()
	p.Doc.Add(widget.Span{Style: theme.Strong, Text: " Save to screen, the last " + text.Count(sum(l.Histogram[:]), "save")})
	room := max(min(w-24, 40), 4)
	for i := first; i <= last; i++ {
		n := l.Histogram[i]
		bar := widget.Bar(int64(n), int64(most), room, v.Theme.Glyphs.Bars)
		p.Doc.Add(widget.Span{Text: " " + lead("< "+text.Duration(engine.LatencyBound(i)), 10) + " "},
			widget.Span{Style: theme.Accent, Text: bar}, widget.Span{Text: fmt.Sprintf(" %d", n)})
	}
}

func sum(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// lead pads s on its left to w cells.
func lead(s string, w int) string { return strings.Repeat(" ", max(w-text.Width(s), 0)) + s }

// barFrom is how wide the panel must be for bars beside the numbers, and barMost
// the widest bar.
const (
	barFrom = 66
	barMost = 40
)

// against draws a time against its budget where the panel has room for a bar.
func (p *Perf) against(v *panel.View, w, taken int, d, budget time.Duration) []widget.Span {
	room := 0
	if w >= barFrom {
		room = min(w-taken-14, barMost)
	}
	return panel.Against(d, budget, room, &v.Theme.Glyphs)
}

// stages shows the mean and the longest time of each stage against its budget.
func (p *Perf) stages(v *panel.View, w int) {
	sums := p.sum(v.Snap)
	n := sums.checked
	if n == 0 {
		return
	}
	p.Doc.Blank()
	p.Doc.Add(widget.Span{Style: theme.Strong, Text: " Stages of the dry run, over " + text.Count(n, "template")})
	for i, s := range panel.Stages {
		p.row(v, w, s.Name, "mean", sums.all[i]/time.Duration(n), "longest", sums.longest[i], s.Budget)
	}
}

// row writes two times of a stage, the second one against its budget.
func (p *Perf) row(v *panel.View, w int, name, first string, a time.Duration, second string, b, budget time.Duration) {
	line := " " + text.Pad(name, 10) + first + " " + lead(text.Duration(a), 7) + "  " + second + " " + lead(text.Duration(b), 7) + "  "
	p.Doc.Add(append([]widget.Span{{Text: line}}, p.against(v, w, text.Width(line), b, budget)...)...)
}

// ofSaves are the stages of a save with what they may take; what is not here has
// no budget.
var ofSaves = []struct {
	stage, name string
	budget      time.Duration
}{
	{engine.StageDetection, "noticed", 100 * time.Millisecond},
	{engine.StageRead, "read", 100 * time.Millisecond},
	{engine.StageHash, "hash", 100 * time.Millisecond},
	{engine.StageLookup, "cached", 100 * time.Millisecond},
	{engine.StageRender, "render", 500 * time.Millisecond},
	{engine.StageParse, "parse", 200 * time.Millisecond},
	{engine.StageValidate, "validate", 200 * time.Millisecond},
	{engine.StageTotal, "total", promiseP50},
	{engine.StageDiff, "diff", time.Second},
}

// saves shows the usual and nearly the longest time of each stage of the last
// saves against its budget.
func (p *Perf) saves(v *panel.View, w int) {
	if len(v.Snap.Stages) == 0 {
		return
	}
	p.Doc.Blank()
	p.Doc.Add(widget.Span{Style: theme.Strong, Text: " Stages of the last saves"})
	for _, x := range ofSaves {
		for _, s := range v.Snap.Stages {
			if s.Name == x.stage {
				p.row(v, w, x.name, "p50", s.P50, "p95", s.P95, x.budget)
			}
		}
	}
}

// slow lists the templates whose last check took longest.
func (p *Perf) slow(v *panel.View) {
	list := p.sum(v.Snap).slowest
	if len(list) == 0 {
		return
	}
	p.Doc.Blank()
	p.Doc.Add(widget.Span{Style: theme.Strong, Text: " Slowest templates"})
	for _, t := range list {
		p.Doc.Add(widget.Span{Text: " " + lead(text.Duration(t.Timing.Total), 8) + "  "}, widget.Span{Style: theme.Accent, Text: text.Clean(t.Path)})
	}
}
