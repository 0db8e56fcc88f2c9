package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

const (
	// minFrame is the least time between two frames that the mouse causes. Keys
	// are shown at once, and the bridge paces the engine.
	minFrame = 8 * time.Millisecond
	// runningTick is how often the time of what runs is drawn.
	runningTick = 250 * time.Millisecond
	// calmTick is the same where nothing is to move by itself.
	calmTick = 15 * time.Second
	// ageTick is the least time between two frames for the ages on the screen: those
	// that change in it change together, when the clock begins a minute.
	ageTick = time.Minute
	// still is how long a screen stays true on which nothing is a matter of time.
	still = 24 * time.Hour
)

// refresh builds and writes a frame if anything has changed. Where it is not
// urgent, frames that come too fast are merged into a later one.
func (m *model) refresh(urgent bool) {
	if !m.dirty || m.w == 0 {
		return
	}
	now := m.now()
	if since := now.Sub(m.drawn); !urgent && since < minFrame {
		m.wake(minFrame - since)
		return
	}
	m.draw()
	if err := m.term.Draw(m.grid); err != nil {
		m.err = err
		return
	}
	m.dirty, m.drawn = false, now
	if m.snap.Seq != m.shownSeq {
		m.shownSeq = m.snap.Seq
		m.engine.Shown(m.snap.Seq, m.now())
	}
	if _, s, _ := m.view(m.prefs.Focus).Selected(); s != nil && s.ID != m.expected {
		m.expected = s.ID
		m.engine.Expect(s.ID)
	}
	m.wake(m.rest(now))
}

// rest is how long the screen stays true without a new event.
func (m *model) rest(now time.Time) time.Duration {
	d := still
	if at := m.ages.Next; !at.IsZero() {
		d = at.Add(ageTick - 1).Truncate(ageTick).Sub(now)
	}
	if m.snap.Counts.Running > 0 || m.snap.Run.Active {
		if d = runningTick; m.settings.ReducedMotion {
			d = calmTick
		}
	}
	if m.toast.text != "" {
		d = min(d, max(m.toast.until.Sub(now), 0))
	}
	return d
}

// draw builds the frame.
func (m *model) draw() {
	if m.toast.text != "" && !m.now().Before(m.toast.until) {
		m.toast = toast{}
	}
	m.ages = panel.Ages{}
	m.plan = layout.Arrange(m.w, m.h, m.prefs)
	m.grid.Reset(m.w, m.h)
	all := m.grid.All()
	at := func(r layout.Rect) grid.Region { return all.Sub(r.X, r.Y, r.W, r.H) }
	if m.plan.Mode == layout.Tiny {
		m.drawStatus(at(m.plan.Status))
	}
	if m.plan.Header.W > 0 {
		m.drawHeader(at(m.plan.Header))
	}
	for _, r := range m.plan.Rules {
		at(r).Fill(theme.Border, m.theme.Glyphs.Rule)
	}
	for _, p := range m.plan.Panes {
		m.drawPane(p, at(p.Rect))
	}
	m.drawFooter(at(m.plan.Footer))
	m.drawOverlays(all)
}

// drawPane draws a panel with its frame. A panel that panics is replaced by a
// note, once and for all; the others go on.
func (m *model) drawPane(p layout.Pane, r grid.Region) {
	defer func() {
		if e := recover(); e != nil {
			m.broken[p.Panel] = m.guard.crashed(fmt.Sprintf("panel %d", p.Panel+1), e)
			m.drawBroken(p.Panel, r)
		}
	}()
	if m.broken[p.Panel] != nil {
		m.drawBroken(p.Panel, r)
		return
	}
	v := m.view(p.Panel)
	name, note := m.panels[p.Panel].Title(v)
	name = fmt.Sprintf("%d %s", p.Panel+1, name)
	switch p.Frame {
	case layout.Boxed:
		border := theme.Border
		if v.Focused {
			border = theme.BorderFocus
		}
		inner := r.Box(border, m.theme.Glyphs.Box)
		m.drawTitle(r.Sub(1, 0, r.W-2, 1), v.Focused, name, note)
		r = inner
	case layout.Titled:
		if m.plan.Mode == layout.Micro { // there is no header: the counts stand here
			m.drawCounts(r.Row(0), m.drawTitle(r.Row(0), v.Focused, name, ""))
		} else {
			m.drawTitle(r.Row(0), v.Focused, name, note)
		}
		r = r.Sub(0, 1, r.W, r.H-1)
	}
	m.panels[p.Panel].Draw(v, r)
}

// drawBroken stands in for a panel that has panicked.
func (m *model) drawBroken(p layout.Panel, r grid.Region) {
	r.Fill(theme.Text, ' ')
	for y, line := range text.Wrap("This panel failed: "+text.Clean(m.broken[p].Error()), r.W-4) {
		r.Text(2, 1+y, theme.Fail, line)
	}
}

// leastName is the room for the name of a panel that its note has to leave: the
// templates with a part of their folder.
const leastName = 12

// noteGap stands between the parts of a note.
const noteGap = "  "

// drawTitle writes the name of a panel and, at the right, its note. The focus
// is a reversed title with a marker, not a colour alone. It returns the column
// behind the name.
func (m *model) drawTitle(r grid.Region, focused bool, name, note string) int {
	g := &m.theme.Glyphs
	style, mark := theme.Strong, " "
	if focused {
		style, mark = theme.Chip, g.Focus
	}
	width := max(r.W-2, 0)
	if over := text.Width(fitNote(note, 0)) + text.Width(name) + 5 - r.W; over > 0 && strings.Contains(note, noteGap) { // a filter, counts
		width = min(width, max(text.Width(name)-over, leastName))
	}
	name = mark + text.Shorten(name, width, g.Ellipsis) + " "
	x := r.Text(0, 0, style, name)
	room := r.W - x - 3
	if note != "" && room >= 4 {
		note = " " + text.Middle(fitNote(note, room), room, g.Ellipsis) + " "
		r.Text(r.W-1-text.Width(note), 0, theme.Text, note)
	}
	return x
}

// fitNote leaves parts of a note out, the last but one first, until w cells hold
// it or only its first and its last part are left.
func fitNote(note string, w int) string {
	parts := strings.Split(note, noteGap)
	for len(parts) > 2 && text.Width(note) > w {
		parts = slices.Delete(parts, len(parts)-2, len(parts)-1)
		note = strings.Join(parts, noteGap)
	}
	return note
}

// drawCounts writes the counts at the right end of a row, as many as fit behind
// column from; in a row of their own they begin at its left end.
func (m *model) drawCounts(r grid.Region, from int) {
	words, w := m.counts(false), 0
	for i, x := range words {
		if w += text.Width(x.text) + 1; from+w+1 > r.W {
			words, w = words[:i], w-text.Width(x.text)-1
			break
		}
	}
	x := r.W - w
	if from == 0 {
		x = 0
	}
	for _, s := range words {
		x = r.Text(x, 0, s.style, s.text) + 1
	}
}
