package diff

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// ground is what the nodes of one scope demand together, indexed so that the
// question whether it implies one more demand touches few of them.
type ground struct {
	ps    patterns
	empty bool // nothing is demanded, not even that there are spans

	some   index[fact] // witnesses: a span of that name and condition exists
	none   index[fact]
	cross  index[fact] // by both ends
	before index[fact] // by the later name
	window index[fact] // by the inner name
	named  index[fact] // statuses of all spans of a name
	low    index[bound]
	high   index[bound]

	counts   map[string]bounds
	status   statuses // every span has one of these
	resource []spec.AttrExpect
	by       map[string]*Node // nodes behind status, resource and counts
	external []fact
	forbid   []fact
	same     map[string]*Node
}

// fact is a demand and the node that makes it.
type fact struct {
	demand
	node *Node
}

// bound is a limit on the number of spans of a name.
type bound struct {
	n    int64
	node *Node
}

// bounds are the limits on one quantity and the nodes that set them.
type bounds struct {
	low, high         int64
	lowNode, highNode *Node
}

func newGround(ps patterns, nodes []*Node) *ground {
	g := &ground{ps: ps, empty: true, counts: map[string]bounds{}, status: anyStatus, by: map[string]*Node{}, same: map[string]*Node{}}
	for _, n := range nodes {
		for _, d := range n.demands() {
			g.add(fact{d, n})
		}
	}
	if b, ok := g.counts[errorsTotal]; ok && b.high == 0 {
		g.narrow(anyStatus&^statusError, b.highNode)
	}
	return g
}

// add takes a demand into the ground, with what follows from it by itself.
func (g *ground) add(f fact) {
	if f.kind != same {
		g.empty = false
	}
	switch f.kind {
	case someSpan:
		g.witness(f.where, f.node)
	case noSpan:
		g.none.add(g.ps, f.where.name, f)
	case notCrossing:
		g.cross.add(g.ps, f.a, f)
		back := f
		back.a, back.b = f.b, f.a
		g.cross.add(g.ps, back.a, back)
	case counted:
		g.count(f)
	case inWindow:
		g.window.add(g.ps, f.b, f)
		g.witnessName(f.a, f.node)
		g.witnessName(f.b, f.node)
	case before:
		g.before.add(g.ps, f.b, f)
		g.witnessName(f.a, f.node)
		g.witnessName(f.b, f.node)
	case allStatus:
		g.narrow(f.set, f.node)
	case namedStatus:
		g.named.add(g.ps, f.a, f)
		c := anySpan()
		c.name, c.status = f.a, f.set
		g.witness(c, f.node)
	case noExternal:
		g.external = append(g.external, f)
	case onResource:
		g.resource = append(g.resource, f.attr)
		g.by["resource."+f.attr.Key] = f.node
	case forbidden:
		g.forbid = append(g.forbid, f)
	case same:
		g.same[f.text] = f.node
	}
}

func (g *ground) witness(c conj, n *Node) {
	g.some.add(g.ps, c.name, fact{demand{kind: someSpan, where: c}, n})
	if c.parent != "" {
		g.witnessName(c.parent, n)
	}
}

func (g *ground) witnessName(name string, n *Node) {
	c := anySpan()
	c.name = name
	g.some.add(g.ps, name, fact{demand{kind: someSpan, where: c}, n})
}

// narrow restricts the status of every span.
func (g *ground) narrow(to statuses, n *Node) {
	if g.status&^to != 0 {
		g.status &= to
		g.by["status"] = n
	}
}

// count takes in limits on a quantity.
func (g *ground) count(f fact) {
	b, ok := g.counts[f.a]
	if !ok {
		b = bounds{high: unbounded}
	}
	if f.low > b.low {
		b.low, b.lowNode = f.low, f.node
	}
	if f.high < b.high {
		b.high, b.highNode = f.high, f.node
	}
	g.counts[f.a] = b
	name, isName := nameOf(f.a)
	if !isName {
		return
	}
	if f.low > 0 {
		g.low.add(g.ps, name, bound{f.low, f.node})
		g.witnessName(name, f.node)
	}
	if f.high < unbounded {
		g.high.add(g.ps, name, bound{f.high, f.node})
	}
	if f.high == 0 {
		c := anySpan()
		c.name = name
		g.none.add(g.ps, name, fact{demand{kind: noSpan, where: c}, f.node})
	}
}

// strengthen adds to a condition what the ground demands of every span, or of
// every span of its name. why is a node that gave something, nil when none did.
func (g *ground) strengthen(c conj) (out conj, why *Node) {
	if c.status&^g.status != 0 {
		c.status &= g.status
		why = g.by["status"]
	}
	for f := range g.named.covering(g.ps, c.name) {
		if c.status&^f.set != 0 {
			c.status &= f.set
			why = f.node
		}
	}
	for _, a := range g.resource {
		c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], choice{a})
	}
	if why == nil && len(g.resource) > 0 {
		why = g.by["resource."+g.resource[0].Key]
	}
	return c, why
}

// index finds values by the pattern that they stand under: ordinary names by
// hashing, globs by going through them.
type index[T any] struct {
	literals map[string][]T
	names    []indexed[T] // the same, in the order in which they came
	globs    []indexed[T]
}

type indexed[T any] struct {
	pattern string
	value   T
}

func (x *index[T]) add(ps patterns, pattern string, v T) {
	p := ps.get(pattern)
	if !p.ok {
		return // matches nothing, so it shows nothing
	}
	if !p.Literal() {
		x.globs = append(x.globs, indexed[T]{pattern, v})
		return
	}
	if x.literals == nil {
		x.literals = map[string][]T{}
	}
	x.literals[p.Name()] = append(x.literals[p.Name()], v)
	x.names = append(x.names, indexed[T]{pattern, v})
}

// covering yields what stands under patterns that match whatever name matches.
func (x *index[T]) covering(ps patterns, name string) func(func(T) bool) {
	return func(yield func(T) bool) {
		p := ps.get(name)
		if p.ok && p.Literal() {
			for _, v := range x.literals[p.Name()] {
				if !yield(v) {
					return
				}
			}
		}
		for _, e := range x.globs {
			if ps.covers(e.pattern, name) && !yield(e.value) {
				return
			}
		}
	}
}

// covered yields what stands under patterns that match only what name matches.
func (x *index[T]) covered(ps patterns, name string) func(func(T) bool) {
	return func(yield func(T) bool) {
		p := ps.get(name)
		if !p.ok {
			return
		}
		if p.Literal() {
			for _, v := range x.literals[p.Name()] {
				if !yield(v) {
					return
				}
			}
			return
		}
		for _, list := range [...][]indexed[T]{x.names, x.globs} {
			for _, e := range list {
				if ps.covers(name, e.pattern) && !yield(e.value) {
					return
				}
			}
		}
	}
}

// within reports whether all of list is in the sorted set.
func within(list, set []string) bool {
	return all(list, func(s string) bool { _, ok := slices.BinarySearch(set, s); return ok })
}
