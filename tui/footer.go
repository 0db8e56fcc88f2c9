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
	if m.resizing {
		m.drawResizeKeys(r)
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
		h.Desc = m.label(&a)
		h.Key = m.theme.Glyphs.Keys(h.Key)
		if x+text.Width(h.Key)+text.Width(h.Desc)+2 > room {
			break
		}
		x = r.Text(x, 0, theme.Key|grid.Bold, h.Key)
		x = r.Text(x+1, 0, theme.Text, h.Desc) + 2
	}
}

// drawResizeKeys shows what the keys do while splits are moved.
func (m *model) drawResizeKeys(r grid.Region) {
	x := r.Text(1, 0, theme.Chip, " resize ") + 1
	for _, h := range [][2]string{{"< >", "left, right"}, {"- +", "up, down"}, {"=", "as it was"}, {"tab", "panel"}, {"esc", "done"}} {
		if x+len(h[0])+len(h[1])+1 > r.W {
			break
		}
		x = r.Text(x, 0, theme.Key|grid.Bold, h[0])
		x = r.Text(x+1, 0, theme.Text, h[1]) + 2
	}
}

// hints are the actions in the footer: those that are possible, the most useful
// first. Help comes right after the first few, so that it is always there.
func (m *model) hints() []action.Action {
	facts := m.actionFacts()
	var out []action.Action
	for _, a := range m.actions.All() {
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
	if m.field.panel != layout.Templates {
		what = "search"
	}
	x := r.Text(1, 0, theme.Key|grid.Bold, what+" /")
	w := max(min(r.W-x-26, 40), min(r.W-x, 10))
	m.field.Draw(r.Sub(x, 0, w, 1), theme.Strong, theme.Selected)
	keys, style := "enter keep   esc clear", theme.Text
	if p := m.tree.Problem(); m.field.panel == layout.Templates && p != "" {
		keys, style = text.Clean(p), theme.Warn
	}
	typed := x + min(text.Width(m.field.String())+1, w) // and the cursor
	keys = text.Shorten(keys, max(r.W-typed-3, 0), m.theme.Glyphs.Ellipsis)
	r.Text(r.W-text.Width(keys)-1, 0, style, keys)
}
