package tree

import (
	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/query"
)

// Find implements panel.Finder: it filters the rows.
func (t *Tree) Find(v *panel.View, line string) {
	t.chosen = true
	history := v.History // v itself is valid during this call only
	t.filter = query.Parse(line).Knowing(func(s *engine.Scenario) bool {
		return s.Last().Result != nil && s.Last().Result.Flaky || panel.Flaky(history(s.ID))
	})
	t.held = panel.Node{}
	t.rebuild(v.Snap)
	if c := t.list.Cursor; t.filter.Active() && c < len(t.rows) && !t.hit(t.row(c)) {
		t.list.Cursor = 0
		for i := range t.rows {
			if t.hit(t.row(i)) {
				t.list.Cursor = i
				break
			}
		}
		t.settle()
	}
	t.list.Reveal(len(t.rows), t.height)
}

// hold keeps the selected row where a new state would hide it: a test that is
// mended under status:fail is the one that r runs next.
func (t *Tree) hold() {
	t.held = panel.Node{}
	if len(t.rows) > 0 && t.chosen {
		t.held = t.node
	}
}

// hides reports whether the filter or focus mode leaves a template out.
func (t *Tree) hides(tpl *engine.Template, of *query.Template) bool {
	return (!of.Shown() || t.focus && !attention(tpl)) && t.held.Path != tpl.Path
}

// Query returns the filter as typed.
func (t *Tree) Query() string { return t.filter.String() }

// Problem says what of the filter was not understood, or "".
func (t *Tree) Problem() string { return t.filter.Problem() }

// Next implements panel.Finder: it goes to the next row that itself matches.
func (t *Tree) Next(_ *panel.View, delta int) {
	n := len(t.rows)
	for k := 1; k <= n; k++ {
		i := ((t.list.Cursor+k*delta)%n + n) % n
		if t.hit(t.row(i)) {
			t.chosen = true
			t.list.Cursor = i
			t.settle()
			t.list.Reveal(n, t.height)
			return
		}
	}
}

// hit reports whether a row itself is what the filter asks for, rather than
// standing above or below a row that is.
func (t *Tree) hit(r row) bool {
	if r.t == nil {
		return false
	}
	of := t.filter.On(r.t)
	switch {
	case r.s == nil:
		return of.Whole() || len(r.t.Scenarios) == 0
	case r.step < 0:
		return of.Named(r.s) || !of.Whole() && of.Scenario(r.s)
	default:
		return false
	}
}
