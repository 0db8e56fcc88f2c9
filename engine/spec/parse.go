package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Bounds of a document. They are far above anything a person writes and keep a
// hostile document from exhausting the stack or the screen.
const (
	maxDepth  = 64 // parts of a key, and levels of a value
	maxFaults = 20 // syntax errors reported of one document
)

const keepOne = "keep one of the two"

// fault is a violation of TOML itself.
type fault struct {
	at        span
	code      string
	msg, hint string // "{first}" in msg stands for the place of first
	first     int    // offset of the other place that msg names; 0 when none
	title     string // of the edits
	edits     []edit // that certainly mend it; nil when there are none
}

// parser builds the ordered tree of a document and goes on after an error, so
// that one save shows all faults.
type parser struct {
	text   []byte
	src    string // text, so that keys and strings need no copies of their own
	keys   []key  // stack of the dotted keys that are being read
	faults []fault
	root   *node
	cur    *node // table that keys go into
	nodes  *nodes
	// multiline is where the first inline table spread over several lines
	// begins, which TOML 1.0 does not have; -1 when there is none.
	multiline int
	broken    bool // a syntax error: the tree is not complete
}

// parse reads the document. With faults the tree holds what could be read. Whoever
// is done with the tree releases the parser's nodes.
func parse(text []byte) (*node, *parser) {
	p := &parser{text: text, src: string(text), nodes: nodePool.Get().(*nodes), multiline: -1}
	p.root = p.node(kindTable, span{0, 0})
	p.root.origin = originHeader
	p.cur = p.root
	base := 0
	for base < len(text) && len(p.faults) < maxFaults {
		next := p.run(base)
		if next <= base {
			break
		}
		base = next
	}
	return p.root, p
}

// run reads expressions from base up to the end or the first error, and returns
// where to go on after that, or -1.
func (p *parser) run(base int) int {
	var u unstable.Parser
	u.Reset(p.text[base:])
	done := base // end of the last good expression
	for u.NextExpression() {
		e := u.Expression()
		switch e.Kind {
		case unstable.KeyValue:
			done = p.keyValue(p.cur, e, base, 1)
		case unstable.Table, unstable.ArrayTable:
			done = p.header(e, base)
		}
	}
	err := u.Error()
	if err == nil {
		return -1
	}
	at := len(p.text)
	msg := err.Error()
	var pe *unstable.ParserError
	if errors.As(err, &pe) {
		if off := cap(u.Data()) - cap(pe.Highlight); pe.Highlight != nil && off >= 0 && base+off <= len(p.text) {
			at = base + off
		}
		msg = pe.Message
	}
	return p.syntax(done, at, msg)
}

// node is a new node of the tree.
func (p *parser) node(k kind, at span) *node {
	n := p.nodes.next()
	n.kind, n.at = k, at
	return n
}

func (p *parser) fault(f fault) {
	if len(p.faults) < maxFaults {
		f.msg, f.hint = bounded(f.msg), bounded(f.hint)
		p.faults = append(p.faults, f)
	}
}

// bounded cuts the middle out of a message that quotes a word of any length; the
// position leads to the whole.
func bounded(msg string) string {
	const most = 400 // bytes
	if len(msg) <= most {
		return msg
	}
	return strings.ToValidUTF8(msg[:most/2]+"…"+msg[len(msg)-most/2:], "")
}

// clash reports something that is there already, first at the given offset.
func (p *parser) clash(at span, code, msg, hint string, first int) {
	p.fault(fault{at: at, code: code, msg: msg, hint: hint, first: first})
}

func rangeAt(r unstable.Range, base int) span {
	off := base + int(r.Offset)
	return span{off, off + int(r.Length)}
}

// key is one part of a dotted key.
type key struct {
	text string
	at   span
}

// path collects the parts of a key on the stack p.keys, which the caller cuts
// back; ok is false when there are too many.
func (p *parser) path(it unstable.Iterator, base int) (parts []key, ok bool) {
	start := len(p.keys)
	for it.Next() {
		n := it.Node()
		if len(p.keys)-start == maxDepth {
			parts = p.keys[start:]
			p.fault(fault{at: parts[0].at, code: "toml-too-deep", msg: fmt.Sprintf("a key of more than %d parts", maxDepth)})
			return parts, false
		}
		at := rangeAt(n.Raw, base)
		p.keys = append(p.keys, key{p.string(n.Data, at), at})
	}
	return p.keys[start:], true
}

// string returns the contents of a key or string whose source is the range at.
// Escapes and the quotes of long strings make the contents shorter than the
// source without its quotes; where the length fits, they are the same bytes.
func (p *parser) string(data []byte, at span) string {
	switch len(data) {
	case at.end - at.off:
		return p.src[at.off:at.end]
	case at.end - at.off - 2:
		return p.src[at.off+1 : at.end-1]
	default:
		return string(data)
	}
}

// header opens the table that [a.b] or [[a.b]] names.
func (p *parser) header(e *unstable.Node, base int) int {
	defer func(n int) { p.keys = p.keys[:n] }(len(p.keys))
	parts, ok := p.path(e.Key(), base)
	last := parts[len(parts)-1]
	p.cur = p.node(kindTable, last.at) // not in the tree until all is well
	if !ok {
		return last.at.end
	}
	t := p.root
	for _, k := range parts[:len(parts)-1] {
		if t = p.step(t, k); t == nil {
			return last.at.end
		}
	}
	array := e.Kind == unstable.ArrayTable
	old := t.get(last.text)
	switch {
	case old == nil && array:
		list := p.node(kindArray, last.at)
		list.origin = originTables
		t.add(entry{last.text, last.at, list})
		p.element(list, last.at)
	case old == nil:
		n := p.node(kindTable, last.at)
		n.origin = originHeader
		t.add(entry{last.text, last.at, n})
		p.cur = n
	case array && old.val.origin == originTables:
		old.val.more = append(old.val.more, last.at)
		p.element(old.val, last.at)
	case !array && old.val.kind == kindTable && old.val.origin == originImplicit:
		old.val.more = append(old.val.more, old.at)
		old.val.origin, old.val.at, old.at = originHeader, last.at, last.at
		p.cur = old.val
	default:
		p.duplicateTable(parts, old, array)
	}
	return last.at.end
}

func (p *parser) element(list *node, at span) {
	n := p.node(kindTable, at)
	n.origin = originHeader
	list.items = append(list.items, n)
	p.cur = n
}

// step goes down one part of a header.
func (p *parser) step(t *node, k key) *node {
	e := t.get(k.text)
	if e == nil {
		n := p.node(kindTable, k.at)
		n.origin = originImplicit
		t.add(entry{k.text, k.at, n})
		return n
	}
	switch {
	case e.val.kind == kindTable && e.val.origin != originValue:
		e.val.more = append(e.val.more, k.at)
		return e.val
	case e.val.origin == originTables:
		e.val.more = append(e.val.more, k.at)
		return e.val.items[len(e.val.items)-1]
	default:
		p.clash(k.at, "toml-duplicate-key",
			fmt.Sprintf("`%s` already has a value ({first}) and cannot be a table as well", k.text), keepOne, e.at.off)
		return nil
	}
}

func (p *parser) duplicateTable(parts []key, old *entry, array bool) {
	names := make([]string, len(parts))
	for i, k := range parts {
		names[i] = k.text
	}
	name, last := strings.Join(names, "."), parts[len(parts)-1]
	msg := fmt.Sprintf("table [%s] is defined twice, first on {first}", name)
	hint := "merge the two tables, or write [[" + name + "]] if it is a list"
	switch {
	case old.val.origin == originTables:
		msg = fmt.Sprintf("`%s` is a list of tables ({first})", name)
		hint = "write [[" + name + "]] for another element"
	case array || old.val.kind != kindTable:
		msg = fmt.Sprintf("`%s` already has a value ({first})", name)
		hint = keepOne
	}
	p.clash(last.at, "toml-duplicate-table", msg, hint, old.at.off)
}
