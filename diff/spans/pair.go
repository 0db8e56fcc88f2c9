package spans

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// side is one of the two traces with what pairing needs to know of it.
type side struct {
	set     *trace.Set
	partner []trace.Ref // in the other set; NoRef while there is none
	own     []uint64    // hash of what a span says
	tree    []uint64    // the same with everything below it
	ordinal []int32     // among the siblings of the same name, from 1
	cyclic  []bool
}

// matcher pairs the spans of two sets.
type matcher struct {
	old, new *side
	ignore   map[string]bool
	presence bool // values of attributes do not count
	seed     maphash.Seed
	moved    []trace.Ref // old spans whose partner stands elsewhere
}

func newSide(m *matcher, set *trace.Set) *side {
	n := set.Len()
	s := &side{set: set, partner: make([]trace.Ref, n), own: make([]uint64, n), tree: make([]uint64, n), ordinal: make([]int32, n), cyclic: make([]bool, n)}
	for i := range s.partner {
		s.partner[i] = trace.NoRef
	}
	for _, c := range set.Cycles() {
		for _, r := range c {
			s.cyclic[r] = true
		}
	}
	resources := map[*trace.Resource]uint64{}
	for r := range trace.Ref(n) {
		s.own[r] = m.content(set.Span(r), resources)
	}
	for _, r := range slices.Backward(set.TopDown()) {
		h := s.own[r]
		for _, c := range set.Children(r) {
			if !s.cyclic[c] {
				h += mix(s.tree[c])
			}
		}
		s.tree[r] = h
	}
	s.number()
	return s
}

// mix spreads a hash, so that sums of hashes do not cancel each other.
func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// content hashes what a span says, apart from its place, its times and what
// differs from run to run. The order of attributes does not matter.
func (m *matcher) content(s *trace.Span, resources map[*trace.Resource]uint64) uint64 {
	h := mix(maphash.String(m.seed, s.Name)) + uint64(s.Kind)<<8 + uint64(s.Status)
	h += m.attrs(s.Attrs)
	for i := range s.Events {
		h += 3 * mix(maphash.String(m.seed, s.Events[i].Name)+m.attrs(s.Events[i].Attrs))
	}
	if s.Resource != nil {
		of, known := resources[s.Resource]
		if !known {
			of = 5 * mix(m.attrs(s.Resource.Attrs))
			resources[s.Resource] = of
		}
		h += of
	}
	return h
}

func (m *matcher) attrs(attrs []trace.Attr) (h uint64) {
	for _, a := range attrs {
		if text, ok := m.stable(a); ok {
			h += mix(maphash.String(m.seed, a.Key) ^ mix(maphash.String(m.seed, text)))
		}
	}
	return h
}

// stable is the comparable text of an attribute; false when it is ignored.
func (m *matcher) stable(a trace.Attr) (string, bool) {
	if m.ignore[a.Key] {
		return "", false
	}
	text, ok := trace.Stable(a)
	if m.presence {
		text = "there"
	}
	return text, ok
}

// tops are the spans that hang below no other.
func (s *side) tops() []trace.Ref {
	out := slices.Concat(s.set.Roots(), s.set.Orphans())
	for _, c := range s.set.Cycles() {
		out = append(out, c...)
	}
	return out
}

// below are the children of a span that do not stand on a cycle.
func (s *side) below(r trace.Ref) []trace.Ref {
	kids := s.set.Children(r)
	if !slices.ContainsFunc(kids, func(c trace.Ref) bool { return s.cyclic[c] }) {
		return slices.Clone(kids)
	}
	return slices.DeleteFunc(slices.Clone(kids), func(c trace.Ref) bool { return s.cyclic[c] })
}

// arrange sorts siblings by name, then by start, then as they came.
func (s *side) arrange(list []trace.Ref) {
	slices.SortFunc(list, func(a, b trace.Ref) int {
		return cmp.Or(cmp.Compare(s.set.NameID(a), s.set.NameID(b)), cmp.Compare(s.set.Span(a).Start, s.set.Span(b).Start), cmp.Compare(a, b))
	})
}

// number gives every span its ordinal among the siblings of the same name.
func (s *side) number() {
	siblings := func(list []trace.Ref) {
		s.arrange(list)
		for i, r := range list {
			s.ordinal[r] = 1
			if i > 0 && s.set.NameID(list[i-1]) == s.set.NameID(r) {
				s.ordinal[r] = s.ordinal[list[i-1]] + 1
			}
		}
	}
	siblings(s.tops())
	for r := range trace.Ref(s.set.Len()) {
		if len(s.set.Children(r)) > 0 {
			siblings(s.below(r))
		}
	}
}

// run pairs everything: level by level from the tops, then what stands elsewhere.
func (m *matcher) run() {
	m.siblings(m.old.tops(), m.new.tops())
	m.elsewhere(func(s *side, r trace.Ref) uint64 { return s.tree[r] })
	m.elsewhere(func(s *side, r trace.Ref) uint64 { return s.own[r] })
}

// siblings pairs two lists of siblings and everything below the pairs.
func (m *matcher) siblings(old, new []trace.Ref) {
	type level struct{ old, new []trace.Ref }
	todo := []level{{old, new}}
	for len(todo) > 0 {
		l := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range m.level(l.old, l.new) {
			if len(m.old.set.Children(p[0])) > 0 && len(m.new.set.Children(p[1])) > 0 {
				todo = append(todo, level{m.old.below(p[0]), m.new.below(p[1])})
			}
		}
	}
}

// level pairs the siblings of the same name and returns the pairs.
func (m *matcher) level(old, new []trace.Ref) (pairs [][2]trace.Ref) {
	old = slices.DeleteFunc(old, func(r trace.Ref) bool { return m.old.partner[r] != trace.NoRef })
	new = slices.DeleteFunc(new, func(r trace.Ref) bool { return m.new.partner[r] != trace.NoRef })
	m.old.arrange(old)
	m.new.arrange(new)
	for len(old) > 0 && len(new) > 0 {
		x, y := m.old.set.Span(old[0]).Name, m.new.set.Span(new[0]).Name
		way := strings.Compare(x, y)
		i, j := m.old.sameName(old), m.new.sameName(new)
		if way == 0 {
			pairs = append(pairs, m.named(old[:i], new[:j])...)
		}
		if way <= 0 {
			old = old[i:]
		}
		if way >= 0 {
			new = new[j:]
		}
	}
	return pairs
}

// sameName is how many of a list begin with the same name.
func (s *side) sameName(list []trace.Ref) int {
	n := 1
	for n < len(list) && s.set.NameID(list[n]) == s.set.NameID(list[0]) {
		n++
	}
	return n
}

// named pairs siblings of one name: those that are the same with all below them,
// then those that say the same, then the others in their order.
func (m *matcher) named(old, new []trace.Ref) (pairs [][2]trace.Ref) {
	pair := func(a, b trace.Ref) {
		m.old.partner[a], m.new.partner[b] = b, a
		pairs = append(pairs, [2]trace.Ref{a, b})
	}
	if len(old) == 1 && len(new) == 1 {
		pair(old[0], new[0])
		return pairs
	}
	for _, hash := range [...]func(*side, trace.Ref) uint64{
		func(s *side, r trace.Ref) uint64 { return s.tree[r] },
		func(s *side, r trace.Ref) uint64 { return s.own[r] },
		func(*side, trace.Ref) uint64 { return 0 },
	} {
		waiting := make(map[uint64][]trace.Ref, len(new))
		for _, r := range new {
			if m.new.partner[r] == trace.NoRef {
				h := hash(m.new, r)
				waiting[h] = append(waiting[h], r)
			}
		}
		if len(waiting) == 0 {
			break
		}
		for _, r := range old {
			if m.old.partner[r] != trace.NoRef {
				continue
			}
			h := hash(m.old, r)
			if l := waiting[h]; len(l) > 0 {
				pair(r, l[0])
				waiting[h] = l[1:]
			}
		}
	}
	return pairs
}

// elsewhere pairs spans that have no partner at their place with the same span at
// another, and what hangs below them.
func (m *matcher) elsewhere(hash func(*side, trace.Ref) uint64) {
	waiting := map[uint64][]trace.Ref{}
	for _, r := range m.new.set.TopDown() {
		if m.new.partner[r] == trace.NoRef {
			h := hash(m.new, r)
			waiting[h] = append(waiting[h], r)
		}
	}
	if len(waiting) == 0 {
		return
	}
	for _, a := range m.old.set.TopDown() {
		if m.old.partner[a] != trace.NoRef {
			continue
		}
		h := hash(m.old, a)
		l := waiting[h]
		for len(l) > 0 && m.new.partner[l[0]] != trace.NoRef {
			l = l[1:]
		}
		if len(l) > 0 {
			b := l[0]
			l = l[1:]
			m.old.partner[a], m.new.partner[b] = b, a
			m.moved = append(m.moved, a)
			m.siblings(m.old.below(a), m.new.below(b))
		}
		waiting[h] = l
	}
}
