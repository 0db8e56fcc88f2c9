package diff

import (
	"math"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// demand is one thing that a tree asks of a set of spans, in terms that can be
// compared. What the judge does with it is in package expect; every kind below
// holds for exactly the traces that the judge accepts.
type demand struct {
	kind  demandKind
	a, b  string // patterns; for a count, a is the quantity
	where *conj
	low   int64 // bounds of a count, inclusive
	high  int64
	set   statuses
	hosts []string // sorted; services of the test
	attr  *spec.AttrExpect
	text  string // of what is only comparable with the same
}

type demandKind uint8

const (
	someSpan    demandKind = iota // a span satisfies where
	noSpan                        // no span satisfies where
	notCrossing                   // no path between spans a and b
	counted                       // quantity a lies between low and high
	inWindow                      // some b, and every b in time inside an a of its trace
	before                        // some a and b, and an a before every b
	allStatus                     // the status of every span is in set
	namedStatus                   // the same for the spans a, of which there is one
	noExternal                    // no peer but hosts
	onResource                    // attr holds on the resource of every span
	forbidden                     // no attribute has a key like a
	same                          // only the same text is known to imply it
)

const unbounded = math.MaxInt64

// conj is a condition on one span: all of it holds.
type conj struct {
	name   string // pattern
	parent string // pattern; "" for no condition
	kind   string // "" for no condition
	status statuses
	attrs  []choice
	events [][]string // of each list, one event is there
	min    *float64   // ms
	max    *float64
}

// choice is a list of conditions on attributes of which one holds.
type choice []spec.AttrExpect

// statuses is a set of span statuses, a bit each.
type statuses uint8

const anyStatus = statuses(1<<trace.StatusUnset | 1<<trace.StatusOK | 1<<trace.StatusError)

// statusSet returns the statuses that a word accepts. UNSET satisfies OK unless
// strict.
func statusSet(word string, strict bool) (statuses, bool) {
	s, ok := trace.ParseStatus(word)
	if !ok || word == "" {
		return 0, false
	}
	set := statuses(1) << s
	if s == trace.StatusOK && !strict {
		set |= 1 << trace.StatusUnset
	}
	return set, true
}

// and adds the condition p to c; the name of p is left out when c has one.
func (c conj) and(p conj) conj {
	if c.name == "" {
		c.name = p.name
	}
	if p.parent != "" {
		c.parent = p.parent
	}
	if p.kind != "" {
		c.kind = p.kind
	}
	c.status &= p.status
	c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], p.attrs...)
	c.events = append(c.events[:len(c.events):len(c.events)], p.events...)
	if p.min != nil {
		c.min = p.min
	}
	if p.max != nil {
		c.max = p.max
	}
	return c
}

// anySpan is the condition that every span satisfies.
func anySpan() conj { return conj{name: "*", status: anyStatus} }

// condition is the conjunction of the leaves of a span block. Leaves of a group
// are one condition together: an alternative each.
func (n *Node) condition() conj {
	c := conj{name: n.Key, status: anyStatus}
	for i := range n.Leaves {
		if l := &n.Leaves[i]; l.group == "" {
			c = c.and(l.part)
		}
	}
	for _, group := range [...]string{groupAttrs, groupEvents} {
		if p, ok := n.alternatives(group); ok {
			c = c.and(p)
		}
	}
	return c
}

// alternatives joins the leaves of a group; ok is false when there are none.
func (n *Node) alternatives(group string) (c conj, ok bool) {
	c = anySpan()
	var attrs choice
	var events []string
	for i := range n.Leaves {
		l := &n.Leaves[i]
		if l.group != group {
			continue
		}
		for _, a := range l.part.attrs {
			attrs = append(attrs, a...)
		}
		for _, e := range l.part.events {
			events = append(events, e...)
		}
	}
	if attrs != nil {
		c.attrs = []choice{attrs}
	}
	if events != nil {
		c.events = [][]string{events}
	}
	return c, attrs != nil || events != nil
}

const (
	groupAttrs  = "attrs.any"
	groupEvents = "events.any"
)

// collect lists everything that n asks for.
func (n *Node) collect() []demand {
	size := len(n.asks)
	for i := range n.Leaves {
		size += len(n.Leaves[i].asks)
	}
	if n.Rule == ruleSpan {
		size++
	}
	out := append(make([]demand, 0, size), n.asks...)
	if n.Rule == ruleSpan {
		kind := someSpan
		if n.negate {
			kind = noSpan
		}
		c := n.condition()
		out = append(out, demand{kind: kind, where: &c})
	}
	for i := range n.Leaves {
		out = append(out, n.Leaves[i].asks...)
	}
	return out
}

// resourceKey is the key of a resource attribute as a span block names it.
func resourceKey(key string) string {
	key = strings.TrimPrefix(strings.TrimPrefix(key, resourcePrefix), resourcePrefix)
	return resourcePrefix + key
}

const resourcePrefix = "resource."
