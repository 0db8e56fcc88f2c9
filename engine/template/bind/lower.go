// Package bind hands the tree of a template to pongo2 and back: a unit is
// lowered to pongo2 text in which every construct is one of five tags with
// numbers, pongo2 parses that text, holds the nodes and runs them, and the tags
// call package eval for their meaning. It is the only package that imports
// pongo2.
package bind

import (
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// lowerer writes the pongo2 form of a unit. Every tag carries the index of its
// node and the source offset of the text that follows it.
type lowerer struct {
	b     strings.Builder
	nodes []syntax.Node
	text  bool // the last thing written was plain text
}

// lower returns the pongo2 text of u and the nodes that its tags refer to. The
// root tag carries handle, by which its parser finds them.
func lower(u *syntax.Unit, handle int64) (string, []syntax.Node) {
	l := &lowerer{}
	l.b.Grow(len(u.Src) * 2)
	l.b.WriteString("{% tera ")
	l.b.WriteString(strconv.FormatInt(handle, 10))
	l.b.WriteByte(' ')
	l.number(first(u.Nodes, 0))
	l.close()
	l.body(u.Nodes, 0)
	l.b.WriteString("{% endtera %}")
	return l.b.String(), l.nodes
}

func (l *lowerer) number(n int) { l.b.WriteString(strconv.Itoa(n)) }

func (l *lowerer) close() {
	l.b.WriteString(" %}")
	l.text = false
}

// open writes a tag that refers to n; follow is the offset of the text behind it.
func (l *lowerer) open(tag string, n syntax.Node, follow int) {
	l.b.WriteString("{% ")
	l.b.WriteString(tag)
	l.b.WriteByte(' ')
	l.number(len(l.nodes))
	l.b.WriteByte(' ')
	l.number(follow)
	l.close()
	l.nodes = append(l.nodes, n)
}

func (l *lowerer) end(tag string, follow int) {
	l.b.WriteString("{% ")
	l.b.WriteString(tag)
	l.b.WriteByte(' ')
	l.number(follow)
	l.close()
}

// first returns the offset of the text that nodes begin with, or def.
func first(nodes []syntax.Node, def int) int {
	if len(nodes) > 0 {
		if t, ok := nodes[0].(*syntax.Text); ok {
			return t.Off
		}
	}
	return def
}

// body writes nodes.
func (l *lowerer) body(nodes []syntax.Node, def int) {
	for i, n := range nodes {
		follow := first(nodes[i+1:], n.Head().After)
		switch n := n.(type) {
		case *syntax.Text:
			if l.text || !plain(n.Val) {
				l.open("tera_leaf", n, follow)
				continue
			}
			l.b.WriteString(n.Val)
			l.text = true
		case *syntax.If:
			for j, br := range n.Branches {
				start := first(br.Body, br.After)
				if j == 0 {
					l.open("tera_if", n, start)
				} else {
					l.end("tera_next", start)
				}
				l.body(br.Body, start)
			}
			l.end("tera_end", follow)
		case *syntax.For:
			l.open("tera_for", n, first(n.Body, n.After))
			l.body(n.Body, n.After)
			if n.HasElse {
				l.end("tera_next", first(n.Else, n.After))
				l.body(n.Else, n.After)
			}
			l.end("tera_end", follow)
		case *syntax.Filter:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Block:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Macro:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Import, *syntax.Extends:
			// They act when templates are linked; here they only separate texts.
			l.open("tera_leaf", n, follow)
		default:
			l.open("tera_leaf", n, follow)
		}
	}
}

func (l *lowerer) section(n syntax.Node, body []syntax.Node, after, follow int) {
	l.open("tera_body", n, first(body, after))
	l.body(body, after)
	l.end("tera_end", follow)
}

// plain reports whether pongo2 takes s as text and nothing else. U+0001 ends
// its lexer, and a brace at the end could open a tag together with what follows.
func plain(s string) bool {
	if strings.HasSuffix(s, "{") || strings.IndexByte(s, 1) >= 0 {
		return false
	}
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			return true
		}
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return false
		}
		s = s[i+1:]
	}
}
