package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// counts judges [expect.counts].
func (j *judge) counts(e *spec.CountsExpect) {
	if e == nil {
		return
	}
	t := j.totals()
	if c := j.bound(e, e.SpansTotal, "expect.counts.spans_total", "total span count", int64(j.set.Len())); c != nil && !c.OK {
		c.Explain = j.census()
	}
	if c := j.bound(e, e.EventsTotal, "expect.counts.events_total", "total event count", t.events); c != nil && !c.OK {
		c.Explain = j.places(func(s *trace.Span) bool { return len(s.Events) > 0 }, func(s *trace.Span) string {
			return count(len(s.Events), "event") + ", the first is '" + s.Events[0].Name + "'"
		})
	}
	if c := j.bound(e, e.ErrorsTotal, "expect.counts.errors_total", "total error count", t.errors); c != nil && !c.OK {
		c.Explain = j.places(func(s *trace.Span) bool { return s.Status == trace.StatusError }, func(s *trace.Span) string {
			return strings.TrimSuffix("ERROR "+clip(s.StatusMessage), " ")
		})
	}
	for i := range e.ByName {
		n := &e.ByName[i]
		p := j.pattern(n.Name)
		c := j.bound(e, &n.Bound, "expect.counts.by_name["+n.Name+"]", "count for span name '"+n.Name+"'", int64(len(p.refs)))
		if c == nil {
			continue
		}
		c.Spans = []string{n.Name}
		if p.err != nil {
			c.OK, c.Message = false, fmt.Sprintf("the pattern '%s' cannot be read: %v", n.Name, p.err)
		}
		switch {
		case c.OK:
		case len(p.refs) == 0:
			c.Explain = j.absent(p)
		default:
			for _, r := range p.refs[:min(len(p.refs), maxListed)] {
				c.Explain = append(c.Explain, j.place(r))
			}
		}
	}
	for i := range e.ByKind {
		n := &e.ByKind[i]
		k, ok := trace.ParseKind(n.Name)
		c := j.bound(e, &n.Bound, "expect.counts.by_kind["+n.Name+"]", "count for span kind '"+n.Name+"'", t.kinds[k])
		if c != nil && !ok {
			c.OK, c.Message = false, fmt.Sprintf("unknown span kind '%s'", n.Name)
		}
	}
}

// census lists how many spans of which name there are, the most frequent first.
func (j *judge) census() []string {
	ids := make([]trace.NameID, len(j.set.Names()))
	for i := range ids {
		ids[i] = trace.NameID(i)
	}
	slices.SortStableFunc(ids, func(a, b trace.NameID) int {
		return len(j.set.WithName(b)) - len(j.set.WithName(a))
	})
	lines := []string{"collected"}
	for _, id := range ids[:min(len(ids), maxListed)] {
		lines = append(lines, fmt.Sprintf("  %s of '%s'", count(len(j.set.WithName(id)), "span"), j.set.Names()[id]))
	}
	if n := len(ids) - maxListed; n > 0 {
		lines = append(lines, "  and spans of "+count(n, "other name"))
	}
	return lines
}

// places lists the first few spans that a condition picks, and why.
func (j *judge) places(pick func(*trace.Span) bool, why func(*trace.Span) string) []string {
	var lines []string
	for r := range trace.Ref(j.set.Len()) {
		if s := j.set.Span(r); len(lines) < maxListed && pick(s) {
			lines = append(lines, j.place(r)+": "+why(s))
		}
	}
	return lines
}

type totals struct {
	events, errors int64
	kinds          [trace.KindConsumer + 1]int64
}

func (j *judge) totals() totals {
	var t totals
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		t.events += int64(len(s.Events))
		if s.Status == trace.StatusError {
			t.errors++
		}
		if k := kindOf(s); int(k) < len(t.kinds) {
			t.kinds[k]++
		}
	}
	return t
}

// bound judges a number against every limit that is given and returns the check
// that it added, for details; nil when no limit is given.
func (j *judge) bound(e *spec.CountsExpect, b *spec.Bound, rule, what string, found int64) *Check {
	if b == nil || b.Eq == nil && b.Gte == nil && b.Lte == nil {
		return nil
	}
	var broken []string
	try := func(limit *int64, words string, holds bool) {
		if limit != nil && !holds {
			broken = append(broken, fmt.Sprintf("%s %d", words, *limit))
		}
	}
	try(b.Eq, "exactly", b.Eq != nil && found == *b.Eq)
	try(b.Gte, "at least", b.Gte != nil && found >= *b.Gte)
	try(b.Lte, "at most", b.Lte != nil && found <= *b.Lte)
	c := Check{Rule: rule, Pos: at(b.Pos, e.Pos), OK: len(broken) == 0}
	if !c.OK {
		c.Message = fmt.Sprintf("%s: expected %s, found %d", what, strings.Join(broken, " and "), found)
	}
	j.add(c)
	return &j.checks[len(j.checks)-1]
}
