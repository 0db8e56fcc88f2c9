package diff

import (
	"fmt"
	"strings"
)

// Strategy compares two trees. Strategies differ in which nodes and values they
// take for the same one changed; the effects are proved alike for all.
type Strategy interface {
	// Name is the word by which a user chooses the strategy.
	Name() string
	// Diff compares two trees. It is deterministic, and comparing the trees the
	// other way round gives the mirrored Diff.
	Diff(old, new *Tree) *Diff
}

// Strategies are the names that StrategyNamed accepts; the first is the default.
var Strategies = []string{"set", "levenshtein", "semantic"}

// StrategyNamed returns the strategy of a name. The error lists the names.
func StrategyNamed(name string) (Strategy, error) {
	switch name {
	case "set", "":
		return Set{}, nil
	case "levenshtein":
		return Levenshtein{}, nil
	case "semantic":
		return Semantic{}, nil
	}
	return nil, fmt.Errorf("unknown diff strategy %q: use one of %s", name, strings.Join(Strategies, ", "))
}

// Set takes nodes of the same rule and name for the same, and nothing else.
type Set struct{}

// Name implements Strategy.
func (Set) Name() string { return "set" }

// Diff implements Strategy.
func (s Set) Diff(old, new *Tree) *Diff {
	p := pairSame(old.Nodes, new.Nodes)
	return compare(s.Name(), old, new, p, nil)
}

// pairing says which nodes of two trees are one and the same.
type pairing struct {
	both [][2]*Node
	old  []*Node // without a partner
	new  []*Node
}

// pairSame pairs nodes of the same identity: first those that are the same
// altogether, then the others in their order.
func pairSame(old, new []*Node) pairing {
	var p pairing
	byContent := make(map[string][]*Node, len(new))
	for _, n := range new {
		id := n.content()
		byContent[id] = append(byContent[id], n)
	}
	taken := make(map[*Node]bool, len(new))
	var rest []*Node
	for _, n := range old {
		id := n.content()
		if l := byContent[id]; len(l) > 0 {
			p.both = append(p.both, [2]*Node{n, l[0]})
			taken[l[0]], byContent[id] = true, l[1:]
		} else {
			rest = append(rest, n)
		}
	}
	byIdentity := make(map[string][]*Node)
	for _, n := range new {
		if !taken[n] {
			byIdentity[n.identity()] = append(byIdentity[n.identity()], n)
		}
	}
	for _, n := range rest {
		id := n.identity()
		if l := byIdentity[id]; len(l) > 0 {
			p.both = append(p.both, [2]*Node{n, l[0]})
			taken[l[0]], byIdentity[id] = true, l[1:]
		} else {
			p.old = append(p.old, n)
		}
	}
	for _, n := range new {
		if !taken[n] {
			p.new = append(p.new, n)
		}
	}
	return p
}

// pairs lists all nodes with their partners.
func (p *pairing) pairs() []pair {
	out := make([]pair, 0, len(p.both)+len(p.old)+len(p.new))
	for _, b := range p.both {
		out = append(out, pair{b[0], b[1]})
	}
	for _, n := range p.old {
		out = append(out, pair{old: n})
	}
	for _, n := range p.new {
		out = append(out, pair{new: n})
	}
	return out
}
