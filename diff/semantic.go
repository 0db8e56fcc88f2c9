package diff

import (
	"hash/maphash"
	"slices"
	"strings"
)

// Semantic compares the normal forms of the trees (see Normal), so that what is
// only written differently is no difference, and pairs renamed expectations by
// what they ask for and how they hang together rather than by their names.
// Changes refer to the normal forms: apply them to Normal(old).
type Semantic struct{}

// Name implements Strategy.
func (Semantic) Name() string { return "semantic" }

// Diff implements Strategy.
func (s Semantic) Diff(old, new *Tree) *Diff {
	old, new = Normal(old), Normal(new)
	p := pairSame(old.Nodes, new.Nodes)
	switch {
	case len(p.old) == 0 || len(p.new) == 0:
	case slices.Compare(contentsOf(p.old), contentsOf(p.new)) > 0:
		// The same order of the trees both ways round gives the same pairs.
		p.swap()
		p.alike(new, old)
		p.swap()
	default:
		p.alike(old, new)
	}
	return compare(s.Name(), old, new, p, nearLeaves)
}

func (p *pairing) swap() {
	p.old, p.new = p.new, p.old
	for i, b := range p.both {
		p.both[i] = [2]*Node{b[1], b[0]}
	}
}

// maxOptimal bounds the lists that are paired optimally, for that is cubic;
// beyond it the best pairs are taken first.
const maxOptimal = 160

// alike pairs the rest: span blocks by their structure; then whatever is the same
// but for the names of paired span blocks; then everything else by structure.
func (p *pairing) alike(old, new *Tree) {
	m := matcher{ps: patterns{}, seed: maphash.MakeSeed(), traits: map[*Node][]uint64{}}
	m.collect(old)
	m.collect(new)
	spans := pairing{}
	others := pairing{}
	split := func(list []*Node, of, rest *[]*Node) {
		for _, n := range list {
			if n.Rule == ruleSpan {
				*of = append(*of, n)
			} else {
				*rest = append(*rest, n)
			}
		}
	}
	split(p.old, &spans.old, &others.old)
	split(p.new, &spans.new, &others.new)
	spans.rename(m.pair)
	others.follow(spans.both)
	others.rename(m.pair)
	p.both = slices.Concat(p.both, spans.both, others.both)
	p.old = append(spans.old, others.old...)
	p.new = append(spans.new, others.new...)
}

// follow pairs nodes that differ only by the names of renamed spans.
func (p *pairing) follow(renamed [][2]*Node) {
	to := map[string]string{}
	for _, b := range renamed {
		to[b[0].Scope+"\x00"+b[0].Key] = b[1].Key
	}
	waiting := map[string][]*Node{}
	for _, n := range p.new {
		waiting[n.identity()] = append(waiting[n.identity()], n)
	}
	taken := map[*Node]bool{}
	p.old = slices.DeleteFunc(p.old, func(n *Node) bool {
		names := slices.Clone(n.names)
		for i, name := range names {
			if other, ok := to[n.Scope+"\x00"+name]; ok {
				names[i] = other
			}
		}
		id := n.Scope + "\x00" + n.Rule + "\x00" + strings.Join(names, arrow)
		l := waiting[id]
		if len(l) == 0 || len(n.names) == 0 {
			return false
		}
		p.both = append(p.both, [2]*Node{n, l[0]})
		taken[l[0]], waiting[id] = true, l[1:]
		return true
	})
	p.new = slices.DeleteFunc(p.new, func(n *Node) bool { return taken[n] })
}

// matcher knows what nodes are made of.
type matcher struct {
	ps     patterns
	seed   maphash.Seed
	traits map[*Node][]uint64 // sorted hashes
}

// collect works out the traits of all nodes of a tree: what a node asks for and,
// of a span block, in which other expectations its name occurs, and beside whom.
func (m *matcher) collect(t *Tree) {
	mentioned := map[string][]uint64{}
	for _, n := range t.Nodes {
		if n.Rule == ruleSpan {
			continue
		}
		for i, name := range n.names {
			trait := n.Rule + "\x00" + string(rune('0'+i))
			for j, other := range n.names {
				if j != i {
					trait += "\x00" + other
				}
			}
			if len(n.names) == 1 {
				trait += "\x00" + n.Text()
			}
			id := n.Scope + "\x00" + name
			mentioned[id] = append(mentioned[id], m.hash(trait))
		}
	}
	for _, n := range t.Nodes {
		var traits []uint64
		for i := range n.Leaves {
			l := &n.Leaves[i]
			traits = append(traits, m.hash(l.Path), m.hash(l.Path+"\x00"+l.Value))
			for _, c := range l.part.attrs {
				traits = append(traits, m.hash("key\x00"+c[0].Key))
			}
		}
		if n.Rule == ruleSpan {
			traits = append(traits, mentioned[n.Scope+"\x00"+n.Key]...)
		} else if len(n.names) > 1 {
			for i, name := range n.names {
				traits = append(traits, m.hash(string(rune('0'+i))+name))
			}
		}
		slices.Sort(traits)
		m.traits[n] = traits
	}
}

func (m *matcher) hash(text string) uint64 { return maphash.String(m.seed, text) }

// The scale of costs: 0 is the same, whole is nothing in common. Pairs that cost
// more than enough are not taken for a rename.
const (
	whole  = 1000
	enough = 466
)

// pair pairs nodes so that the costs together are least.
func (m *matcher) pair(x, y []*Node) []int {
	words := make([]*word, len(y))
	for j, n := range y {
		words[j] = newWord(n.Key)
	}
	if max(len(x), len(y)) > maxOptimal {
		var found []candidate
		for i, a := range x {
			w := newWord(a.Key)
			for j, b := range y {
				if c := m.cost(a, b, w, words[j]); c <= enough {
					found = append(found, candidate{c, int32(i), int32(j)})
				}
			}
		}
		return greedy(found, len(x), len(y))
	}
	// Every row may stay alone instead, at the price of a pair just not taken.
	cost := make([][]int32, len(x))
	for i, a := range x {
		w := newWord(a.Key)
		cost[i] = make([]int32, len(y)+len(x))
		for j := range cost[i] {
			cost[i][j] = enough + 1
			if j < len(y) {
				cost[i][j] = min(m.cost(a, y[j], w, words[j]), enough+1)
			}
		}
	}
	partner := optimal(cost)
	for i, j := range partner {
		if j >= len(y) || cost[i][j] > enough {
			partner[i] = -1
		}
	}
	return partner
}

// cost weighs structure twice as much as the name. A pattern that covers the
// other name counts as the same name.
func (m *matcher) cost(a, b *Node, x, y *word) int32 {
	s, t := m.traits[a], m.traits[b]
	structure := whole * (differing(s, t) + 1) / (len(s) + len(t) + 2)
	if 2*structure > 3*enough {
		return whole
	}
	name := whole
	switch {
	case len(a.names) == 1 && len(b.names) == 1 && (m.ps.covers(a.Key, b.Key) || m.ps.covers(b.Key, a.Key)):
		name = 0
	case max(x.length, y.length) > 0:
		d := 0
		if x.short {
			d = x.distance(y.text)
		} else {
			d = distance(x.text, y.text)
		}
		name = whole * d / max(x.length, y.length)
	}
	return int32((2*structure + name) / 3)
}

// differing counts what only one of two sorted lists has.
func differing(s, t []uint64) int {
	n, i, j := 0, 0, 0
	for i < len(s) && j < len(t) {
		switch {
		case s[i] == t[j]:
			i, j = i+1, j+1
		case s[i] < t[j]:
			n, i = n+1, i+1
		default:
			n, j = n+1, j+1
		}
	}
	return n + len(s) - i + len(t) - j
}
