package tui

import (
	"cmp"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// drawFooter writes the text field, or the keys that are of use now and the
// last remark.
func (m *model) drawFooter(r grid.Region) {
	if r.W == 0 {
		return
	}
	if m.field != nil {
		m.drawField(r)
		return
	}
	room := r.W - 1
	if m.toast.text != "" {
		s := text.Shorten(m.toast.text, max(r.W-2, 0), m.theme.Glyphs.Ellipsis)
		room = r.W - text.Width(s) - 2
		r.Text(room+1, 0, theme.Strong, s)
	}
	x := 1
	for _, a := range m.hints() {
		h := a.Binding.Help()
		if x+text.Width(h.Key)+text.Width(h.Desc)+2 > room {
			break
		}
		x = r.Text(x, 0, theme.Key|grid.Bold, h.Key)
		x = r.Text(x+1, 0, theme.Text, h.Desc) + 2
	}
}

// hints are the actions in the footer: those that are possible, the most useful
// first. Help comes right after the first few, so that it is always there.
func (m *model) hints() []action.Action {
	facts := m.actionFacts()
	var out []action.Action
	for _, a := range action.All() {
		if a.Footer > 0 && a.In(m.prefs.Focus) && a.Denied(facts) == "" {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b action.Action) int { return cmp.Compare(a.Footer, b.Footer) })
	return out
}

// drawField shows the filter or search that is being typed.
func (m *model) drawField(r grid.Region) {
	what := "filter"
	if m.field.panel == layout.Logs {
		what = "search"
	}
	x := r.Text(1, 0, theme.Key|grid.Bold, what+" /")
	m.field.Draw(r.Sub(x, 0, max(min(r.W-x-26, 60), min(r.W-x, 10)), 1), theme.Strong, theme.Selected)
	const keys = "enter keep   esc clear"
	if at := r.W - len(keys) - 1; at > x+10 {
		r.Text(at, 0, theme.Text, keys)
	}
}
