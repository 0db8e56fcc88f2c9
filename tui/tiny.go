package tui

import (
	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// matter is a line of a tiny screen: something that asks for a look.
type matter struct {
	panel.Status
	name string
	path bool
	why  string // the first thing that is wrong, "" when there is no more to say
}

// drawStatus is all that fits on a tiny screen: the sums, what fails and what runs,
// why the first one fails where rows are left, and where help is.
func (m *model) drawStatus(r grid.Region) {
	m.drawCounts(r.Row(0), 0)
	g := &m.theme.Glyphs
	room := r.Sub(0, 1, r.W, r.H-2)
	list := m.matters(room.H)
	spare := room.H - len(list)
	y := 0
	for _, x := range list {
		room.Text(0, y, x.Style|grid.Bold, x.Glyph)
		name := text.Shorten(x.name, room.W-2, g.Ellipsis)
		if x.path {
			name = text.Middle(x.name, room.W-2, g.Ellipsis)
		}
		room.Text(2, y, x.Style, name)
		y++
		if x.why == "" || spare == 0 {
			continue
		}
		for _, line := range text.Wrap(x.why, room.W-2) {
			if spare == 0 {
				break
			}
			room.Text(2, y, theme.Text, line)
			y++
			spare--
		}
		spare = 0 // the others would push it off the screen next time
	}
	foot := "? help  q quit"
	if m.toast.text != "" {
		foot = m.toast.text
	}
	r.Text(0, r.H-1, theme.Text, text.Shorten(foot, r.W, g.Ellipsis))
}

// matters lists what asks for a look, at most limit: first what is wrong, then
// what runs.
func (m *model) matters(limit int) (out []matter) {
	g := &m.theme.Glyphs
	var running []matter
	for _, t := range m.snap.Templates {
		if len(out) >= limit {
			break
		}
		if t.Status == engine.CheckError {
			x := matter{Status: panel.OfTemplate(t, g), name: text.Clean(t.Path), path: true}
			if len(t.Diagnostics) > 0 {
				x.why = text.Clean(t.Diagnostics[0].Message)
			}
			out = append(out, x)
		}
		for _, s := range t.Scenarios {
			x := matter{Status: panel.OfVerdict(s.Verdict, g), name: panel.ScenarioName(s.ID.Name)}
			switch {
			case s.Verdict == engine.VerdictRunning:
				running = append(running, x)
			case s.Stale:
			case s.Verdict == engine.VerdictFail || s.Verdict == engine.VerdictError:
				x.why = text.Clean(s.Last().Result.FirstMessage())
				out = append(out, x)
			}
		}
	}
	out = append(out, running...)
	return out[:min(len(out), max(limit, 0))]
}
