// Package problems is the panel that lists everything that is wrong, flat:
// complaints about templates, failed expectations and steps, and what keeps the
// environment from working.
//
// The snapshot flows in; a list in the order of the templates flows out, made
// once per snapshot. Other panels step through the same list.
package problems

import (
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Problem is one thing that is wrong.
type Problem struct {
	Severity diag.Severity
	Node     panel.Node // the zero Node for the environment
	Pos      diag.Position
	Message  string
	Stale    bool // the inputs changed since: it may be gone
}

// Collect lists the problems of a snapshot.
func Collect(s *engine.Snapshot) []Problem {
	out := environment(s)
	for _, t := range s.Templates {
		out = append(out, ofTemplate(t)...)
	}
	return out
}

// environment lists what keeps tests from running or changes from being seen.
func environment(s *engine.Snapshot) (out []Problem) {
	if b := s.Backend; b.Known && !b.OK {
		out = append(out, Problem{Severity: diag.Warning, Message: b.Problem})
	}
	if s.Watch.Problem != "" {
		out = append(out, Problem{Severity: diag.Warning, Message: s.Watch.Problem})
	}
	return out
}

// ofTemplate lists what is wrong with one template and its scenarios.
func ofTemplate(t *engine.Template) (out []Problem) {
	n := panel.Node{Path: t.Path}
	for i := range t.Diagnostics {
		d := &t.Diagnostics[i]
		if d.Severity != diag.Info {
			out = append(out, Problem{Severity: d.Severity, Node: n, Pos: d.Pos, Message: d.Message})
		}
	}
	for _, sc := range t.Scenarios {
		out = scenario(out, sc)
	}
	return out
}

// scenario appends what went wrong in the last run of a scenario.
func scenario(out []Problem, s *engine.Scenario) []Problem {
	r := s.Last().Result
	if r == nil || !s.Verdict.Done() || s.Verdict == engine.VerdictSkipped {
		return out
	}
	p := Problem{
		Severity: diag.Error,
		Node:     panel.Node{Path: s.ID.Path, Scenario: s.ID.Name},
		Pos:      diag.Position{File: s.ID.Path, Line: int(s.Line)},
		Stale:    s.Stale,
	}
	if r.Message != "" && s.Verdict != engine.VerdictPass {
		p.Message = s.ID.Name + ": " + r.Message
		out = append(out, p)
	}
	for i := range r.Checks {
		if c := &r.Checks[i]; !c.OK {
			p.Message = s.ID.Name + ": " + c.Message
			if c.Pos.Line > 0 {
				p.Pos = c.Pos
			}
			out = append(out, p)
		}
	}
	return out
}

// Problems is the panel. The zero Problems is ready to use.
type Problems struct {
	items  []Problem
	memo   panel.Memo[[]Problem] // by template
	of     *engine.Snapshot
	list   widget.List
	height int

	stepped bool       // whether Step was called
	last    panel.Node // what it selected
}

// Sync takes the problems of a snapshot. The cursor stays on the same problem
// where it still exists.
func (p *Problems) Sync(s *engine.Snapshot) {
	if s == p.of {
		return
	}
	var selected Problem
	if p.list.Cursor < len(p.items) {
		selected = p.items[p.list.Cursor]
	}
	p.of, p.items = s, append(p.items[:0], environment(s)...)
	for _, items := range p.memo.Update(s.Templates, ofTemplate) {
		p.items = append(p.items, items...)
	}
	for i := range p.items {
		if p.items[i] == selected {
			p.list.Cursor = i
			break
		}
	}
	p.list.Fit(len(p.items), p.height)
}

// Len returns the number of problems.
func (p *Problems) Len() int { return len(p.items) }

// Current returns the problem under the cursor, if there is one.
func (p *Problems) Current() (Problem, bool) {
	if p.list.Cursor >= len(p.items) {
		return Problem{}, false
	}
	return p.items[p.list.Cursor], true
}

// Step moves to the next problem (delta 1) or the previous one (-1), round and
// round. at is the selection in the tree: when the reader has moved it since the
// last step, stepping goes on from there, and without a problem there, with the
// one under the cursor.
func (p *Problems) Step(delta int, at panel.Node) {
	n := len(p.items)
	if n == 0 {
		return
	}
	switch here := p.at(at); {
	case p.stepped && at == p.last:
		p.list.Cursor = ((p.list.Cursor+delta)%n + n) % n
	case here >= 0:
		p.list.Cursor = here
	}
	p.list.Reveal(n, p.height)
	p.stepped, p.last = true, at
	if to := p.items[p.list.Cursor].Node; to.Path != "" {
		p.last = to
	}
}

// at returns the index of the first problem of n, or -1.
func (p *Problems) at(n panel.Node) int {
	for i := range p.items {
		if p.items[i].Node == n {
			return i
		}
	}
	return -1
}

// Title implements panel.Panel.
func (p *Problems) Title(*panel.View) (name, note string) {
	if len(p.items) == 0 {
		return "Problems", ""
	}
	return "Problems", fmt.Sprintf("%d/%d", p.list.Cursor+1, len(p.items))
}

// Draw implements panel.Panel.
func (p *Problems) Draw(v *panel.View, r grid.Region) {
	if p.height != r.H {
		p.height = r.H
		p.list.Reveal(len(p.items), p.height)
	}
	if len(p.items) == 0 {
		msg := "No problems."
		if !v.Snap.Ready {
			msg = "No problems so far."
		}
		r.Text(1, 0, theme.Text, msg)
		return
	}
	for y := 0; y < r.H && p.list.Top+y < len(p.items); y++ {
		i := p.list.Top + y
		drawRow(v, r.Row(y), &p.items[i], i == p.list.Cursor)
	}
}

// drawRow draws marker, sign, place and message.
func drawRow(v *panel.View, r grid.Region, p *Problem, selected bool) {
	g := &v.Theme.Glyphs
	st := panel.OfSeverity(p.Severity, g)
	if p.Stale {
		st = panel.Status{Glyph: g.Stale, Style: theme.Stale}
	}
	place, message := theme.Accent, theme.Text
	if selected {
		r.Text(0, 0, theme.Accent|grid.Bold, g.Marker)
		message = theme.Strong
		if v.Focused {
			place, message = theme.Selected, theme.Selected
			r.Sub(3, 0, r.W, 1).Fill(theme.Selected, ' ')
		}
	}
	r.Text(1, 0, st.Style|grid.Bold, st.Glyph)
	x := 3
	if p.Pos.File != "" {
		x = r.Text(x, 0, place, text.Middle(text.Clean(p.Pos.String()), max(r.W*2/5, 12), g.Ellipsis)) + 2
	}
	r.Text(x, 0, message, text.Shorten(text.Clean(p.Message), r.W-x, g.Ellipsis))
}

// Move implements panel.Panel.
func (p *Problems) Move(_ *panel.View, m widget.Motion) {
	p.list.Move(m, len(p.items), p.height)
}

// Scroll implements panel.Panel.
func (p *Problems) Scroll(_ *panel.View, rows int) {
	p.list.Scroll(rows, len(p.items), p.height)
}

// Click implements panel.Panel.
func (p *Problems) Click(_ *panel.View, _, y int) {
	if i := p.list.Top + y; y >= 0 && i < len(p.items) {
		p.list.Cursor = i
	}
}
