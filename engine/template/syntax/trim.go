package syntax

import (
	"strings"
	"unicode"
)

const ascii = " \t\r\n"

// header drops the plain white space round `import` and `extends`, and the trim
// marks of comments that open the file.
func header(nodes []Node) []Node {
	out := nodes[:0:0]
	leading, strip := true, false
	for i, n := range nodes {
		switch n := n.(type) {
		case *Text:
			val := n.Val
			if strip {
				val = strings.TrimLeft(val, ascii)
			}
			strip = false
			if i+1 < len(nodes) && isHeader(nodes[i+1]) && strings.Trim(val, ascii) == "" {
				continue
			}
			if val == "" {
				continue
			}
			leading = false
			n.Off += len(n.Val) - len(val)
			n.Val = val
		case *Comment:
			if leading {
				n.L, n.R = false, false
			}
		case *Import, *Extends:
			strip = true
		default:
			leading, strip = false, false
		}
		out = append(out, n)
	}
	return out
}

func isHeader(n Node) bool {
	switch n.(type) {
	case *Import, *Extends:
		return true
	}
	return false
}

// trim applies the trim marks of a body and of everything below it. open and
// end are the tags round the body. Comments disappear.
func trim(nodes []Node, open, end Tag) []Node {
	out := make([]Node, 0, len(nodes))
	right := open.R
	before := func(t *Tag) {
		if t.L {
			out = trimLast(out)
		}
		right = t.R
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case *Text:
			if right {
				val := strings.TrimLeftFunc(n.Val, unicode.IsSpace)
				n.Off += len(n.Val) - len(val)
				n.Val = val
				right = false
			}
			out = append(out, n)
			continue
		case *Super:
			out = append(out, n)
			continue
		case *Raw:
			before(&n.Tag)
			out = append(out, n.text())
			right = n.End.R
			continue
		case *If:
			before(&n.Tag)
			for i, b := range n.Branches {
				next := n.End
				if i+1 < len(n.Branches) {
					next = n.Branches[i+1].Tag
				}
				b.Body = trim(b.Body, b.Tag, next)
			}
			right = n.End.R
		case *For:
			before(&n.Tag)
			n.Body = trim(n.Body, n.Tag, n.End)
			n.Else = plain(n.Else)
			right = n.End.R
		case *Macro:
			before(&n.Tag)
			n.Body = trim(n.Body, n.Tag, n.End)
			right = n.End.R
		case *Block:
			before(&n.Tag)
			n.Body = trim(n.Body, n.Tag, n.End)
			right = n.End.R
		case *Filter:
			before(&n.Tag)
			n.Body = trim(n.Body, n.Tag, n.End)
			right = n.End.R
		default:
			before(n.Head())
		}
		out = append(out, n)
	}
	if end.L {
		out = trimLast(out)
	}
	return compact(out)
}

// compact drops comments and texts that trimming has emptied. They stay until
// here because a mark reaches only the text that touches it.
func compact(nodes []Node) []Node {
	out := nodes[:0]
	for _, n := range nodes {
		switch n := n.(type) {
		case *Comment:
			continue
		case *Text:
			if n.Val == "" {
				continue
			}
		}
		out = append(out, n)
	}
	return out
}

// trimLast trims the end of the last node when that is plain text.
func trimLast(nodes []Node) []Node {
	if len(nodes) > 0 {
		if t, ok := nodes[len(nodes)-1].(*Text); ok && !t.Raw {
			t.Val = strings.TrimRightFunc(t.Val, unicode.IsSpace)
		}
	}
	return nodes
}

// plain drops comments and unwraps raw sections without any trimming: in the
// else part of a loop no mark has an effect.
func plain(nodes []Node) []Node {
	out := nodes[:0]
	for _, n := range nodes {
		switch n := n.(type) {
		case *Comment:
			continue
		case *Raw:
			out = append(out, &Text{Tag: Tag{Off: n.ValOff, After: n.End.Off}, Val: n.Val, Raw: true})
			continue
		case *If:
			for _, b := range n.Branches {
				b.Body = plain(b.Body)
			}
		case *For:
			n.Body, n.Else = plain(n.Body), plain(n.Else)
		case *Filter:
			n.Body = plain(n.Body)
		}
		out = append(out, n)
	}
	return out
}

// text turns a raw section into text, trimmed by the marks of its own tags.
func (r *Raw) text() *Text {
	t := &Text{Tag: Tag{Off: r.ValOff, After: r.End.Off}, Val: r.Val, Raw: true}
	if r.R {
		val := strings.TrimLeftFunc(t.Val, unicode.IsSpace)
		t.Off += len(t.Val) - len(val)
		t.Val = val
	}
	if r.End.L {
		t.Val = strings.TrimRightFunc(t.Val, unicode.IsSpace)
	}
	return t
}
