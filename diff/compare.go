package diff

import (
	"cmp"
	"slices"
	"strings"
)

// comparison turns a pairing into changes and proves their effects.
type comparison struct {
	old, new  *side
	both      [][2]*Node
	unlike    leafPairer // pairs leaves of other paths; nil pairs none
	distances bool
	changes   []Change
}

// side is one of the two trees with what its scopes demand.
type side struct {
	tree    *Tree
	ps      patterns
	grounds map[string]*ground
}

// ground is what the expectations of a scope demand together, worked out once.
func (s *side) ground(scope string) *ground {
	g := s.grounds[scope]
	if g == nil {
		var nodes []*Node
		for _, n := range s.tree.Nodes {
			if n.Scope == scope {
				nodes = append(nodes, n)
			}
		}
		g = newGround(s.ps, nodes)
		s.grounds[scope] = g
	}
	return g
}

// leafPairer says how many characters tell two leaves of other paths apart, and
// whether they may be one leaf renamed.
type leafPairer func(a, b *Leaf) (distance int, same bool)

func compare(strategy string, old, new *Tree, p pairing, leaves leafPairer) *Diff {
	ps := make(patterns, len(old.Nodes)/2)
	c := comparison{
		old:  &side{old, ps, map[string]*ground{}},
		new:  &side{new, ps, map[string]*ground{}},
		both: p.both, unlike: leaves, distances: leaves != nil,
	}
	for _, b := range p.both {
		c.pair(b[0], b[1])
	}
	for _, n := range p.old {
		c.add(Change{Kind: Removed, Path: n.Path(), NewPath: n.Path(), Old: n.Text(), old: n})
	}
	for _, n := range p.new {
		c.add(Change{Kind: Added, Path: n.Path(), NewPath: n.Path(), New: n.Text(), new: n})
	}
	return &Diff{Old: old.Name, New: new.Name, Strategy: strategy, Changes: order(c.changes), both: p.pairs()}
}

// order sorts changes by scope, section and path, in a way that does not depend
// on which tree is the old one except for what only one of them has.
func order(changes []Change) []Change {
	at := make([]*Change, len(changes)) // cheaper to move
	for i := range changes {
		at[i] = &changes[i]
	}
	slices.SortStableFunc(at, func(a, b *Change) int {
		x, y := a.node(), b.node()
		if c := cmp.Or(strings.Compare(x.Scope, y.Scope), cmp.Compare(x.rank, y.rank), strings.Compare(a.Path, b.Path)); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.NewPath, b.NewPath), strings.Compare(a.Old, b.Old), strings.Compare(a.New, b.New))
	})
	out := make([]Change, len(changes))
	for i, c := range at {
		out[i] = *c
	}
	return out
}

func (c *Change) node() *Node {
	if c.old != nil {
		return c.old
	}
	return c.new
}

// pair compares two nodes that are taken for the same.
func (c *comparison) pair(a, b *Node) {
	if a.identity() != b.identity() {
		ch := Change{Kind: Renamed, Path: a.Path(), NewPath: b.Path(), Old: a.Key, New: b.Key, old: a, new: b}
		if a.Key == b.Key {
			ch.Old, ch.New = a.Rule, b.Rule
		}
		if c.distances {
			ch.Distance = distance(ch.Old, ch.New)
		}
		c.add(ch)
	}
	gone, fresh := c.leaves(a, b)
	for _, l := range gone {
		c.add(Change{Kind: Removed, Path: a.leafPath(l), NewPath: b.leafPath(l), Old: l.Value, old: a, new: b, oldLeaf: l})
	}
	for _, l := range fresh {
		c.add(Change{Kind: Added, Path: a.leafPath(l), NewPath: b.leafPath(l), New: l.Value, old: a, new: b, newLeaf: l})
	}
}

// leaves compares the leaves of two nodes, adds what was changed or renamed, and
// returns the rest. Both lists are sorted by path.
func (c *comparison) leaves(a, b *Node) (gone, fresh []*Leaf) {
	i, j := 0, 0
	for i < len(a.Leaves) || j < len(b.Leaves) {
		way := 1
		switch {
		case i == len(a.Leaves):
		case j == len(b.Leaves):
			way = -1
		default:
			x, y := &a.Leaves[i], &b.Leaves[j]
			way = cmp.Or(strings.Compare(x.Path, y.Path), cmp.Compare(x.nth, y.nth))
		}
		switch {
		case way < 0:
			gone = append(gone, &a.Leaves[i])
			i++
		case way > 0:
			fresh = append(fresh, &b.Leaves[j])
			j++
		default:
			if x, y := &a.Leaves[i], &b.Leaves[j]; x.Value != y.Value || x.hidden != y.hidden {
				ch := Change{Kind: Changed, Path: a.leafPath(x), NewPath: b.leafPath(y), Old: x.Value, New: y.Value, old: a, new: b, oldLeaf: x, newLeaf: y}
				if c.distances {
					ch.Distance = distance(x.Value, y.Value)
				}
				c.add(ch)
			}
			i, j = i+1, j+1
		}
	}
	if c.unlike == nil || len(gone) == 0 || len(fresh) == 0 {
		return gone, fresh
	}
	return c.renamedLeaves(a, b, gone, fresh)
}

// renamedLeaves pairs leaves whose paths are nearly the same.
func (c *comparison) renamedLeaves(a, b *Node, gone, fresh []*Leaf) (left, rest []*Leaf) {
	partner := symmetric(gone, fresh, func(l *Leaf) string { return l.Path + "\x00" + l.Value }, func(x, y []*Leaf) []int {
		var found []candidate
		for i := range x {
			for j := range y {
				if d, ok := c.unlike(x[i], y[j]); ok {
					found = append(found, candidate{cost: int32(d), row: int32(i), col: int32(j)})
				}
			}
		}
		return greedy(found, len(x), len(y))
	})
	used := make([]bool, len(fresh))
	for i, x := range gone {
		j := partner[i]
		if j < 0 {
			left = append(left, x)
			continue
		}
		used[j] = true
		y := fresh[j]
		ch := Change{Kind: Renamed, Path: a.leafPath(x), NewPath: b.leafPath(y), Old: x.Value, New: y.Value, old: a, new: b, oldLeaf: x, newLeaf: y}
		if x.Value == y.Value {
			ch.Old, ch.New = x.Path, y.Path
		}
		ch.Distance = distance(ch.Old, ch.New)
		c.add(ch)
	}
	for j, y := range fresh {
		if !used[j] {
			rest = append(rest, y)
		}
	}
	return left, rest
}

func (c *comparison) add(ch Change) {
	c.judge(&ch)
	ch.place()
	c.changes = append(c.changes, ch)
}
