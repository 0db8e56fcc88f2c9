package diff

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Normal returns the tree in its normal form, in which expectations that are
// only written differently are the same: must_follow [b, a] is must_precede
// [a, b]; the names of must_not_cross stand in the order of the alphabet; eq = 1
// is gte = 1 and lte = 1; one alternative is no alternative; a list of one value
// is that value; attributes of the SDK are attributes of the resource; and what
// is said twice is said once. It accepts exactly what t accepts.
func Normal(t *Tree) *Tree {
	seen := make(map[string]bool, len(t.Nodes))
	nodes := make([]*Node, 0, len(t.Nodes))
	for _, n := range t.Nodes {
		n = n.clone()
		n.normalise()
		n.complete()
		if !seen[n.same] {
			seen[n.same] = true
			nodes = append(nodes, n)
		}
	}
	return newTree(t.Name, nodes)
}

func (n *Node) normalise() {
	switch n.Rule {
	case ruleFollow:
		n.Rule = rulePrecede
		n.rename(n.names[1], n.names[0])
	case ruleCross:
		if n.names[0] > n.names[1] {
			n.rename(n.names[1], n.names[0])
		}
	case ruleSDK:
		n.Rule = ruleMatch
		if key := n.Key; !strings.HasPrefix(key, sdkPrefix) {
			n.rename(sdkPrefix + key)
		}
		n.normaliseLeaves()
	case ruleSpan, ruleMatch:
		n.normaliseLeaves()
	}
	if strings.HasPrefix(n.Rule, "expect.counts.") {
		n.normaliseBounds()
	}
}

func (n *Node) rename(names ...string) {
	n.names, n.Key = names, strings.Join(names, arrow)
}

// normaliseLeaves rewrites values and single alternatives, and drops repetitions.
func (n *Node) normaliseLeaves() {
	for i := range n.Leaves {
		l := &n.Leaves[i]
		if len(l.part.attrs) == 1 && len(l.part.attrs[0]) == 1 {
			if a, ok := onlyOne(l.part.attrs[0][0]); ok {
				l.part.attrs, l.Value = []choice{{a}}, a.Value
			}
		}
		for k := range l.asks {
			if l.asks[k].attr == nil {
				continue
			}
			if a, ok := onlyOne(*l.asks[k].attr); ok {
				l.asks = slices.Clone(l.asks)
				l.asks[k].attr, l.Value = &a, a.Value
			}
		}
	}
	n.compactLeaves()
	sizes := map[string]int{}
	for i := range n.Leaves {
		sizes[n.Leaves[i].group]++
	}
	for i := range n.Leaves {
		l := &n.Leaves[i]
		if l.group != "" && sizes[l.group] == 1 {
			l.Path = strings.TrimSuffix(l.group, "any") + "all" + strings.TrimPrefix(l.Path, l.group)
			l.group = ""
		}
	}
	n.compactLeaves()
}

func (n *Node) compactLeaves() {
	slices.SortStableFunc(n.Leaves, func(a, b Leaf) int { return strings.Compare(a.Path+"\x00"+a.Value, b.Path+"\x00"+b.Value) })
	n.Leaves = slices.CompactFunc(n.Leaves, func(a, b Leaf) bool { return a.Path == b.Path && a.Value == b.Value })
}

// onlyOne turns a list of one value into that value.
func onlyOne(a spec.AttrExpect) (spec.AttrExpect, bool) {
	if a.Op != spec.AttrOneOf || len(a.OneOf) != 1 {
		return a, false
	}
	a.Op, a.Value, a.OneOf = spec.AttrEq, a.OneOf[0], nil
	return a, true
}

// normaliseBounds writes the bounds of a count as gte and lte.
func (n *Node) normaliseBounds() {
	if len(n.Leaves) == 0 {
		return
	}
	low, high := demand{high: unbounded}, demand{high: unbounded}
	var lowPos, highPos *Leaf
	for i := range n.Leaves {
		l := &n.Leaves[i]
		d := &l.asks[0]
		if l.Path != "lte" && (lowPos == nil || d.low > low.low) {
			low.low, lowPos = d.low, l
		}
		if l.Path != "gte" && (highPos == nil || d.high < high.high) {
			high.high, highPos = d.high, l
		}
	}
	quantity := n.Leaves[0].asks[0].a
	n.Leaves = nil
	if lowPos != nil {
		low.kind, low.a = counted, quantity
		n.value("gte", strconv.FormatInt(low.low, 10), lowPos.Pos, low)
	}
	if highPos != nil {
		high.kind, high.a = counted, quantity
		n.value("lte", strconv.FormatInt(high.high, 10), highPos.Pos, high)
	}
}
