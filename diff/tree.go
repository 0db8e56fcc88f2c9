package diff

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Tree is what one test file expects, and the services and limits under which
// it does. It never changes once built.
type Tree struct {
	Name  string  // what messages call it, for example the path of the file
	Nodes []*Node // in the order of judging: scopes, then the kinds of expectations
}

// Node is one expectation, or one service, limit, scenario or step.
type Node struct {
	Scope  string // the scenario whose expectation it is; "" for the file's own
	Rule   string // for example "expect.span" or "expect.counts.by_name"
	Key    string // what tells it from others of its rule; "" when there is only one
	Leaves []Leaf
	Pos    diag.Position

	names  []string // the name patterns that Key is made of
	rank   int      // place of Rule in the order of sections
	nth    int      // 1 for the first of several nodes of the same path
	negate bool     // a span block with exists = false
	asks   []demand // of the node itself, beside those of its leaves

	// Worked out once the node is complete:
	demands []demand // everything that it asks for
	same    string   // see content
	id      string   // see identity
}

// Leaf is one value below a node.
type Leaf struct {
	Path  string // below the node; "" for the node's only value
	Value string
	Pos   diag.Position

	hidden string   // stands for a value that must not be shown, in comparisons
	nth    int      // 1 for the first of several leaves of the same path
	group  string   // leaves of a span block that are alternatives to one another
	part   conj     // what it adds to a span block
	asks   []demand // what it asks for, when it stands for itself
}

// The rules that the program itself looks for.
const (
	ruleSpan    = "expect.span"
	ruleInclude = "expect.graph.must_include"
	ruleCross   = "expect.graph.must_not_cross"
	ruleByName  = "expect.counts.by_name"
	ruleWindow  = "expect.window"
	rulePrecede = "expect.order.must_precede"
	ruleFollow  = "expect.order.must_follow"
	ruleStrict  = "expect.status.strict"
	ruleStatus  = "expect.status.by_name"
	ruleMatch   = "expect.hermeticity.resource_attrs.must_match"
	ruleSDK     = "expect.hermeticity.sdk_resource_attrs.must_match"
	ruleForbid  = "expect.hermeticity.span_attrs.forbid_keys"
	ruleService = "service"
	ruleStep    = "step"
)

// rules lists the rules in the order of judging; what is not judged over spans
// stands behind.
var rules = []string{
	ruleSpan, ruleInclude, ruleCross,
	"expect.graph.acyclic", "expect.graph.single_root", "expect.graph.no_orphans", "expect.graph.must_be_connected", "expect.graph.max_depth",
	"expect.counts.spans_total", "expect.counts.events_total", "expect.counts.errors_total",
	ruleByName, "expect.counts.by_kind", "expect.counts.by_service",
	ruleWindow, rulePrecede, ruleFollow, "expect.status.all", ruleStatus, ruleStrict,
	"expect.hermeticity.no_external_services", ruleMatch, ruleSDK, ruleForbid,
	"scenario", ruleStep, "limits.cpu_millicores", "limits.memory_mb", ruleService,
}

// Path is where the node stands: rule and key, behind its scenario if it has one.
func (n *Node) Path() string {
	path := n.Rule
	if n.Scope != "" {
		path = "scenario[" + n.Scope + "]." + path
	}
	if n.Key != "" {
		path += "[" + n.Key + "]"
	}
	if n.nth > 1 {
		path += "#" + strconv.Itoa(n.nth)
	}
	return path
}

// Text is the whole node on one line: its leaves, or its key when it has none.
func (n *Node) Text() string {
	if len(n.Leaves) == 0 {
		return n.Key
	}
	parts := make([]string, len(n.Leaves))
	for i, l := range n.Leaves {
		if parts[i] = l.Value; l.Path != "" {
			parts[i] = l.Path + " = " + l.Value
		}
	}
	return strings.Join(parts, ", ")
}

// leafPath is the full path of a leaf of n.
func (n *Node) leafPath(l *Leaf) string {
	path := n.Path()
	if l.Path != "" {
		path += "." + l.Path
	}
	if l.nth > 1 {
		path += "#" + strconv.Itoa(l.nth)
	}
	return path
}

// content is everything that tells n from another node, for comparison.
func (n *Node) content() string { return n.same }

// identity is what the nodes that set-based comparison pairs have in common.
func (n *Node) identity() string { return n.id }

// identify names a node by its scope, rule and key.
func identify(scope, rule, key string) string { return scope + "\x00" + rule + "\x00" + key }

// complete works out what follows from the leaves.
func (n *Node) complete() {
	slices.SortStableFunc(n.Leaves, func(a, b Leaf) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Value, b.Value))
	})
	numberLeaves(n)
	n.rank = slices.Index(rules, n.Rule)
	n.id = identify(n.Scope, n.Rule, n.Key)
	size := len(n.id)
	for i := range n.Leaves {
		size += 2 + len(n.Leaves[i].Path) + len(n.Leaves[i].Value)
	}
	b := append(make([]byte, 0, size), n.id...)
	for i := range n.Leaves {
		b = append(append(b, 0), n.Leaves[i].Path...)
		b = append(append(b, 1), n.Leaves[i].Value...)
		b = append(b, n.Leaves[i].hidden...)
	}
	n.same = string(b)
	n.demands = n.collect()
}

// contentsOf lists the contents of nodes in an order that depends on nothing else.
func contentsOf(nodes []*Node) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n.content()
	}
	slices.Sort(out)
	return out
}

// FromFile builds the tree of a decoded file.
func FromFile(f *spec.File) *Tree {
	b := builder{hosts: hostsOf(f)}
	b.expect("", f.Expect)
	for _, s := range f.Scenarios {
		b.scenario(s)
		b.expect(s.Name, s.Expect)
	}
	b.limits(f.Limits)
	for _, s := range f.Services {
		b.service(s)
	}
	return newTree(f.Path, b.nodes)
}

// newTree orders nodes and leaves and numbers nodes of the same path.
func newTree(name string, nodes []*Node) *Tree {
	for _, n := range nodes {
		n.complete()
	}
	slices.SortStableFunc(nodes, func(a, b *Node) int {
		return cmp.Or(strings.Compare(a.Scope, b.Scope), cmp.Compare(a.rank, b.rank))
	})
	seen := make(map[string]int, len(nodes))
	for _, n := range nodes {
		seen[n.id]++
		n.nth = seen[n.id]
	}
	return &Tree{Name: name, Nodes: nodes}
}

// numberLeaves numbers the leaves of the same path. The leaves are sorted, so the
// same leaves get the same numbers.
func numberLeaves(n *Node) {
	for i := range n.Leaves {
		l := &n.Leaves[i]
		l.nth = 1
		if i > 0 && n.Leaves[i-1].Path == l.Path {
			l.nth = n.Leaves[i-1].nth + 1
		}
	}
}

// Named returns the tree under another name, with the files of its positions as
// shown returns them.
func (t *Tree) Named(name string, shown func(file string) string) *Tree {
	out := &Tree{Name: name, Nodes: make([]*Node, len(t.Nodes))}
	for i, n := range t.Nodes {
		n = n.clone()
		n.Pos.File = shown(n.Pos.File)
		for k := range n.Leaves {
			n.Leaves[k].Pos.File = shown(n.Leaves[k].Pos.File)
		}
		out.Nodes[i] = n
	}
	return out
}
