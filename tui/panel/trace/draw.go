package trace

import (
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// From these heights on the panel has an axis of time, and a part of its own for
// the selected span.
const (
	axisFrom   = 6
	detailFrom = 12
)

// columns are the widths of what stands behind the names; 0 is not shown.
type columns struct{ name, service, bar, time int }

// columnsFor divides w cells: names first, then bars, then who emitted it.
func (t *Trace) columnsFor(w int) columns {
	c := columns{time: 7}
	if w < 30 {
		return columns{name: w - 1}
	}
	room := w - 2 - c.time
	if t.services > 1 && w >= 62 {
		c.service = min(max(t.service, 4), 14)
		room -= c.service + 1
	}
	if w >= 44 {
		c.bar = room * 45 / 100
	}
	c.name = room - c.bar - 2
	return c
}

// axis is the number of rows above the first span.
func (t *Trace) axis() int {
	if t.height > 0 && t.spans != nil && t.spans.Length > 0 && t.scaled {
		return 1
	}
	return 0
}

// Draw implements panel.Panel.
func (t *Trace) Draw(v *panel.View, r grid.Region) {
	s := t.sync(v)
	if t.spans == nil || len(t.rows) == 0 {
		t.drawEmpty(v, r, s)
		return
	}
	cols := t.columnsFor(r.W)
	top := r
	if r.H >= detailFrom {
		h := min(max(r.H*2/5, 6), r.H-6)
		top = r.Sub(0, 0, r.W, r.H-h)
		t.drawDetail(v, r.Sub(0, r.H-h, r.W, h))
	}
	t.scaled = top.H >= axisFrom && cols.bar >= 12
	rows := top
	if t.scaled && t.spans.Length > 0 {
		t.drawAxis(top.Row(0), cols)
		rows = top.Sub(0, 1, top.W, top.H-1)
	}
	if t.height != rows.H {
		t.height = rows.H
		t.list.Reveal(len(t.rows), t.height)
	}
	for y := 0; y < rows.H && t.list.Top+y < len(t.rows); y++ {
		i := t.list.Top + y
		t.drawRow(v, rows.Row(y), t.rows[i], cols, i == t.list.Cursor)
	}
}

// drawEmpty says why there are no spans.
func (t *Trace) drawEmpty(v *panel.View, r grid.Region, s *engine.Scenario) {
	msg := "No spans were collected."
	switch {
	case s == nil:
		msg = v.NoScenario()
	case !t.ready && t.spans == nil:
		msg = "Reading the spans" + v.Theme.Glyphs.Ellipsis
	case t.spans != nil && t.show != everything && t.spans.Total > 0:
		msg = "None. b shows all spans."
	case t.spans == nil || t.spans.At.IsZero():
		switch s.Verdict {
		case engine.VerdictRunning, engine.VerdictQueued:
			msg = "The spans are shown when the run has ended."
		default:
			msg = "No run is recorded. r runs it."
		}
	}
	for y, part := range text.Wrap(msg, r.W-2) {
		r.Text(1, y, theme.Text, part)
	}
}

// barAt is where the column of the bars begins.
func (c columns) barAt(w int) int { return w - 2 - c.time - c.bar }

// drawAxis writes the scale of time over the bars.
func (t *Trace) drawAxis(r grid.Region, c columns) {
	x := c.barAt(r.W)
	r.Text(x, 0, theme.Text, "0")
	for _, part := range []int{2, 1} {
		s := text.Duration(t.spans.Length / time.Duration(part))
		at := x + c.bar/part - text.Width(s)
		if part == 2 && c.bar < 24 {
			continue
		}
		r.Text(at, 0, theme.Text, s)
	}
}

// drawRow draws one span or the place of a missing one.
func (t *Trace) drawRow(v *panel.View, r grid.Region, w row, c columns, selected bool) {
	g := &v.Theme.Glyphs
	plain, accent := theme.Text, grid.Style(0)
	if selected {
		r.Text(0, 0, theme.Accent|grid.Bold, g.Marker)
		plain, accent = theme.Strong, grid.Bold
		if v.Focused {
			plain = theme.Selected
			r.Sub(1, 0, r.W-1, 1).Fill(theme.Selected, ' ')
			accent = grid.Reverse
		}
	}
	indent := min(2*w.depth, max(c.name-12, 0))
	x := 1 + indent
	if w.span < 0 {
		t.drawMissing(v, r, w, x, c, accent)
		return
	}
	sp := &t.spans.Rows[w.span]
	if sp.Below > 0 {
		fold := g.Open
		if t.closed[w.span] {
			fold = g.Closed
		}
		r.Text(x, 0, plain, fold)
	}
	x += 2
	style := plain
	switch {
	case sp.Failed:
		r.Text(x, 0, theme.Fail|grid.Bold|accent, g.Fail)
		x += 2
	case sp.Error:
		r.Text(x, 0, theme.Fail|grid.Bold|accent, g.Error)
		x += 2
	}
	if _, ok := t.hit(w.span); ok {
		style = theme.Match | grid.Reverse
	}
	r.Text(x, 0, style, text.Shorten(text.Clean(sp.Name), 1+c.name-x, g.Ellipsis))
	if c.service > 0 {
		r.Text(c.barAt(r.W)-c.service-1, 0, plain&^grid.Bold, text.Shorten(text.Clean(sp.Service), c.service, g.Ellipsis))
	}
	t.drawBar(v, r, sp, c, accent)
	if c.time > 0 && sp.Measured {
		d := text.Duration(sp.Duration)
		r.Text(r.W-1-text.Width(d), 0, plain&^grid.Bold, d)
	}
}

// drawBar draws when a span was open. What is on the critical path is heavy.
func (t *Trace) drawBar(v *panel.View, r grid.Region, sp *engine.Span, c columns, accent grid.Style) {
	if c.bar == 0 || !sp.Timed || t.spans.Length <= 0 {
		return
	}
	from, to := cells(sp.Start, sp.Start+sp.Duration, t.spans.Length, c.bar)
	g, style := v.Theme.Glyphs.Light, theme.Text
	if sp.Critical {
		g, style = v.Theme.Glyphs.Heavy, theme.Accent
	}
	if sp.Error || sp.Failed {
		style = theme.Fail
	}
	r.Text(c.barAt(r.W)+from, 0, style|accent, strings.Repeat(g, to-from))
}

// cells is which of w cells a part of a whole covers: one at least.
func cells(from, to, whole time.Duration, w int) (a, b int) {
	a = min(int(int64(w)*int64(from)/int64(whole)), w-1)
	b = int((int64(w)*int64(to) + int64(whole) - 1) / int64(whole))
	return a, min(max(b, a+1), w)
}

// drawMissing draws a span that an expectation asks for and that never came: its
// place in the tree, and dots where its bar would be.
func (t *Trace) drawMissing(v *panel.View, r grid.Region, w row, x int, c columns, accent grid.Style) {
	g := &v.Theme.Glyphs
	m := &t.spans.Missing[w.missing]
	style := theme.Fail | accent
	r.Text(x+2, 0, style|grid.Bold, g.Pending)
	r.Text(x+4, 0, style, text.Shorten(text.Clean(m.Name), 1+c.name-x-4, g.Ellipsis))
	const word = "missing"
	if c.time == 0 {
		return
	}
	at := r.W - 1 - len(word)
	r.Text(at, 0, style, word)
	if c.bar == 0 {
		return
	}
	from, to := 0, c.bar
	if m.Parent >= 0 && t.spans.Rows[m.Parent].Timed && t.spans.Length > 0 {
		p := &t.spans.Rows[m.Parent]
		from, to = cells(p.Start, p.Start+p.Duration, t.spans.Length, c.bar)
	}
	x = c.barAt(r.W)
	r.Text(x+from, 0, style, strings.Repeat(g.Dashed, max(min(to-from, at-1-x-from), 0)))
}
