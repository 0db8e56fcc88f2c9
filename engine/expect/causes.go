package expect

import "github.com/seanchatmangpt/clnrm-tui/engine/trace"

// clockSet is a set of clocks by their number, as a list whose tail others share.
// nil is the empty one.
type clockSet struct {
	clock int
	rest  *clockSet
}

// with is the set with one clock more.
func (s *clockSet) with(clock int) *clockSet {
	for c := s; c != nil; c = c.rest {
		if c.clock == clock {
			return s
		}
	}
	return &clockSet{clock, s}
}

// causes reports whether what matches, by a clock that disagrees with that of the
// row, is an ancestor of it, or the target of a link of the row or of an
// ancestor: it came first, whatever the clocks say.
func (j *judge) causes(p *pattern, r trace.Ref) bool {
	k := j.skews()
	for c := j.clocksBefore(p)[r]; c != nil; c = c.rest {
		if k.apart(c.clock, k.of[r]) {
			return true
		}
	}
	return false
}

// clocksBefore gives for every row the clocks of what matches among the row, its
// ancestors, and what these link to. It takes as many steps as there are rows,
// links and, for those that match, clocks.
func (j *judge) clocksBefore(p *pattern) []*clockSet {
	if p.clocks != nil {
		return p.clocks
	}
	k := j.skews()
	p.clocks = make([]*clockSet, j.set.Len())
	add := func(set *clockSet, r trace.Ref) *clockSet {
		if j.has(p, r) {
			set = set.with(k.of[r])
		}
		s := j.set.Span(r)
		for i := range s.Links {
			if first, ok := j.set.Find(s.Links[i].TraceID, s.Links[i].SpanID); ok && j.has(p, first) {
				set = set.with(k.of[first])
			}
		}
		return set
	}
	for _, cycle := range j.set.Cycles() {
		var set *clockSet
		for _, r := range cycle {
			set = add(set, r)
		}
		for _, r := range cycle {
			p.clocks[r] = set
		}
	}
	for _, r := range j.set.TopDown() {
		set := p.clocks[r]
		if up := j.set.Parent(r); up != trace.NoRef {
			set = p.clocks[up]
		}
		p.clocks[r] = add(set, r)
	}
	return p.clocks
}
