package diff

// Levenshtein pairs what Set pairs, and then nodes of the same rule, and values
// of the same node, whose names differ in at most a third of their characters.
// It gives the distances.
type Levenshtein struct{}

// Name implements Strategy.
func (Levenshtein) Name() string { return "levenshtein" }

// Diff implements Strategy.
func (s Levenshtein) Diff(old, new *Tree) *Diff {
	p := pairSame(old.Nodes, new.Nodes)
	p.rename(nearNames)
	return compare(s.Name(), old, new, p, nearLeaves)
}

// rename pairs what is left of the same scope and rule by pair, which returns for
// every one of x its partner among y, or -1.
func (p *pairing) rename(pair func(x, y []*Node) []int) {
	groups := map[[2]string][2][]*Node{}
	var order [][2]string
	put := func(side int, n *Node) {
		id := [2]string{n.Scope, n.Rule}
		g, known := groups[id]
		if !known {
			order = append(order, id)
		}
		g[side] = append(g[side], n)
		groups[id] = g
	}
	for _, n := range p.old {
		put(0, n)
	}
	for _, n := range p.new {
		put(1, n)
	}
	p.old, p.new = nil, nil
	for _, id := range order {
		old, new := groups[id][0], groups[id][1]
		partner := symmetric(old, new, (*Node).content, pair)
		used := make([]bool, len(new))
		for i, n := range old {
			if j := partner[i]; j >= 0 {
				p.both = append(p.both, [2]*Node{n, new[j]})
				used[j] = true
			} else {
				p.old = append(p.old, n)
			}
		}
		for j, n := range new {
			if !used[j] {
				p.new = append(p.new, n)
			}
		}
	}
}

// nearNames pairs nodes by the distance of their names.
func nearNames(x, y []*Node) []int {
	words := make([]*word, len(y))
	for j, n := range y {
		words[j] = newWord(n.Key)
	}
	var found []candidate
	for i, n := range x {
		w := newWord(n.Key)
		for j := range y {
			if d, ok := w.near(words[j]); ok && n.Key != "" {
				found = append(found, candidate{int32(d), int32(i), int32(j)})
			}
		}
	}
	return greedy(found, len(x), len(y))
}

// nearLeaves pairs leaves of the same group by the distance of their paths, the
// same values first. Bounds are no names: gte is not eq misspelt.
func nearLeaves(a, b *Leaf) (int, bool) {
	if a.group != b.group || len(a.asks) > 0 && a.asks[0].kind == counted {
		return 0, false
	}
	d, ok := newWord(a.Path).near(newWord(b.Path))
	if a.Value != b.Value {
		d += distance(a.Value, b.Value)
	}
	return d, ok
}
