package diff

import "slices"

// Apply carries out changes on the tree that they were made for and returns the
// result: what the other tree holds, in any order.
func Apply(t *Tree, changes []Change) *Tree {
	gone := map[*Node]bool{}
	edited := map[*Node]*Node{}
	var added []*Node
	for i := range changes {
		c := &changes[i]
		switch {
		case c.old == nil:
			added = append(added, c.new.clone())
		case c.new == nil:
			gone[c.old] = true
		default:
			n := edited[c.old]
			if n == nil {
				n = c.old.clone()
				edited[c.old] = n
			}
			n.apply(c)
		}
	}
	nodes := make([]*Node, 0, len(t.Nodes)+len(added))
	for _, n := range t.Nodes {
		switch {
		case edited[n] != nil:
			nodes = append(nodes, edited[n])
		case !gone[n]:
			nodes = append(nodes, n.clone())
		}
	}
	return newTree(t.Name, append(nodes, added...))
}

// apply carries out one change inside a node, or on its name.
func (n *Node) apply(c *Change) {
	if c.oldLeaf == nil && c.newLeaf == nil {
		n.Rule, n.Key, n.Scope = c.new.Rule, c.new.Key, c.new.Scope
		n.names, n.asks = c.new.names, c.new.asks
		return
	}
	if c.oldLeaf != nil {
		i := slices.IndexFunc(n.Leaves, func(l Leaf) bool {
			return l.Path == c.oldLeaf.Path && l.Value == c.oldLeaf.Value && l.hidden == c.oldLeaf.hidden
		})
		n.Leaves = slices.Delete(n.Leaves, i, i+1)
	}
	if c.newLeaf != nil {
		n.Leaves = append(n.Leaves, *c.newLeaf)
	}
	if c.new.Rule == ruleSpan {
		n.negate = slices.ContainsFunc(n.Leaves, func(l Leaf) bool { return l.Path == "exists" })
	}
}

// Equal reports whether two trees hold the same expectations, in any order.
func (t *Tree) Equal(o *Tree) bool {
	return slices.Equal(contentsOf(t.Nodes), contentsOf(o.Nodes))
}
