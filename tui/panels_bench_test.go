package tui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// BenchmarkPanel builds a complete frame with one panel on the whole screen and
// very much in it: 10,000 templates with 10 scenarios each and half of them with a
// complaint, 50,000 spans, 10,000 lines of log, 1,000 changed expectations, 1,000
// runs. The aims are 2 ms at 120x40 and 4 ms at 200x60 for the 95th percentile.
func BenchmarkPanel(b *testing.B) {
	for i, name := range []string{"templates", "detail", "diff", "logs", "trace", "cache", "perf", "history", "problems"} {
		for _, size := range []struct{ w, h int }{{120, 40}, {200, 60}} {
			b.Run(fmt.Sprintf("%s-%dx%d", name, size.w, size.h), func(b *testing.B) {
				d := open(b, crowded(), size.w, size.h, theme.New(true, theme.Unicode()))
				crowd(d.engine)
				d.tree.Select(d.snap, panel.Node{Path: testkit.PaysTwice.Path, Scenario: testkit.PaysTwice.Name})
				d.press(fmt.Sprintf("%d z", i+1))
				if i == 0 {
					d.press("=")
				}
				b.ReportAllocs()
				var took []time.Duration
				for b.Loop() {
					start := time.Now()
					d.draw()
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			})
		}
	}
}

// crowded is a large project in which one scenario has failed and was edited.
func crowded() *engine.Snapshot {
	s := testkit.Diffed()
	many := testkit.Many(10_000, 10)
	for i, t := range many.Templates {
		t.CheckedAt, t.Cache.Hit, t.Cache.Reason = testkit.Now.Add(-time.Duration(i)*time.Millisecond), false, "content changed"
		if i%2 == 0 {
			t.Status = engine.CheckWarning
			t.Diagnostics = []diag.Diagnostic{{Severity: diag.Warning, Code: "unknown-key", Message: "unknown key `cuont`", Pos: diag.Position{File: t.Path, Line: 3, Column: 1}}}
		}
	}
	change := s.Templates[2].Diff.Changes[0]
	d := engine.TemplateDiff{Generation: 3, At: testkit.Now, Changed: 1000, Loosened: 1000}
	for i := range 1000 {
		change.Path = fmt.Sprintf("span[order.%d].attrs.all[charge.count]", i)
		d.Changes = append(d.Changes, change)
	}
	s.Templates[2].Diff = &d
	s.Templates = append(s.Templates, many.Templates...)
	slices.SortFunc(s.Templates, func(a, b *engine.Template) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	testkit.Count(s)
	return s
}

// crowd gives the failed scenario very much to show.
func crowd(e *testkit.Engine) {
	e.SetSpans(testkit.PaysTwice, testkit.ManySpans(50_000))
	var lines []engine.LogLine
	for i := range 10_000 {
		lines = append(lines, engine.LogLine{At: testkit.TraceStart.Add(time.Duration(i) * time.Millisecond), Service: "shop", Stream: "stdout", Text: fmt.Sprintf("order %d created, \x1b[33m12.00 EUR\x1b[0m", i)})
	}
	e.AddLog(testkit.PaysTwice, lines...)
	run := testkit.Runs()[0]
	var runs []engine.RunRecord
	for range 1000 {
		run.At = run.At.Add(-time.Minute)
		runs = append(runs, run)
	}
	e.SetHistory(testkit.PaysTwice, runs)
}

// BenchmarkChangedRow is what is written for a frame in which one row has changed.
// The aim is 600 bytes at 120x40.
func BenchmarkChangedRow(b *testing.B) {
	for _, size := range []struct{ w, h int }{{120, 40}, {200, 60}} {
		b.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(b *testing.B) {
			d, written, next := changedRow(b, size.w, size.h)
			before := d.snap
			var total, frames int
			for b.Loop() {
				d.send(frameMsg{next})
				total += len(written())
				d.send(frameMsg{before})
				total += len(written())
				frames += 2
			}
			b.ReportMetric(float64(total)/float64(frames), "B/frame")
		})
	}
}
