package diff

import (
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// span adds a span block. Its leaves are parts of one condition on one span.
func (b *builder) span(e *spec.SpanExpect, strict bool) {
	n := b.node(ruleSpan, e.Pos, e.Pos, e.Name)
	if e.Exists != nil && !*e.Exists {
		n.negate = true
		n.part("exists", "false", e.Pos, "", func(*conj) {})
	}
	if e.Parent != "" {
		n.part("parent", e.Parent, e.ParentPos, "", func(c *conj) { c.parent = e.Parent })
	}
	if e.Root != nil {
		n.atom("is_root", strconv.FormatBool(*e.Root), e.RootPos)
	}
	if e.Scope != "" {
		n.atom("scope", e.Scope, e.ScopePos)
	}
	for _, name := range e.Links {
		n.atom("links["+name+"]", name, e.LinksPos)
	}
	if e.Kind != "" {
		n.part("kind", e.Kind, e.KindPos, "", func(c *conj) { c.kind = e.Kind })
	}
	if e.Status != "" {
		n.part("status", e.Status, e.StatusPos, "", func(c *conj) {
			// A word that is no status is met by no span: no bit is set.
			c.status, _ = statusSet(e.Status, strict)
		})
	}
	for _, a := range e.AttrsAll {
		n.attr("attrs.all.", "", a)
	}
	for _, a := range e.AttrsAny {
		n.attr("attrs.any.", groupAttrs, a)
	}
	for _, name := range e.EventsAll {
		n.part("events.all["+name+"]", name, e.EventsPos, "", func(c *conj) { c.events = [][]string{{name}} })
	}
	for _, name := range e.EventsAny {
		n.part("events.any["+name+"]", name, e.EventsPos, groupEvents, func(c *conj) { c.events = [][]string{{name}} })
	}
	if d := e.Duration; d != nil {
		if d.Min != nil {
			n.part("duration_ms.min", trace.ValueText(*d.Min), d.Pos, "", func(c *conj) { c.min = d.Min })
		}
		if d.Max != nil {
			n.part("duration_ms.max", trace.ValueText(*d.Max), d.Pos, "", func(c *conj) { c.max = d.Max })
		}
	}
}

// atom adds a part that nothing but an equal one implies. It is kept among the
// events, which are just such; no event has a name that begins with a NUL.
func (n *Node) atom(path, value string, pos diag.Position) {
	n.part(path, value, pos, "", func(c *conj) { c.events = [][]string{{"\x00" + path + "=" + value}} })
}

// part adds a leaf that is part of the condition of a span block.
func (n *Node) part(path, value string, pos diag.Position, group string, set func(*conj)) {
	if pos == (diag.Position{}) {
		pos = n.Pos
	}
	l := Leaf{Path: path, Value: value, Pos: pos, group: group, part: anySpan()}
	set(&l.part)
	n.Leaves = append(n.Leaves, l)
}

func (n *Node) attr(prefix, group string, a spec.AttrExpect) {
	path, value := operator(&a)
	n.part(prefix+a.Key+path, value, a.Pos, group, func(c *conj) { c.attrs = []choice{{a}} })
}
