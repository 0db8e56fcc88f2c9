package tree

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// filter selects rows by text, ignoring case. A "!" in front turns it round.
type filter struct {
	text   string // as typed
	needle string // lower case
	not    bool
}

func newFilter(s string) filter {
	f := filter{text: s}
	rest, not := strings.CutPrefix(s, "!")
	f.needle, f.not = strings.ToLower(rest), not
	return f
}

func (f filter) active() bool { return f.needle != "" }

// matches reports whether any of the texts holds the needle, or none when the
// filter is turned round.
func (f filter) matches(texts ...string) bool {
	for _, s := range texts {
		if contains(s, f.needle) {
			return !f.not
		}
	}
	return f.not
}

// template reports whether all of a template is shown, and whether any of it is.
func (f filter) template(t *engine.Template) (whole, any bool) {
	if !f.active() {
		return true, true
	}
	self := f.matches(t.Path, t.Name)
	if self != f.not { // the name decides: shown as a whole, or hidden as a whole
		return self && !f.not, self
	}
	if f.not {
		return false, true // only scenarios that hold the text are left out
	}
	for _, s := range t.Scenarios {
		if f.scenario(s) {
			return false, true
		}
	}
	return false, false
}

// scenario reports whether a scenario of a template that is not shown as a
// whole is shown.
func (f filter) scenario(s *engine.Scenario) bool { return f.matches(s.ID.Name) }

// contains is strings.Contains without regard to case; needle is lower case.
// Names are mostly ASCII, for which it allocates nothing.
func contains(s, needle string) bool {
	if len(needle) > len(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return strings.Contains(strings.ToLower(s), needle)
		}
	}
	for i := 0; i+len(needle) <= len(s); i++ {
		j := 0
		for j < len(needle) && lower(s[i+j]) == needle[j] {
			j++
		}
		if j == len(needle) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Find implements panel.Finder: it filters the rows.
func (t *Tree) Find(v *panel.View, query string) {
	t.chosen = true
	t.filter = newFilter(query)
	t.Sync(v.Snap)
	if c := t.list.Cursor; t.filter.active() && c < len(t.rows) && !t.hit(t.rows[c]) {
		t.list.Cursor = 0
		for i := range t.rows {
			if t.hit(t.rows[i]) {
				t.list.Cursor = i
				break
			}
		}
		t.settle()
	}
	t.list.Reveal(len(t.rows), t.height)
}

// Query returns the filter as typed.
func (t *Tree) Query() string { return t.filter.text }

// Next implements panel.Finder: it goes to the next row that itself matches.
func (t *Tree) Next(_ *panel.View, delta int) {
	n := len(t.rows)
	for k := 1; k <= n; k++ {
		i := ((t.list.Cursor+k*delta)%n + n) % n
		if t.hit(t.rows[i]) {
			t.chosen = true
			t.list.Cursor = i
			t.settle()
			t.list.Reveal(n, t.height)
			return
		}
	}
}

// hit reports whether the text of a row matches the filter.
func (t *Tree) hit(r row) bool {
	switch {
	case r.s == nil:
		return t.filter.matches(r.t.Path, r.t.Name)
	case r.step < 0:
		return t.filter.scenario(r.s)
	default:
		return false
	}
}
