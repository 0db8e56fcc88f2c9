// Package trace is the panel with the spans of the selected scenario: a
// waterfall, what is expected and missing in its place, and everything that is
// known of one span.
//
// The spans of the last result flow in, prepared by the engine; a flat array of
// visible rows is kept, and only the rows on the screen are drawn, so that fifty
// thousand spans scroll as fast as five.
package trace

import (
	"fmt"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// show is which spans have a row.
type show uint8

const (
	everything show = iota
	biggest         // those that take time, and what they are in
	failures        // those that failed or that a failed rule is about, and what they are in
	shows
)

// share is the part of the whole time from which a span is a big one: 1/share.
const share = 50

// row is a visible row: a span, or one that is missing.
type row struct {
	span    int // index in Spans.Rows; -1 for a missing one
	missing int // index in Spans.Missing; -1 for a span
	depth   int
}

// Trace is the panel. Use New.
type Trace struct {
	id     engine.ScenarioID
	spans  *engine.Spans // nil until they are there
	ready  bool          // spans are those of the last result
	closed map[int]bool  // folded rows of spans
	show   show
	rows   []row
	list   widget.List
	height int // of the waterfall in the last Draw

	services int // distinct ones
	service  int // width of the longest name of a service
	query    string
	hits     []int // spans that hold what is searched
	want     *want // what to select when the spans are there
	scaled   bool  // there is an axis of time above the rows

	// detail is of span detailOf of detailIn.
	detail   engine.SpanDetail
	checks   []int // that are about it
	at       int   // the current one of checks
	led      int   // the check that was followed to a span last, -1 for none
	detailOf int
	detailIn *engine.Spans
}

// want is a row that somebody asked for before the spans were there.
type want struct {
	check int // -1 for none
	at    time.Time
}

// New returns a panel that shows everything.
func New() *Trace { return &Trace{led: -1, closed: map[int]bool{}} }

// sync follows the selection and takes spans that have become ready.
func (t *Trace) sync(v *panel.View) *engine.Scenario {
	_, s := panel.Interesting(v)
	if s == nil {
		*t = Trace{led: -1, closed: map[int]bool{}, show: t.show, query: t.query, height: t.height}
		return nil
	}
	if s.ID != t.id {
		want := t.want
		*t = Trace{id: s.ID, led: -1, closed: map[int]bool{}, show: t.show, query: t.query, height: t.height, want: want}
	}
	spans, ready := v.Spans(s.ID)
	t.ready = ready
	if ready && spans != t.spans {
		if t.spans == nil || len(t.spans.Rows) != len(spans.Rows) {
			clear(t.closed)
		}
		t.spans = spans
		t.measure()
		t.search()
		t.arrange()
	}
	if ready && t.want != nil {
		w := *t.want
		t.want = nil
		t.goTo(w)
	}
	return s
}

// measure looks once at all spans for what decides the columns.
func (t *Trace) measure() {
	t.services, t.service = 0, 0
	seen := map[string]bool{}
	for i := range t.spans.Rows {
		name := t.spans.Rows[i].Service
		if !seen[name] {
			seen[name] = true
			t.services++
			t.service = max(t.service, text.Width(text.Clean(name)))
		}
	}
}

// arrange makes the visible rows. The cursor stays on its span.
func (t *Trace) arrange() {
	at, hadRow := t.current()
	below := map[int][]int{} // missing spans by the row they belong under
	for i, m := range t.spans.Missing {
		below[m.Parent] = append(below[m.Parent], i)
	}
	keep := t.kept()
	t.rows = t.rows[:0]
	for i := 0; i < len(t.spans.Rows); i++ {
		sp := &t.spans.Rows[i]
		if keep != nil && !keep[i] {
			i += sp.Below // what is in it is not kept either
			continue
		}
		t.rows = append(t.rows, row{span: i, missing: -1, depth: sp.Depth})
		if t.closed[i] {
			i += sp.Below
			continue
		}
		for _, m := range below[i] {
			t.rows = append(t.rows, row{span: -1, missing: m, depth: sp.Depth + 1})
		}
	}
	for _, m := range below[-1] {
		t.rows = append(t.rows, row{span: -1, missing: m})
	}
	if hadRow {
		t.list.Cursor = t.position(at)
	}
	t.list.Reveal(len(t.rows), t.height)
}

// kept marks the spans of a selection and what they are in; nil keeps all.
func (t *Trace) kept() []bool {
	if t.show == everything {
		return nil
	}
	keep := make([]bool, len(t.spans.Rows))
	for i := len(keep) - 1; i >= 0; i-- {
		sp := &t.spans.Rows[i]
		switch t.show {
		case biggest:
			keep[i] = keep[i] || sp.Duration >= t.spans.Length/share
		case failures:
			keep[i] = keep[i] || sp.Error || sp.Failed
		}
		if keep[i] && sp.Parent >= 0 {
			keep[sp.Parent] = true
		}
	}
	for _, m := range t.spans.Missing {
		for p := m.Parent; p >= 0; p = t.spans.Rows[p].Parent {
			keep[p] = true
		}
	}
	return keep
}

// current returns the row under the cursor, if there is one.
func (t *Trace) current() (row, bool) {
	if t.list.Cursor >= len(t.rows) {
		return row{}, false
	}
	return t.rows[t.list.Cursor], true
}

// position is where a row stands now, or the row that hides it.
func (t *Trace) position(r row) int {
	best := 0
	for i := range t.rows {
		if t.rows[i] == r {
			return i
		}
		if r.span >= 0 && t.rows[i].span >= 0 && t.rows[i].span <= r.span {
			best = i
		}
	}
	return best
}

// Title implements panel.Panel.
func (t *Trace) Title(v *panel.View) (name, note string) {
	s := t.sync(v)
	if s == nil {
		return "Trace", ""
	}
	name = "Trace " + v.Theme.Glyphs.Dot + " " + panel.ScenarioName(s.ID.Name)
	if t.spans == nil || t.spans.At.IsZero() {
		return name, ""
	}
	parts := []string{}
	if t.query != "" {
		at := 0
		if r, ok := t.current(); ok {
			if n, ok := t.hit(r.span); ok {
				at = n
			}
		}
		parts = append(parts, fmt.Sprintf("/%s %d/%d", t.query, at, len(t.hits)))
	}
	of := ""
	if len(t.spans.Rows) < t.spans.Total {
		of = fmt.Sprintf("first %d of ", len(t.spans.Rows))
	}
	switch t.show {
	case biggest:
		of = fmt.Sprintf("biggest %d of ", len(t.rows)-len(t.spans.Missing))
	case failures:
		of = fmt.Sprintf("failures %d of ", len(t.rows)-len(t.spans.Missing))
	}
	parts = append(parts, of+text.Count(t.spans.Total, "span"))
	if t.spans.Errors > 0 {
		parts = append(parts, text.Count(t.spans.Errors, "error"))
	}
	if n := len(t.spans.Missing); n > 0 {
		parts = append(parts, fmt.Sprintf("%d missing", n))
	}
	return name, strings.Join(parts, "  ")
}

// Move implements panel.Panel.
func (t *Trace) Move(v *panel.View, m widget.Motion) {
	t.sync(v)
	switch m {
	case widget.Right:
		t.fold(false)
	case widget.Left:
		t.fold(true)
	default:
		t.list.Move(m, len(t.rows), t.height)
	}
}

// fold closes or opens the selected row. Closing what has nothing to close goes
// to the row it is in.
func (t *Trace) fold(close bool) {
	r, ok := t.current()
	if !ok {
		return
	}
	parent := -1
	if r.span < 0 {
		parent = t.spans.Missing[r.missing].Parent
	} else {
		sp := &t.spans.Rows[r.span]
		if sp.Below > 0 && t.closed[r.span] != close {
			if close {
				t.closed[r.span] = true
			} else {
				delete(t.closed, r.span)
			}
			t.arrange()
			return
		}
		parent = sp.Parent
	}
	if close && parent >= 0 {
		t.list.Cursor = t.position(row{span: parent, missing: -1, depth: t.spans.Rows[parent].Depth})
		t.list.Reveal(len(t.rows), t.height)
	}
}

// FoldAll folds every span that has others in it, or unfolds all.
func (t *Trace) FoldAll(open bool) {
	if t.spans == nil {
		return
	}
	clear(t.closed)
	for i := range t.spans.Rows {
		if !open && t.spans.Rows[i].Below > 0 {
			t.closed[i] = true
		}
	}
	t.arrange()
}

// NextShow goes through what is shown: everything, the biggest, the failures.
func (t *Trace) NextShow() {
	t.show = (t.show + 1) % shows
	if t.spans != nil {
		t.arrange()
	}
}

// Scroll implements panel.Panel.
func (t *Trace) Scroll(v *panel.View, rows int) {
	t.sync(v)
	t.list.Scroll(rows, len(t.rows), t.height)
}

// Click implements panel.Panel.
func (t *Trace) Click(_ *panel.View, _, y int) {
	y -= t.axis()
	if i := t.list.Top + y; y >= 0 && y < t.height && i < len(t.rows) {
		t.list.Cursor = i
	}
}
