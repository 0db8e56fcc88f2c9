package spec

import (
	"strconv"
)

// kind is the type of a value of the document.
type kind uint8

const (
	kindTable kind = iota
	kindArray
	kindString
	kindInt
	kindFloat
	kindBool
	kindTime // any of TOML's four date and time types, kept as written
)

// origin says how a table came into being, which decides whether it may be
// extended later (TOML 1.0, sections "Table" and "Keys").
type origin uint8

const (
	originValue    origin = iota // inline table or static array: closed
	originImplicit               // named by a longer header only
	originHeader                 // [header]
	originDotted                 // by a dotted key
	originTables                 // array of [[header]]
)

// span is a range of bytes of the rendered text.
type span struct{ off, end int }

// node is a value of the document with its place.
type node struct {
	kind   kind
	origin origin
	at     span
	text   string // string contents; dates as written
	num    int64  // kindInt; 1 for true
	float  float64

	entries []entry        // kindTable, in document order
	index   map[string]int // into entries, only for large tables
	items   []*node        // kindArray
	more    []span         // where else its key is written, for tables
}

// entry is a key of a table.
type entry struct {
	key string
	at  span // of the key as written
	val *node
}

// indexFrom is the number of entries from which a table is worth an index.
const indexFrom = 16

// get returns the entry with that key, or nil.
func (n *node) get(key string) *entry {
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return &n.entries[i]
		}
		return nil
	}
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// add appends an entry whose key is not there yet.
func (n *node) add(e entry) {
	n.entries = append(n.entries, e)
	if n.index != nil {
		n.index[e.key] = len(n.entries) - 1
		return
	}
	if len(n.entries) == indexFrom {
		n.index = make(map[string]int, 4*indexFrom)
		for i := range n.entries {
			n.index[n.entries[i].key] = i
		}
	}
}

// has reports whether a table has a key.
func (n *node) has(key string) bool { return n.get(key) != nil }

// child returns the value of key, or nil.
func (n *node) child(key string) *node {
	if n == nil || n.kind != kindTable {
		return nil
	}
	if e := n.get(key); e != nil {
		return e.val
	}
	return nil
}

// scalar returns the text by which values are compared (trace.ValueText), of
// anything but a table or a list: strings as they are, numbers in their
// shortest form.
func (n *node) scalar() (string, bool) {
	switch n.kind {
	case kindString, kindTime:
		return n.text, true
	case kindInt:
		return strconv.FormatInt(n.num, 10), true
	case kindFloat:
		return strconv.FormatFloat(n.float, 'g', -1, 64), true
	case kindBool:
		return strconv.FormatBool(n.num == 1), true
	default:
		return "", false
	}
}

// describe names a value in messages.
func (n *node) describe() string {
	switch n.kind {
	case kindTable:
		return "a table"
	case kindArray:
		return "a list"
	case kindString:
		return "a string"
	default:
		text, _ := n.scalar()
		return text
	}
}

// empty reports whether a value asks for nothing: false, 0, "", [] or {}.
func (n *node) empty() bool {
	switch n.kind {
	case kindTable:
		return len(n.entries) == 0
	case kindArray:
		return len(n.items) == 0
	case kindFloat:
		return n.float == 0
	case kindInt, kindBool:
		return n.num == 0
	default:
		return n.text == ""
	}
}

// holdsTables reports whether a table has entries, and all of them are tables.
func (n *node) holdsTables() bool {
	for i := range n.entries {
		if n.entries[i].val.kind != kindTable {
			return false
		}
	}
	return len(n.entries) > 0
}

// number returns the value of an integer or a float.
func (n *node) number() (float64, bool) {
	switch n.kind {
	case kindInt:
		return float64(n.num), true
	case kindFloat:
		return n.float, true
	default:
		return 0, false
	}
}
