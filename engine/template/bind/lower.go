// Package bind hands the tree of a template to pongo2 and back: a unit is
// lowered to pongo2 text in which every construct is one of five tags, pongo2
// parses that text, holds the nodes and runs them, and the tags call package
// eval for their meaning. It is the only package that imports
// pongo2.
package bind

import (
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

// The lowered tags. pongo2's lexer takes longer over a tag than everything else
// that is done to it, so they are short and carry nothing: the parsers of tags
// run in the order of the text, and take their steps in that order.
const (
	tagRoot  = "tera" // carries the handle of its build
	tagLeaf  = "tl"
	tagIf    = "ti"
	tagFor   = "tf"
	tagBody  = "tb"
	tagNext  = "tn" // ends a part of a tag and begins another one
	tagEnd   = "te"
	rootStop = "endtera"
)

// step is what a tag stands for, with the text behind it. Text goes along with
// the tags, because pongo2's lexer looks at each character of it several times,
// and would take some for tags of its own.
type step struct {
	node syntax.Node  // nil for the root and for tags that end something
	text *syntax.Text // nil when no text follows
}

// lowerer writes the pongo2 form of a unit.
type lowerer struct {
	b     strings.Builder
	steps []step
}

// lower returns the pongo2 text of u and the steps of its tags. The root tag
// carries handle, by which its parser finds them.
func lower(u *syntax.Unit, handle int64) (string, []step) {
	l := &lowerer{steps: make([]step, 0, 2*len(u.Nodes)+1)}
	l.b.Grow(6*cap(l.steps) + 32)
	l.part(tagRoot+" "+strconv.FormatInt(handle, 10), nil, u.Nodes)
	l.b.WriteString("{%" + rootStop + "%}")
	return l.b.String(), l.steps
}

// tag writes a tag for n, behind which text stands.
func (l *lowerer) tag(tag string, n syntax.Node, text *syntax.Text) {
	l.b.WriteString("{%")
	l.b.WriteString(tag)
	l.b.WriteString("%}")
	l.steps = append(l.steps, step{n, text})
}

// leading takes the text off with which nodes begin.
func leading(nodes []syntax.Node) (*syntax.Text, []syntax.Node) {
	if len(nodes) > 0 {
		if t, ok := nodes[0].(*syntax.Text); ok {
			return t, nodes[1:]
		}
	}
	return nil, nodes
}

// part writes a tag for n and the nodes that stand behind it.
func (l *lowerer) part(tag string, n syntax.Node, nodes []syntax.Node) {
	text, rest := leading(nodes)
	l.tag(tag, n, text)
	l.body(rest)
}

// body writes nodes.
func (l *lowerer) body(nodes []syntax.Node) {
	for len(nodes) > 0 {
		node := nodes[0]
		var text *syntax.Text
		text, nodes = leading(nodes[1:])
		switch n := node.(type) {
		case *syntax.If:
			for j, br := range n.Branches {
				if j == 0 {
					l.part(tagIf, n, br.Body)
				} else {
					l.part(tagNext, nil, br.Body)
				}
			}
			l.tag(tagEnd, nil, text)
		case *syntax.For:
			l.part(tagFor, n, n.Body)
			if n.HasElse {
				l.part(tagNext, nil, n.Else)
			}
			l.tag(tagEnd, nil, text)
		case *syntax.Filter:
			l.section(n, n.Body, text)
		case *syntax.Block:
			l.section(n, n.Body, text)
		case *syntax.Macro:
			l.section(n, n.Body, text)
		default:
			// Imports and `extends` act when templates are linked, and do
			// nothing here.
			l.tag(tagLeaf, n, text)
		}
	}
}

func (l *lowerer) section(n syntax.Node, body []syntax.Node, text *syntax.Text) {
	l.part(tagBody, n, body)
	l.tag(tagEnd, nil, text)
}
