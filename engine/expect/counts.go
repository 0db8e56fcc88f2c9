package expect

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// counts judges [expect.counts] (semantics 2.3).
func (j *judge) counts(e *spec.CountsExpect) {
	if e == nil {
		return
	}
	t := j.totals()
	j.bound(e, e.SpansTotal, "expect.counts.spans_total", "total span count", int64(j.set.Len()))
	j.bound(e, e.EventsTotal, "expect.counts.events_total", "total event count", t.events)
	j.bound(e, e.ErrorsTotal, "expect.counts.errors_total", "total error count", t.errors)
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
		if !c.OK && len(p.refs) == 0 {
			c.Explain = j.absent(p)
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
