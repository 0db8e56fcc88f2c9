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

// step is what a tag stands for.
type step struct {
	node   syntax.Node // nil for the root and for tags that end something
	follow int         // source offset of the text behind the tag
}

// lowerer writes the pongo2 form of a unit.
type lowerer struct {
	b     strings.Builder
	steps []step
	text  bool // the last thing written was plain text
}

// lower returns the pongo2 text of u and the steps of its tags. The root tag
// carries handle, by which its parser finds them.
func lower(u *syntax.Unit, handle int64) (string, []step) {
	l := &lowerer{steps: make([]step, 0, 2*len(u.Nodes)+1)}
	l.b.Grow(len(u.Src) + 6*cap(l.steps))
	l.tag(tagRoot+" "+strconv.FormatInt(handle, 10), nil, first(u.Nodes, 0))
	l.body(u.Nodes, 0)
	l.b.WriteString("{%" + rootStop + "%}")
	return l.b.String(), l.steps
}

// tag writes a tag for n; follow is the offset of the text behind it.
func (l *lowerer) tag(tag string, n syntax.Node, follow int) {
	l.b.WriteString("{%")
	l.b.WriteString(tag)
	l.b.WriteString("%}")
	l.text = false
	l.steps = append(l.steps, step{n, follow})
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
				l.tag(tagLeaf, n, follow)
				continue
			}
			l.b.WriteString(n.Val)
			l.text = true
		case *syntax.If:
			for j, br := range n.Branches {
				start := first(br.Body, br.After)
				if j == 0 {
					l.tag(tagIf, n, start)
				} else {
					l.tag(tagNext, nil, start)
				}
				l.body(br.Body, start)
			}
			l.tag(tagEnd, nil, follow)
		case *syntax.For:
			l.tag(tagFor, n, first(n.Body, n.After))
			l.body(n.Body, n.After)
			if n.HasElse {
				l.tag(tagNext, nil, first(n.Else, n.After))
				l.body(n.Else, n.After)
			}
			l.tag(tagEnd, nil, follow)
		case *syntax.Filter:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Block:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Macro:
			l.section(n, n.Body, n.After, follow)
		case *syntax.Import, *syntax.Extends:
			// They act when templates are linked; here they only separate texts.
			l.tag(tagLeaf, n, follow)
		default:
			l.tag(tagLeaf, n, follow)
		}
	}
}

func (l *lowerer) section(n syntax.Node, body []syntax.Node, after, follow int) {
	l.tag(tagBody, n, first(body, after))
	l.body(body, after)
	l.tag(tagEnd, nil, follow)
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
