package spec

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// keyValue adds a key with its value to t and returns where it ends.
func (p *parser) keyValue(t *node, e *unstable.Node, base, depth int) int {
	whole := rangeAt(e.Raw, base)
	defer func(n int) { p.keys = p.keys[:n] }(len(p.keys))
	parts, ok := p.path(e.Key(), base)
	if !ok {
		return whole.end
	}
	last := parts[len(parts)-1]
	val := p.value(e.Value(), base, p.valueSpan(last.at.end, whole.end), depth)
	for _, k := range parts[:len(parts)-1] {
		d := t.get(k.text)
		switch {
		case d == nil:
			n := p.node(kindTable, span{k.at.off, whole.end})
			n.origin = originDotted
			t.add(entry{k.text, k.at, n})
			t = n
		case d.val.kind == kindTable && d.val.origin == originDotted:
			d.val.more = append(d.val.more, k.at)
			t = d.val
		default:
			p.clash(k.at, "toml-duplicate-key",
				fmt.Sprintf("`%s` already has a value ({first}) and cannot be extended here", k.text), keepOne, d.at.off)
			return whole.end
		}
	}
	if old := t.get(last.text); old != nil {
		p.clash(last.at, "toml-duplicate-key",
			fmt.Sprintf("`%s` is set twice, first on {first}", last.text), keepOne, old.at.off)
		return whole.end
	}
	t.add(entry{last.text, last.at, val})
	return whole.end
}

// valueSpan finds where the value of a key begins, for the parser gives no
// range for lists and tables.
func (p *parser) valueSpan(from, end int) span {
	off := from
	if i := bytes.IndexByte(p.text[from:end], '='); i >= 0 {
		off = from + i + 1
	}
	for off < end && (p.text[off] == ' ' || p.text[off] == '\t') {
		off++
	}
	return span{off, end}
}

// value converts a value; at is its range where the parser gives none.
func (p *parser) value(v *unstable.Node, base int, at span, depth int) *node {
	if v.Raw.Length > 0 && v.Kind != unstable.InlineTable {
		at = rangeAt(v.Raw, base)
	}
	if depth > maxDepth {
		p.fault(fault{at: at, code: "toml-too-deep", msg: fmt.Sprintf("a value nested more than %d levels deep", maxDepth)})
		return p.node(kindBool, at)
	}
	switch v.Kind {
	case unstable.Array:
		n := p.node(kindArray, at)
		for it := v.Children(); it.Next(); {
			c := p.value(it.Node(), base, at, depth+1)
			if len(n.items) == 0 && depth > 1 {
				n.at = c.at
			}
			n.items = append(n.items, c)
		}
		if depth > 1 && len(n.items) > 1 {
			n.at.end = n.items[len(n.items)-1].at.end
		}
		return n
	case unstable.InlineTable:
		return p.inlineTable(v, base, at, depth)
	case unstable.String:
		n := p.node(kindString, at)
		n.text = p.string(v.Data, at)
		return n
	case unstable.Bool:
		n := p.node(kindBool, at)
		if v.Data[0] == 't' {
			n.num = 1
		}
		return n
	default:
		return p.scalar(v, at)
	}
}

func (p *parser) inlineTable(v *unstable.Node, base int, at span, depth int) *node {
	n := p.node(kindTable, at)
	n.at.off = base + int(v.Raw.Offset)
	n.origin = originDotted // open while its own keys are read
	end := n.at.off
	for it := v.Children(); it.Next(); {
		e := it.Node()
		if e.Kind != unstable.KeyValue {
			continue
		}
		raw := rangeAt(e.Raw, base)
		if p.multiline < 0 && bytes.IndexByte(p.text[end:raw.off], '\n') >= 0 {
			p.multiline = n.at.off
		}
		end = p.keyValue(n, e, base, depth+1)
	}
	n.at.end = max(n.at.end, end)
	n.origin = originValue
	return n
}

// scalar converts numbers and dates.
func (p *parser) scalar(v *unstable.Node, at span) *node {
	raw := string(v.Data)
	switch v.Kind {
	case unstable.Integer:
		n := p.node(kindInt, at)
		i, err := strconv.ParseInt(raw, 0, 64)
		if err != nil {
			p.fault(fault{at: at, code: "toml-number", msg: fmt.Sprintf("the number %s does not fit into 64 bits", raw)})
		}
		n.num = i
		return n
	case unstable.Float:
		n := p.node(kindFloat, at)
		f, err := strconv.ParseFloat(strings.ReplaceAll(raw, "_", ""), 64)
		if err != nil {
			p.fault(fault{at: at, code: "toml-number", msg: fmt.Sprintf("the number %s does not fit into 64 bits", raw)})
		}
		n.float = f
		return n
	default:
		n := p.node(kindTime, at)
		n.text = raw
		var probe map[string]any
		if err := toml.Unmarshal([]byte("t = "+raw), &probe); err != nil {
			p.fault(fault{at: at, code: "toml-date", msg: fmt.Sprintf("%s is not a date or time that exists", raw), hint: "dates look like 2025-01-31T08:00:00Z; put quotes around anything else"})
		}
		return n
	}
}
