// Package history is the panel with the past runs of the selected scenario: how
// they ended, what they took, what changed between them, and how two of them
// differ.
//
// The remembered runs flow in; a list, the newest first, and a comparison of the
// selected run with another flow out.
package history

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

// compareFrom is the height from which two runs are compared below the list.
const compareFrom = 12

// History is the panel. The zero History is ready to use.
type History struct {
	id     engine.ScenarioID
	runs   []engine.RunRecord // the oldest first
	list   widget.List        // the newest first
	height int                // of the list in the last Draw
	top    int                // rows above the list
	base   string             // the run that others are compared with; "" is the one before
}

// sync follows the selection.
func (h *History) sync(v *panel.View) *engine.Scenario {
	_, s := panel.Interesting(v)
	if s == nil {
		*h = History{}
		return nil
	}
	if s.ID != h.id {
		*h = History{id: s.ID, height: h.height}
	}
	h.runs = v.History(s.ID)
	return s
}

// run returns the run in row i, the newest being row 0.
func (h *History) run(i int) *engine.RunRecord { return &h.runs[len(h.runs)-1-i] }

// Title implements panel.Panel.
func (h *History) Title(v *panel.View) (name, note string) {
	s := h.sync(v)
	if s == nil {
		return "History", ""
	}
	name = "History " + v.Theme.Glyphs.Dot + " " + panel.ScenarioName(s.ID.Name)
	if len(h.runs) == 0 {
		return name, ""
	}
	st := engine.StabilityOf(h.runs)
	parts := []string{fmt.Sprintf("%d of %s passed", st.Passed, text.Count(st.Runs, "run"))}
	if st.Flaky > 0 {
		parts = append(parts, fmt.Sprintf("%d flaky", st.Flaky))
	}
	if st.Flips > 0 {
		parts = append(parts, text.Count(st.Flips, "flip"))
	}
	return name, strings.Join(parts, "  ")
}

// Draw implements panel.Panel.
func (h *History) Draw(v *panel.View, r grid.Region) {
	s := h.sync(v)
	if len(h.runs) == 0 {
		msg := "No run is remembered. r runs it."
		switch {
		case s == nil:
			msg = v.NoScenario()
		}
		for y, part := range text.Wrap(msg, r.W-2) {
			r.Text(1, y, theme.Text, part)
		}
		return
	}
	h.top = 0
	if r.H >= 6 {
		h.top = 1
		h.drawSpark(v, r.Row(0))
	}
	rows := r.Sub(0, h.top, r.W, r.H-h.top)
	if r.H >= compareFrom {
		below := min(max(r.H*2/5, 6), r.H-6)
		rows = r.Sub(0, h.top, r.W, r.H-h.top-below)
		h.drawCompare(v, r.Sub(0, r.H-below, r.W, below))
	}
	h.height = rows.H
	h.list.Reveal(len(h.runs), h.height)
	for y := 0; y < rows.H && h.list.Top+y < len(h.runs); y++ {
		h.drawRow(v, rows.Row(y), h.list.Top+y)
	}
}

// drawSpark shows the durations and verdicts of the last runs at one look.
func (h *History) drawSpark(v *panel.View, r grid.Region) {
	st := engine.StabilityOf(h.runs)
	typical := ""
	if st.P50 > 0 {
		typical = v.Joined("p50 "+text.Duration(st.P50), "p95 "+text.Duration(st.P95))
	}
	x := 1
	for _, sp := range panel.Spark(h.runs, min(r.W-text.Width(typical)-4, 40), &v.Theme.Glyphs) {
		x = r.Text(x, 0, sp.Style, sp.Text)
	}
	r.Text(x+2, 0, theme.Text, typical)
}

// drawRow draws one run: verdict, age, duration, what changed since the run
// before it, and what failed.
func (h *History) drawRow(v *panel.View, r grid.Region, i int) {
	g := &v.Theme.Glyphs
	run := h.run(i)
	st := panel.OfVerdict(run.Verdict, g)
	plain := theme.Text
	if i == h.list.Cursor {
		r.Text(0, 0, theme.Accent|grid.Bold, g.Marker)
		plain = theme.Strong
		if v.Focused {
			plain = theme.Selected
			r.Sub(3, 0, r.W, 1).Fill(theme.Selected, ' ')
		}
	}
	if run.ID == h.base {
		r.Text(2, 0, theme.Accent|grid.Bold, g.Mark)
	}
	r.Text(1, 0, st.Style|grid.Bold, st.Glyph)
	word := st.Word
	if panel.Unsteady(run) {
		word = "flaky"
	}
	r.Text(3, 0, plain, word)
	r.Text(12, 0, plain&^grid.Bold, text.Pad(v.Age(run.At), 4))
	d := text.Duration(run.Duration)
	x := r.Text(24-text.Width(d), 0, plain&^grid.Bold, d)
	note := h.note(v, i)
	r.Text(x+2, 0, plain&^grid.Bold, text.Shorten(note, max(r.W-x-3, 0), g.Ellipsis))
}

// note says what a list of runs must not hide: what changed since the run
// before, and what failed.
func (h *History) note(v *panel.View, i int) string {
	run := h.run(i)
	attempts := ""
	if run.Attempts > 1 {
		attempts = text.Count(run.Attempts, "attempt")
	}
	repeats := ""
	if run.Repeats > 1 {
		repeats = fmt.Sprintf("%d of %d failed", run.Failed, run.Repeats)
	}
	if i+1 == len(h.runs) {
		return v.Joined(attempts, repeats, text.Clean(run.Failure))
	}
	return v.Joined(attempts, repeats, strings.Join(changes(h.run(i+1), run), ", "), text.Clean(run.Failure))
}

// changes lists what differs between two runs, in a few words.
func changes(older, newer *engine.RunRecord) (out []string) {
	switch {
	case older.RunHash != newer.RunHash:
		out = append(out, "commands changed")
	case older.SpecHash != newer.SpecHash:
		out = append(out, "expectations changed")
	}
	for _, i := range newer.Images {
		for _, o := range older.Images {
			if o.Service == i.Service && o.Digest != i.Digest {
				out = append(out, "image of "+text.Clean(i.Service)+" changed")
			}
		}
	}
	if older.Digest != newer.Digest {
		out = append(out, "spans differ")
	}
	if len(out) == 0 && older.Verdict != newer.Verdict {
		out = append(out, "same test, other verdict")
	}
	return out
}

// Base makes the selected run the one that others are compared with, or takes
// that back. It says what others are compared with now.
func (h *History) Base(v *panel.View) string {
	h.sync(v)
	if len(h.runs) == 0 {
		return "no run is remembered"
	}
	id := h.run(h.list.Cursor).ID
	if h.base == id {
		h.base = ""
		return "compared with the run before"
	}
	h.base = id
	return "others are compared with this run"
}

// Move implements panel.Panel.
func (h *History) Move(v *panel.View, m widget.Motion) {
	h.sync(v)
	h.list.Move(m, len(h.runs), h.height)
}

// Scroll implements panel.Panel.
func (h *History) Scroll(v *panel.View, rows int) {
	h.sync(v)
	h.list.Cursor += rows
	h.list.Reveal(len(h.runs), h.height)
}

// Click implements panel.Panel.
func (h *History) Click(_ *panel.View, _, y int) {
	if i := h.list.Top + y - h.top; y >= h.top && y < h.top+h.height && i < len(h.runs) {
		h.list.Cursor = i
	}
}
