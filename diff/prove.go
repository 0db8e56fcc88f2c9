package diff

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// The quantities of [expect.counts]; those of a name, kind or service have it
// behind the colon.
const (
	spansTotal  = "spans_total"
	eventsTotal = "events_total"
	errorsTotal = "errors_total"
	countName   = "name:"
	countKind   = "kind:"
	countOf     = "service:"
	maxDepth    = "max_depth"
)

const statusError = statuses(1 << trace.StatusError)

func nameOf(quantity string) (string, bool) { return strings.CutPrefix(quantity, countName) }

// proves reports whether every trace that meets the ground meets d, and a node
// that it follows from. No means that it was not found out.
func (g *ground) proves(d *demand) (*Node, bool) {
	if d.kind == same {
		n, ok := g.same[d.text]
		return n, ok
	}
	if g.empty {
		return nil, false // accepts the trace without spans, which nothing else does
	}
	switch d.kind {
	case someSpan:
		return g.provesSome(d.where)
	case noSpan:
		q, _ := g.strengthen(*d.where)
		for f := range g.none.covering(g.ps, d.where.name) {
			if g.ps.implies(&q, f.where) {
				return f.node, true
			}
		}
	case notCrossing:
		for f := range g.cross.covering(g.ps, d.a) {
			if g.ps.covers(f.b, d.b) {
				return f.node, true
			}
		}
	case counted:
		return g.provesCount(d)
	case inWindow:
		return g.provesMoved(&g.window, d)
	case before:
		return g.provesMoved(&g.before, d)
	case allStatus, namedStatus:
		return g.provesStatus(d)
	default:
		return g.provesEvery(d)
	}
	return nil, false
}

// provesSome looks for a witness that satisfies where.
func (g *ground) provesSome(where *conj) (*Node, bool) {
	for f := range g.some.covered(g.ps, where.name) {
		if g.ps.implies(f.where, where) {
			return f.node, true
		}
		if c, why := g.strengthen(*f.where); why != nil && g.ps.implies(&c, where) {
			return f.node, true
		}
	}
	for w := range g.exist.covered(g.ps, where.name) {
		c := anySpan()
		c.name = w.name
		if c, _ := g.strengthen(c); g.ps.implies(&c, where) {
			return w.node, true
		}
	}
	c, why := g.everyone() // there are spans, or the ground is not met
	return why, g.ps.implies(&c, where)
}

// provesMoved shows an order or a window: every b of d is one of the fact's, and
// every a of the fact is one of d's. A b must exist, too.
func (g *ground) provesMoved(facts *index[fact], d *demand) (*Node, bool) {
	for f := range facts.covering(g.ps, d.b) {
		if !g.ps.covers(d.a, f.a) {
			continue
		}
		c := anySpan()
		c.name = d.b
		if _, ok := g.provesSome(&c); ok {
			return f.node, true
		}
	}
	return nil, false
}

func (g *ground) provesStatus(d *demand) (*Node, bool) {
	c := anySpan()
	if d.kind == namedStatus {
		c.name = d.a
		if _, ok := g.provesSome(&c); !ok {
			return nil, false
		}
	}
	c, why := g.strengthen(c)
	return why, c.status&^d.set == 0
}

// provesEvery shows a demand on every span.
func (g *ground) provesEvery(d *demand) (*Node, bool) {
	switch d.kind {
	case noExternal:
		for _, f := range g.external {
			if within(f.hosts, d.hosts) {
				return f.node, true
			}
		}
	case onResource:
		for i := range g.resource {
			a := g.resource[i]
			if attrImplies(a, d.attr) {
				return g.by["resource."+a.Key], true
			}
		}
	case forbidden:
		want, err := spec.CompileGlob(d.a)
		if err != nil {
			return nil, false
		}
		for _, f := range g.forbid {
			if have, err := spec.CompileGlob(f.a); err == nil && have.Covers(want) {
				return f.node, true
			}
		}
	}
	return nil, false
}

// provesCount compares a bound with what the ground says of the quantity. That a
// count is not negative proves nothing where the judge may find that there is
// nothing to count: a service that no span names, a kind that there is not.
func (g *ground) provesCount(d *demand) (*Node, bool) {
	kind, ofKind := strings.CutPrefix(d.a, countKind)
	_, isKind := trace.ParseKind(kind)
	if _, known := g.counts[d.a]; !known && (strings.HasPrefix(d.a, countOf) || ofKind && !isKind) {
		return nil, false
	}
	b := g.quantity(d.a)
	why := b.lowNode
	if d.high < unbounded {
		why = b.highNode
	}
	return why, b.low >= d.low && b.high <= d.high
}

// quantity works out the tightest bounds that follow from the ground.
func (g *ground) quantity(name string) bounds {
	b, ok := g.counts[name]
	if !ok {
		b = bounds{high: unbounded}
	}
	atLeast := func(n int64, by *Node) {
		if n > b.low {
			b.low, b.lowNode = n, by
		}
	}
	atMost := func(n int64, by *Node) {
		if n < b.high {
			b.high, b.highNode = n, by
		}
	}
	if pattern, ok := nameOf(name); ok {
		g.spansNamed(pattern, atLeast, atMost)
		return b
	}
	switch {
	case name == spansTotal:
		atLeast(1, nil)
		for f := range g.low.covered(g.ps, "*") {
			atLeast(f.n, f.node)
		}
		for f := range g.high.covering(g.ps, "*") {
			atMost(f.n, f.node)
		}
	case name == errorsTotal && g.status&statusError == 0:
		atMost(0, g.by["status"])
	case strings.HasPrefix(name, countKind):
		total := g.counts[spansTotal]
		if total.highNode != nil {
			atMost(total.high, total.highNode)
		}
	}
	return b
}

// spansNamed bounds the number of spans that a pattern matches.
func (g *ground) spansNamed(pattern string, atLeast, atMost func(int64, *Node)) {
	for f := range g.low.covered(g.ps, pattern) {
		atLeast(f.n, f.node)
	}
	for f := range g.high.covering(g.ps, pattern) {
		atMost(f.n, f.node)
	}
	if total := g.counts[spansTotal]; total.highNode != nil {
		atMost(total.high, total.highNode)
	}
	if total := g.counts[spansTotal]; pattern == "*" && total.lowNode != nil {
		atLeast(total.low, total.lowNode)
	}
	c := anySpan()
	c.name = pattern
	if n, ok := g.provesSome(&c); ok {
		atLeast(1, n)
	}
	for f := range g.none.covering(g.ps, pattern) {
		if g.ps.implies(&c, f.where) {
			atMost(0, f.node)
		}
	}
}
