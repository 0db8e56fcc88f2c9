package diff

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// judge proves what a change does. kept means that the new tree still guarantees
// the old part, had that the old tree already guaranteed the new part.
func (c *comparison) judge(ch *Change) {
	var p proof
	switch {
	case ch.node().Rule == ruleStrict:
		p = c.strictness(ch)
	case ch.node().Rule == ruleService && (ch.oldLeaf == nil && ch.newLeaf == nil):
		p = c.service(ch)
	case ch.node().Rule == ruleSpan && ch.old != nil && ch.new != nil:
		p = c.block(ch)
	default:
		p = c.parts(ch.asks(ch.old, ch.oldLeaf), ch.asks(ch.new, ch.newLeaf), scopeOf(ch.old), scopeOf(ch.new))
	}
	ch.explain(&p)
}

// proof is what could be shown about a change.
type proof struct {
	kept, had     bool
	keptBy, hadBy *Node // from what it follows; nil when there is nothing to name
	silent        bool  // nothing is asked of spans before or after
}

// explain turns a proof into an effect and its reason. Without a proof it words
// the reason anew for an effect that is known.
func (c *Change) explain(p *proof) {
	if p != nil {
		c.Undecided = false
		switch {
		case p.kept && p.had:
			c.Effect = Neutral
		case p.kept:
			c.Effect = Tightens
		case p.had:
			c.Effect = Loosens
		default:
			c.Effect, c.Undecided = Neutral, true
		}
		c.Why = p.why(c)
		return
	}
	switch {
	case c.Undecided, c.Effect == Neutral:
	case c.Effect == Tightens:
		c.Why = tightensWhy(c)
	default:
		c.Why = loosensWhy(c)
	}
}

func (p *proof) why(c *Change) string {
	switch {
	case c.Undecided:
		return "undecided: neither the old nor the new side is shown to imply the other"
	case p.silent:
		return "decides how scenarios run, not which traces are accepted"
	case c.Effect == Tightens:
		return tightensWhy(c)
	case c.Effect == Loosens:
		return loosensWhy(c)
	}
	by := p.keptBy
	if c.oldPart() == "" || by == nil {
		by = p.hadBy
	}
	if by == nil || by == c.old || by == c.new {
		return "accepts the same traces"
	}
	return "accepts the same traces: covered by " + by.Path()
}

func (c *Change) oldPart() string {
	if c.Kind == Added {
		return ""
	}
	return c.Path
}

func tightensWhy(c *Change) string {
	if c.node().Rule == ruleService && c.Kind == Removed {
		return "no_external_services allows one host less"
	}
	if c.Kind == Added {
		return "asks for more"
	}
	return "the new side implies the old one"
}

func loosensWhy(c *Change) string {
	if c.node().Rule == ruleService && c.Kind == Added {
		return "no_external_services allows one host more"
	}
	if c.Kind == Removed {
		return "nothing else is shown to guarantee it"
	}
	return "the old side implies the new one"
}

func scopeOf(n *Node) string {
	if n == nil {
		return ""
	}
	return n.Scope
}

// asks lists what one side of a change asks for: a leaf, or the whole node when
// the change is about no leaf.
func (c *Change) asks(n *Node, l *Leaf) []demand {
	switch {
	case l != nil:
		return l.asks
	case n == nil || c.oldLeaf != nil || c.newLeaf != nil:
		return nil
	}
	return n.demands
}

// parts proves a change of parts that stand for themselves.
func (c *comparison) parts(old, new []demand, oldScope, newScope string) proof {
	p := proof{silent: len(old) == 0 && len(new) == 0}
	p.keptBy, p.kept = provesAll(c.new.ground(oldScope), old)
	p.hadBy, p.had = provesAll(c.old.ground(newScope), new)
	return p
}

func provesAll(g *ground, ds []demand) (by *Node, ok bool) {
	for i := range ds {
		n, ok := g.proves(&ds[i])
		if !ok {
			return nil, false
		}
		if by == nil {
			by = n
		}
	}
	return by, true
}

// block proves a change inside a span block, or of its name. What the trees
// guarantee as a whole counts; else the part itself does: a condition on one
// span follows from the whole condition of the other side.
func (c *comparison) block(ch *Change) proof {
	a, b := ch.old, ch.new
	p := c.parts(a.demands, b.demands, a.Scope, b.Scope)
	if a.negate != b.negate {
		return p
	}
	before, _ := c.old.ground(a.Scope).strengthen(a.condition())
	after, _ := c.new.ground(b.Scope).strengthen(b.condition())
	oldPart, newPart := ch.partOf(a, ch.oldLeaf), ch.partOf(b, ch.newLeaf)
	if ch.Kind == Renamed && ch.oldLeaf == nil {
		oldPart.name, newPart.name = a.Key, b.Key
	}
	ps := c.old.ps
	newImpliesOld, oldImpliesNew := ps.implies(&after, &oldPart), ps.implies(&before, &newPart)
	if a.negate { // that no span is so: the fewer conditions, the more is asked
		before, _ = c.new.ground(b.Scope).strengthen(a.condition())
		after, _ = c.old.ground(a.Scope).strengthen(b.condition())
		newImpliesOld, oldImpliesNew = ps.implies(&before, &newPart), ps.implies(&after, &oldPart)
	}
	p.kept = p.kept || newImpliesOld
	p.had = p.had || oldImpliesNew
	return p
}

// partOf is the condition that a leaf of n stands for, or without a leaf none. Of
// a group of alternatives it is the whole group, whichever side has the leaf: one
// more alternative asks for less.
func (c *Change) partOf(n *Node, l *Leaf) conj {
	for _, m := range [...]*Leaf{c.oldLeaf, c.newLeaf} {
		if m != nil && m.group != "" {
			part, _ := n.alternatives(m.group)
			return part
		}
	}
	if l == nil {
		return anySpan()
	}
	return l.part
}

// service proves the coming or going of a service. Services are hosts of the
// test, so it matters to no_external_services.
func (c *comparison) service(ch *Change) proof {
	p := c.parts(ch.asks(ch.old, nil), ch.asks(ch.new, nil), "", "")
	c.reread(&p, func(*Node) bool { return true }, func(d *demand) bool { return d.kind == noExternal })
	return p
}

// strictness proves the change of strict, which gives every expectation of OK
// another meaning.
func (c *comparison) strictness(ch *Change) proof {
	const ok = statuses(1 << trace.StatusOK)
	p := proof{kept: true, had: true, silent: true}
	scope := ch.node().Scope
	c.reread(&p, func(n *Node) bool { return n.Scope == scope }, func(d *demand) bool {
		switch d.kind {
		case allStatus, namedStatus:
			return d.set&ok != 0
		case someSpan, noSpan:
			return d.where.status&ok != 0 && d.where.status != anyStatus
		}
		return false
	})
	return p
}

// reread proves the demands that both trees make, but that mean something else
// since the change. What only one tree demands is a change of its own.
func (c *comparison) reread(p *proof, node func(*Node) bool, pick func(*demand) bool) {
	for _, b := range c.both {
		if !node(b[0]) {
			continue
		}
		old, new := b[0].demands, b[1].demands
		old = slices.DeleteFunc(slices.Clone(old), func(d demand) bool { return !pick(&d) })
		new = slices.DeleteFunc(slices.Clone(new), func(d demand) bool { return !pick(&d) })
		if len(old) == 0 || len(new) == 0 {
			continue
		}
		p.silent = false
		_, kept := provesAll(c.new.ground(b[0].Scope), old)
		_, had := provesAll(c.old.ground(b[1].Scope), new)
		p.kept, p.had = p.kept && kept, p.had && had
	}
}
