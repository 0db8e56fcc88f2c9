package secret

import (
	"math/bits"
	"slices"
)

const (
	// gram is the length in bytes of the samples by which ordinary text is
	// skipped. Every pattern is longer.
	gram = 3
	// maxStep bounds the distance between samples: each step more puts another
	// gram of every pattern into the filter.
	maxStep = 8
)

// matcher finds all occurrences of many patterns in time linear in the text: an
// automaton of Aho and Corasick, in front of which a filter lets text pass in
// which no pattern can begin. Every pattern holds a gram at each of its first
// places, so one sample in each step bytes is enough to notice it. It is
// immutable, and so safe for concurrent use.
type matcher struct {
	nodes []node
	root  [256]int32 // children of node 0
	step  int        // distance between samples
	bits  []uint64   // hashes of the grams; the number of bits is a power of two
	shift uint32
}

// node is the automaton's state after the text that leads to it.
type node struct {
	child, next int32 // first child, next sibling; 0 is none
	fail        int32 // state of the longest proper end of that text which begins a pattern
	found       int32 // bytes of the longest pattern that ends here; 0 is none
	live        int32 // bytes of the longest end of that text which begins a longer pattern
	b           byte
}

// newMatcher returns nil when there is nothing to find.
func newMatcher(patterns []string) *matcher {
	if len(patterns) == 0 {
		return nil
	}
	m := &matcher{nodes: make([]node, 1)}
	shortest := len(patterns[0])
	for _, p := range patterns {
		m.add(p)
		shortest = min(shortest, len(p))
	}
	m.nodes = slices.Clip(slices.Clone(m.nodes))
	m.link()
	m.step = min(shortest-gram+1, maxStep)
	m.filter(patterns)
	return m
}

func (m *matcher) add(pattern string) {
	state := int32(0)
	for i := range len(pattern) {
		c := m.child(state, pattern[i])
		if c == 0 {
			c = int32(len(m.nodes))
			m.nodes = append(m.nodes, node{b: pattern[i], next: m.nodes[state].child})
			m.nodes[state].child = c
			if state == 0 {
				m.root[pattern[i]] = c
			}
		}
		state = c
	}
	m.nodes[state].found = int32(len(pattern))
}

// child returns the state after state and b, 0 when no pattern goes on so.
func (m *matcher) child(state int32, b byte) int32 {
	if state == 0 {
		return m.root[b]
	}
	c := m.nodes[state].child
	for c != 0 && m.nodes[c].b != b {
		c = m.nodes[c].next
	}
	return c
}

// link sets what a state owes to the shorter ends of its text, level by level.
func (m *matcher) link() {
	level := []int32{0}
	for depth := int32(1); len(level) > 0; depth++ {
		var below []int32
		for _, parent := range level {
			for c := m.nodes[parent].child; c != 0; c = m.nodes[c].next {
				n := &m.nodes[c]
				if parent != 0 {
					n.fail = m.next(m.nodes[parent].fail, n.b)
				}
				if n.found == 0 {
					n.found = m.nodes[n.fail].found
				}
				if n.live = depth; n.child == 0 {
					n.live = m.nodes[n.fail].live
				}
				below = append(below, c)
			}
		}
		level = below
	}
}

// next returns the state that follows state when b is read.
func (m *matcher) next(state int32, b byte) int32 {
	for state != 0 {
		if c := m.child(state, b); c != 0 {
			return c
		}
		state = m.nodes[state].fail
	}
	return m.root[b]
}

// filter notes the grams at the first step places of each pattern.
func (m *matcher) filter(patterns []string) {
	grams := make([]uint32, 0, len(patterns)*m.step)
	for _, p := range patterns {
		for i := range m.step {
			grams = append(grams, uint32(p[i])|uint32(p[i+1])<<8|uint32(p[i+2])<<16)
		}
	}
	slices.Sort(grams)
	grams = slices.Compact(grams)
	// At least 32 bits for each gram keep false hits under about 3 %; more than
	// 1 Mbit would fall out of the processor's cache.
	size := min(max(bits.Len(uint(32*len(grams))), 13), 20)
	m.shift = uint32(32 - size)
	m.bits = make([]uint64, 1<<size/64)
	for _, g := range grams {
		h := g * hashFactor >> m.shift
		m.bits[h/64] |= 1 << (h % 64)
	}
}

// hashFactor is 2^32 divided by the golden ratio (Knuth, The Art of Computer
// Programming, volume 3, section 6.4).
const hashFactor = 0x9E3779B1

// span is a part of a text, from a byte up to but without another.
type span struct{ from, to int }

// merge adds s to the spans, which are ordered, do not touch and end no later
// than s does. Those that s overlaps or touches become one with it.
func merge(spans []span, s span) []span {
	for n := len(spans); n > 0 && spans[n-1].to >= s.from; n-- {
		s.from = min(s.from, spans[n-1].from)
		spans = spans[:n-1]
	}
	return append(spans, s)
}

type text interface{ string | []byte }

// scan reads t from byte at on, in a state that stands for the bytes before it,
// and adds what it finds to found. With whole, t ends there; otherwise the state
// returned is the one in which the bytes that follow are read.
func scan[T text](m *matcher, t T, at int, state int32, found []span, whole bool) (int32, []span) {
	for at < len(t) {
		sample := -1
		if state == 0 {
			sample = skip(m, t, at)
			if whole && sample+gram > len(t) {
				return 0, found
			}
			at = max(at, sample-m.step+1)
		}
		for at < len(t) {
			state = m.next(state, t[at])
			at++
			n := &m.nodes[state]
			if n.found > 0 {
				found = merge(found, span{at - int(n.found), at})
			}
			// Whatever is still going on began after the sample: sampling again
			// from there misses nothing, and reads fewer than gram bytes twice.
			if n.live < gram && at-int(n.live) > sample {
				at, state = at-int(n.live), 0
				break
			}
		}
	}
	return state, found
}

// skip returns the first sample, from byte at on, that a pattern can begin
// with, or the first that the text is too short for.
func skip[T text](m *matcher, t T, at int) int {
	for ; at+gram <= len(t); at += m.step {
		g := uint32(t[at]) | uint32(t[at+1])<<8 | uint32(t[at+2])<<16
		if h := g * hashFactor >> m.shift; m.bits[h/64]>>(h%64)&1 != 0 {
			break
		}
	}
	return at
}

// replace returns t with the mask in place of each span.
func replace[T text](t T, spans []span) []byte {
	out := slices.Grow([]byte(nil), len(t)+len(spans)*len(Mask))
	from := 0
	for _, s := range spans {
		out = append(append(out, t[from:s.from]...), Mask...)
		from = s.to
	}
	return append(out, t[from:]...)
}
