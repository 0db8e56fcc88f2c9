package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// runKeys are the root tables that decide how scenarios execute.
var runKeys = []string{"service", "services", "steps", "scenario", "limits", "isolation", "otel", "determinism"}

// hash computes File.Hash and File.RunHash. Conditions on exit codes and output
// belong to execution: a recorded trace does not hold what would be needed to
// judge them again.
func (d *decoder) hash(root *node) {
	c := canonical{buf: make([]byte, 0, 2*len(d.text))}
	c.value(root)
	d.file.Hash = c.sum()

	run := &node{kind: kindTable}
	for _, key := range runKeys {
		if e := root.get(key); e != nil {
			run.add(*e)
		}
	}
	for i := range run.entries {
		if e := &run.entries[i]; e.key == "scenario" {
			e.val = withoutExpect(e.val)
		}
	}
	addConditions(run, root.child("expect"))
	for _, header := range []*node{root.child("meta"), root.child("test").child("metadata"), root.child("test")} {
		if v := header.child("timeout"); v != nil {
			run.add(entry{key: "timeout", val: v})
			break
		}
	}
	c.reset()
	c.value(run)
	d.file.RunHash = c.sum()
}

// withoutExpect leaves the expectations of scenarios out of a copy, except
// those that are conditions of a step.
func withoutExpect(list *node) *node {
	out := &node{kind: kindArray}
	for _, it := range list.items {
		s := &node{kind: kindTable}
		for _, e := range it.entries {
			if e.key != "expect" {
				s.add(e)
				continue
			}
			addConditions(s, e.val)
		}
		out.items = append(out.items, s)
	}
	return out
}

// addConditions adds those parts of [expect] that are conditions of a step.
func addConditions(to, expect *node) {
	for _, key := range []string{"output", "status"} {
		if v := expect.child(key); v != nil && (key == "output" || v.kind == kindArray) {
			to.add(entry{key: "expect." + key, val: v})
		}
	}
}

// canonical writes a document with sorted keys, so that order and spelling of
// the source do not count.
type canonical struct{ buf []byte }

func (c *canonical) reset() { c.buf = c.buf[:0] }

func (c *canonical) sum() string {
	h := sha256.Sum256(c.buf)
	return hex.EncodeToString(h[:])
}

func (c *canonical) value(n *node) {
	switch n.kind {
	case kindTable:
		var few [indexFrom]int
		order := few[:0]
		for i := range n.entries {
			order = append(order, i)
		}
		slices.SortFunc(order, func(a, b int) int { return strings.Compare(n.entries[a].key, n.entries[b].key) })
		c.buf = append(c.buf, '{')
		for _, i := range order {
			c.text('k', n.entries[i].key)
			c.value(n.entries[i].val)
		}
		c.buf = append(c.buf, '}')
	case kindArray:
		c.buf = append(c.buf, '[')
		for _, it := range n.items {
			c.value(it)
			c.buf = append(c.buf, ',')
		}
		c.buf = append(c.buf, ']')
	case kindString:
		c.text('s', n.text)
	case kindInt:
		c.buf = strconv.AppendInt(append(c.buf, 'i'), n.num, 10)
	case kindFloat:
		c.buf = strconv.AppendFloat(append(c.buf, 'f'), n.float, 'e', -1, 64)
	case kindBool:
		c.buf = strconv.AppendInt(append(c.buf, 'b'), n.num, 10)
	case kindTime:
		c.text('t', n.text)
	}
}

// text writes a tag, the length and the text: no text can look like two.
func (c *canonical) text(tag byte, text string) {
	c.buf = strconv.AppendInt(append(c.buf, tag), int64(len(text)), 10)
	c.buf = append(append(c.buf, ':'), text...)
}
