package diff

import (
	"slices"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// ground is what the nodes of one scope demand together, indexed so that the
// question whether it implies one more demand touches few of them.
type ground struct {
	ps    patterns
	empty bool // nothing is demanded, not even that there are spans

	some   index[fact]  // witnesses: a span of that name and condition exists
	exist  index[named] // witnesses of a name alone
	known  map[string]bool
	none   index[fact]
	cross  index[fact] // by both ends
	before index[fact] // by the later name
	window index[fact] // by the inner name
	ofName index[fact] // statuses of all spans of a name
	low    index[bound]
	high   index[bound]

	counts   map[string]bounds
	everyone func() (conj, *Node) // what holds of every span
	status   statuses             // every span has one of these
	resource []*spec.AttrExpect
	by       map[string]*Node // nodes behind status, resource and counts
	external []fact
	forbid   []fact
	same     map[string]*Node
}

// fact is a demand and the node that makes it.
type fact struct {
	*demand
	node *Node
}

// named is a span name of which there is a span, and the node that says so.
type named struct {
	name string
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
	g := &ground{
		ps: ps, empty: true, counts: make(map[string]bounds, len(nodes)/4), status: anyStatus,
		by: map[string]*Node{}, same: map[string]*Node{}, known: make(map[string]bool, len(nodes)/4),
	}
	for _, n := range nodes {
		for i := range n.demands {
			g.add(fact{&n.demands[i], n})
		}
	}
	if b, ok := g.counts[errorsTotal]; ok && b.high == 0 {
		g.narrow(anyStatus&^statusError, b.highNode)
	}
	g.everyone = sync.OnceValues(func() (conj, *Node) { return g.strengthen(anySpan()) })
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
		back := *f.demand
		back.a, back.b = f.b, f.a
		g.cross.add(g.ps, back.a, fact{&back, f.node})
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
		g.ofName.add(g.ps, f.a, f)
		c := anySpan()
		c.name, c.status = f.a, f.set
		g.witness(&c, f.node)
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

func (g *ground) witness(c *conj, n *Node) {
	g.some.add(g.ps, c.name, fact{&demand{kind: someSpan, where: c}, n})
	if c.parent != "" {
		g.witnessName(c.parent, n)
	}
}

// witnessName says that a span of a name exists; the first who says so counts.
func (g *ground) witnessName(name string, n *Node) {
	if !g.known[name] {
		g.known[name] = true
		g.exist.add(g.ps, name, named{name, n})
	}
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
		g.none.add(g.ps, name, fact{&demand{kind: noSpan, where: &c}, f.node})
	}
}

// strengthen adds to a condition what the ground demands of every span, or of
// every span of its name. why is a node that gave something, nil when none did.
func (g *ground) strengthen(c conj) (out conj, why *Node) {
	if c.status&^g.status != 0 {
		c.status &= g.status
		why = g.by["status"]
	}
	for f := range g.ofName.covering(g.ps, c.name) {
		if c.status&^f.set != 0 {
			c.status &= f.set
			why = f.node
		}
	}
	for _, a := range g.resource {
		c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], choice{*a})
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
		x.literals = make(map[string][]T, 64)
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
