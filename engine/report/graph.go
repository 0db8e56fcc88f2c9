package report

import (
	"fmt"
	"io"
	"strings"
)

// GraphFormats are the formats that Graph.Write knows.
var GraphFormats = []string{"ascii", "dot", "json", "mermaid"}

// Graph is a trace, or the part of it that a filter picks, as a tree.
type Graph struct {
	nodes    []graphNode
	children [][]int
	tops     []int
	missing  []missingParent
	// Highlight shows what is not there: spans without children, and parents
	// that were not collected.
	Highlight bool
}

type graphNode struct {
	id     string // unique in the graph
	span   *TraceSpan
	parent int // -1 for a top
	cycle  bool
}

// missingParent is a span that others name as their parent and that was not
// collected.
type missingParent struct {
	ID       string   `json:"id"`
	Children []string `json:"children"` // ids of nodes
	tops     []int
}

// NewGraph makes the graph of the spans whose name contains filter, and of what
// lies above them. Spans of a loop of parents are tops, each marked as such.
func NewGraph(t *Trace, filter string) *Graph {
	keep := make([]bool, len(t.Spans))
	for i := range t.Spans {
		if strings.Contains(t.Spans[i].Name, filter) {
			for k := i; k >= 0 && !keep[k]; k = t.Spans[k].Parent {
				keep[k] = true
			}
		}
	}
	g := &Graph{}
	place := make([]int, len(t.Spans))
	ids := map[string]bool{}
	for i := range t.Spans {
		place[i] = -1
		if keep[i] {
			place[i] = len(g.nodes)
			g.nodes = append(g.nodes, graphNode{id: uniqueID(ids, &t.Spans[i], i), span: &t.Spans[i], parent: -1})
		}
	}
	for i := range t.Spans {
		if up := t.Spans[i].Parent; keep[i] && up >= 0 {
			g.nodes[place[i]].parent = place[up]
		}
	}
	g.markCycles()
	g.children = make([][]int, len(g.nodes))
	index := map[string]int{}
	for i := range g.nodes {
		n := &g.nodes[i]
		switch {
		case n.parent >= 0 && !n.cycle:
			g.children[n.parent] = append(g.children[n.parent], i)
			continue
		case n.parent < 0 && n.span.ParentID != "":
			key := n.span.TraceID + "/" + n.span.ParentID
			k, ok := index[key]
			if !ok {
				k = len(g.missing)
				index[key] = k
				g.missing = append(g.missing, missingParent{ID: n.span.ParentID})
			}
			g.missing[k].Children = append(g.missing[k].Children, n.id)
			g.missing[k].tops = append(g.missing[k].tops, i)
			continue
		}
		g.tops = append(g.tops, i)
	}
	return g
}

// uniqueID prefers the span id, which other tools show too. Ids stay different
// in formats that allow letters and digits only.
func uniqueID(taken map[string]bool, s *TraceSpan, i int) string {
	id := s.ID
	if id == "" || taken[mermaidID("", id)] {
		id = fmt.Sprintf("%s#%d", s.ID, i)
	}
	for taken[mermaidID("", id)] {
		id += "#"
	}
	taken[mermaidID("", id)] = true
	return id
}

// markCycles finds the nodes that are their own ancestors.
func (g *Graph) markCycles() {
	seen := make([]int, len(g.nodes)) // 0 unseen, else the number of the walk
	for i := range g.nodes {
		r := i
		for ; r >= 0 && seen[r] == 0; r = g.nodes[r].parent {
			seen[r] = i + 1
		}
		if r < 0 || seen[r] != i+1 {
			continue
		}
		for c := r; !g.nodes[c].cycle; c = g.nodes[c].parent {
			g.nodes[c].cycle = true
		}
	}
}

// Empty reports whether there is nothing to draw.
func (g *Graph) Empty() bool { return len(g.nodes) == 0 }

// Write draws the graph in one of GraphFormats.
func (g *Graph) Write(w io.Writer, format string, h Human) error {
	switch format {
	case "dot":
		return g.dot(w)
	case "json":
		return g.json(w)
	case "mermaid":
		return g.mermaid(w)
	case "ascii":
		return g.ascii(w, h)
	default:
		return fmt.Errorf("unknown graph format %q: use one of %s", format, strings.Join(GraphFormats, ", "))
	}
}

// ascii draws one line per span. Orphans hang below the parent that is missing.
func (g *Graph) ascii(w io.Writer, h Human) error {
	out := printer{w: w}
	if g.Empty() {
		out.f("(no spans to display)\n")
		return out.err
	}
	rest := len(g.tops) + len(g.missing)
	for _, i := range g.tops {
		rest--
		g.subtree(&out, h, i, "", rest == 0)
	}
	for _, m := range g.missing {
		rest--
		mark, indent := h.branch(rest == 0)
		text := "(parent " + line(m.ID) + " was not collected)"
		if g.Highlight {
			text = h.red(text)
		}
		out.f("%s%s\n", mark, text)
		for k, i := range m.tops {
			g.subtree(&out, h, i, indent, k == len(m.tops)-1)
		}
	}
	return out.err
}

// subtree draws a node and what lies below it. Traces are deep rather than
// wide, so it keeps its own stack.
func (g *Graph) subtree(out *printer, h Human, i int, prefix string, last bool) {
	type visit struct {
		node   int
		prefix string
		last   bool
	}
	stack := []visit{{i, prefix, last}}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		mark, indent := h.branch(v.last)
		out.f("%s%s%s\n", v.prefix, mark, g.label(h, v.node))
		kids := g.children[v.node]
		if len(kids) == 0 && g.Highlight {
			end, _ := h.branch(true)
			out.f("%s%s%s%s\n", v.prefix, indent, end, h.dim("(no children)"))
		}
		for k := len(kids) - 1; k >= 0; k-- {
			stack = append(stack, visit{kids[k], v.prefix + indent, k == len(kids)-1})
		}
	}
}

// branch is what stands before a node, and before what lies below it.
func (h Human) branch(last bool) (mark, indent string) {
	if last {
		return h.glyph("└── ", "`-- "), "    "
	}
	return h.glyph("├── ", "|-- "), h.glyph("│   ", "|   ")
}

func (g *Graph) label(h Human, i int) string {
	n := &g.nodes[i]
	text := fmt.Sprintf("%s (%s)", line(n.span.Name), n.span.Kind)
	if n.span.Status == "ERROR" {
		text += " " + h.red("ERROR")
	}
	if n.cycle {
		text += " " + h.red(fmt.Sprintf("[its own ancestor, through '%s']", line(g.nodes[n.parent].span.Name)))
	}
	return text
}

func (g *Graph) dot(w io.Writer) error {
	out := printer{w: w}
	out.f("digraph trace {\n  rankdir=TB;\n  node [shape=box, style=rounded];\n")
	for i := range g.nodes {
		n := &g.nodes[i]
		extra := ""
		if n.span.Status == "ERROR" {
			extra = ", color=red"
		}
		out.f("  %s [label=\"%s\\n%s\"%s];\n", quoted(n.id), dotText(n.span.Name), n.span.Kind, extra)
	}
	for _, m := range g.missing {
		out.f("  %s [label=\"%s\\nnot collected\", style=\"rounded,dashed\"];\n", quoted("missing "+m.ID), dotText(m.ID))
	}
	g.edges(func(from, to string, missing bool) {
		if missing {
			out.f("  %s -> %s [style=dashed];\n", quoted("missing "+from), quoted(to))
			return
		}
		out.f("  %s -> %s;\n", quoted(from), quoted(to))
	})
	out.f("}\n")
	return out.err
}

// edges lists every edge once, from parent to child.
func (g *Graph) edges(each func(from, to string, missing bool)) {
	for i := range g.nodes {
		if n := &g.nodes[i]; n.parent >= 0 {
			each(g.nodes[n.parent].id, n.id, false)
		}
	}
	for _, m := range g.missing {
		for _, child := range m.Children {
			each(m.ID, child, true)
		}
	}
}

func quoted(s string) string { return `"` + dotText(s) + `"` }

// dotText escapes text inside a quoted string of the DOT language.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(line(s))
}

type graphJSON struct {
	Schema  string          `json:"schema"`
	Nodes   []nodeJSON      `json:"nodes"`
	Edges   []edgeJSON      `json:"edges"`
	Missing []missingParent `json:"missing"`
}

type nodeJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Status string `json:"status"`
}

type edgeJSON struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

func (g *Graph) json(w io.Writer) error {
	out := graphJSON{Schema: "clnrm.graph/1", Nodes: []nodeJSON{}, Edges: []edgeJSON{}, Missing: orEmpty(g.missing)}
	for i := range g.nodes {
		n := &g.nodes[i]
		out.Nodes = append(out.Nodes, nodeJSON{ID: n.id, Name: n.span.Name, Kind: n.span.Kind, Status: n.span.Status})
	}
	g.edges(func(from, to string, missing bool) {
		if !missing {
			out.Edges = append(out.Edges, edgeJSON{from, to})
		}
	})
	return writeJSON(w, out)
}

func (g *Graph) mermaid(w io.Writer) error {
	out := printer{w: w}
	out.f("```mermaid\ngraph TD\n")
	for i := range g.nodes {
		n := &g.nodes[i]
		out.f("  %s[\"%s<br/>%s\"]\n", mermaidID("s_", n.id), mermaidText(n.span.Name), n.span.Kind)
	}
	for _, m := range g.missing {
		out.f("  %s[\"%s<br/>not collected\"]\n", mermaidID("missing_", m.ID), mermaidText(m.ID))
	}
	g.edges(func(from, to string, missing bool) {
		if missing {
			out.f("  %s -.-> %s\n", mermaidID("missing_", from), mermaidID("s_", to))
			return
		}
		out.f("  %s --> %s\n", mermaidID("s_", from), mermaidID("s_", to))
	})
	out.f("```\n")
	return out.err
}

// mermaidID makes an identifier of id. A prefix keeps it from being a word of
// the language.
func mermaidID(prefix, id string) string {
	return prefix + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, id)
}

// mermaidText escapes text inside a quoted label, which is HTML with # in place
// of the ampersand.
func mermaidText(s string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;").Replace(line(s))
}
