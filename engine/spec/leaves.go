package spec

import (
	"fmt"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Place is where something stands in a file that is its own source.
type Place struct {
	Pos   diag.Position
	Line  string // the text of that line
	Width int    // characters to underline; 0 means one
}

// Leaf is one value of a TOML document, or a table, with its places.
type Leaf struct {
	Path []string // keys from the top of the document; nil for an element of a list
	Key  Place    // of the last key
	At   Place    // of the value
	// Value is a string (dates too, as written), int64, float64 or bool; nil for
	// tables and lists.
	Value any
	// List says that it is a list; Items are its elements.
	List  bool
	Items []Leaf
	// Table says that it is a table. What it holds follows as further leaves,
	// unless the table is an element of a list.
	Table bool
}

// Describe names the value in messages: "a list", "a string", 5, true.
func (l *Leaf) Describe() string {
	switch v := l.Value.(type) {
	case string:
		return "a string"
	case nil:
		if l.List {
			return "a list"
		}
		return "a table"
	default:
		return fmt.Sprint(v)
	}
}

// Leaves reads any TOML document as the flat list of its values, in the order
// of the document. path names the file in positions. The diagnostics are the
// violations of TOML itself; with an error among them the leaves are those that
// could be read.
func Leaves(path string, text []byte) ([]Leaf, []diag.Diagnostic) {
	skip := len(bomOf(string(text)))
	d := &decoder{loc: PlainText(path, text), text: text[skip:], skip: skip, file: &File{Path: path, places: map[Pos]span{}}}
	if at, bad := notUTF8(d.text); bad {
		d.errorf(span{at, at + 1}, "toml-encoding", "save the file as UTF-8", "this is not UTF-8 text")
		return nil, d.diags
	}
	root, p := parse(d.text)
	d.faults(p)
	diag.Sort(d.diags)
	d.overflow()
	out := d.leaves(nil, nil, root)
	p.nodes.release()
	return out, d.diags
}

// notUTF8 finds the first byte that is not part of UTF-8 text.
func notUTF8(text []byte) (int, bool) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i, true
		}
		i += n
	}
	return 0, false
}

// leaves appends what a table holds.
func (d *decoder) leaves(out []Leaf, path []string, table *node) []Leaf {
	for i := range table.entries {
		e := &table.entries[i]
		l := d.leaf(e.val)
		l.Path = append(path[:len(path):len(path)], e.key)
		l.Key = d.place(e.at)
		if out = append(out, l); l.Table {
			out = d.leaves(out, l.Path, e.val)
		}
	}
	return out
}

// leaf is a value without its key.
func (d *decoder) leaf(n *node) Leaf {
	l := Leaf{At: d.place(n.at)}
	switch n.kind {
	case kindTable:
		l.Table = true
	case kindArray:
		l.List = true
		for _, it := range n.items {
			l.Items = append(l.Items, d.leaf(it))
		}
	case kindString, kindTime:
		l.Value = n.text
	case kindInt:
		l.Value = n.num
	case kindFloat:
		l.Value = n.float
	case kindBool:
		l.Value = n.num == 1
	}
	return l
}

func (d *decoder) place(at span) Place {
	pos, line, _ := d.loc.Locate(at.off + d.skip)
	return Place{Pos: pos, Line: line, Width: underline(d.text, at, line, pos.Column)}
}
