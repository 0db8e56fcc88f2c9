package trace

import (
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// ShowCheck selects the span that a check of the result is about, or the row of
// the one it misses, as soon as the spans are there.
func (t *Trace) ShowCheck(check int) { t.want = &want{check: check} }

// ShowTime selects the span that was open at a moment, as soon as the spans are
// there.
func (t *Trace) ShowTime(at time.Time) { t.want = &want{check: -1, at: at} }

// goTo selects what was asked for.
func (t *Trace) goTo(w want) {
	if t.led, t.detailIn = w.check, nil; w.check < 0 {
		t.selectSpan(t.spans.RowAt(w.at))
		return
	}
	for i, m := range t.spans.Missing {
		if m.Check == w.check {
			t.open(m.Parent)
			t.list.Cursor = t.position(row{span: -1, missing: i, depth: t.depthOf(m.Parent)})
			t.list.Reveal(len(t.rows), t.height)
			return
		}
	}
	if w.check < len(t.spans.CheckRows) {
		t.selectSpan(t.spans.CheckRows[w.check])
	}
}

func (t *Trace) depthOf(parent int) int {
	if parent < 0 {
		return 0
	}
	return t.spans.Rows[parent].Depth + 1
}

// selectSpan selects a span; -1 changes nothing. What hides it is opened.
func (t *Trace) selectSpan(i int) {
	if i < 0 || i >= len(t.spans.Rows) {
		return
	}
	t.open(t.spans.Rows[i].Parent)
	at := row{span: i, missing: -1, depth: t.spans.Rows[i].Depth}
	if p := t.position(at); t.rows[p] != at {
		t.show = everything
		t.arrange()
	}
	t.list.Cursor = t.position(at)
	t.list.Reveal(len(t.rows), t.height)
}

// open unfolds a row and everything that it is in.
func (t *Trace) open(i int) {
	changed := false
	for ; i >= 0; i = t.spans.Rows[i].Parent {
		if t.closed[i] {
			delete(t.closed, i)
			changed = true
		}
	}
	if changed {
		t.arrange()
	}
}

// Time returns when the selected span began; the zero time when that is not
// known.
func (t *Trace) Time() time.Time {
	if r, ok := t.current(); ok && r.span >= 0 {
		return t.spans.Time(r.span)
	}
	return time.Time{}
}

// Find implements panel.Finder: it goes to the first span from the selected one
// on that mentions the text, in its name, service, status, attributes or events.
func (t *Trace) Find(v *panel.View, query string) {
	t.sync(v)
	t.query = query
	t.search()
	if r, ok := t.current(); ok && len(t.hits) > 0 {
		i, _ := slices.BinarySearch(t.hits, t.from(r))
		t.selectSpan(t.hits[i%len(t.hits)])
	}
}

// Query implements panel.Finder.
func (t *Trace) Query() string { return t.query }

// Next implements panel.Finder: folded spans are searched, too.
func (t *Trace) Next(v *panel.View, delta int) {
	t.sync(v)
	r, ok := t.current()
	if !ok || len(t.hits) == 0 {
		return
	}
	i, exact := slices.BinarySearch(t.hits, t.from(r))
	switch {
	case delta < 0:
		i--
	case exact:
		i++
	}
	t.selectSpan(t.hits[(i+len(t.hits))%len(t.hits)])
}

// from is the span where a search begins.
func (t *Trace) from(r row) int {
	if r.span < 0 {
		return max(t.spans.Missing[r.missing].Parent, 0)
	}
	return r.span
}

// search collects the spans that hold what is searched.
func (t *Trace) search() {
	t.hits = t.hits[:0]
	if t.query == "" || t.spans == nil {
		return
	}
	q := strings.ToLower(t.query)
	for i := range t.spans.Rows {
		if t.spans.Mentions(i, q) {
			t.hits = append(t.hits, i)
		}
	}
}

// hit reports whether a span holds what is searched, and as which match, from 1.
func (t *Trace) hit(span int) (number int, ok bool) {
	i, ok := slices.BinarySearch(t.hits, span)
	return i + 1, ok
}
