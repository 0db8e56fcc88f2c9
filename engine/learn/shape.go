package learn

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// graph pins which spans hang directly below which.
func (s *student) graph() {
	g := &spec.GraphExpect{}
	for _, pair := range s.pairs() {
		edge := spec.Edge{From: encode.Literal(pair[0]), To: encode.Literal(pair[1])}
		if s.holds(&spec.Expect{Graph: &spec.GraphExpect{MustInclude: []spec.Edge{edge}}}) {
			g.MustInclude = append(g.MustInclude, edge)
		} else {
			s.leaveOut("'%s' below '%s': not in every trace", pair[1], pair[0])
		}
	}
	g.Acyclic = s.holds(&spec.Expect{Graph: &spec.GraphExpect{Acyclic: true}})
	g.SingleRoot = s.holds(&spec.Expect{Graph: &spec.GraphExpect{SingleRoot: true}})
	g.NoOrphans = !g.SingleRoot && s.holds(&spec.Expect{Graph: &spec.GraphExpect{NoOrphans: true}})
	if len(g.MustInclude) > 0 || g.Acyclic || g.SingleRoot || g.NoOrphans {
		s.out.Graph = g
	}
}

// pairs are the names of parents and children, each pair once, in the order in
// which they first occur.
func (s *student) pairs() [][2]string {
	var out [][2]string
	seen := map[[2]string]bool{}
	for _, set := range s.sets {
		for _, r := range set.TopDown() {
			up := set.Parent(r)
			if up == trace.NoRef {
				continue
			}
			pair := [2]string{set.Span(up).Name, set.Span(r).Name}
			if !seen[pair] && s.stable(pair[0]) && s.stable(pair[1]) {
				seen[pair] = true
				out = append(out, pair)
			}
		}
	}
	return out
}

// counts pins how many spans, events and errors there are: exactly where all
// traces agree, within what was seen where they do not.
func (s *student) counts() {
	c := &spec.CountsExpect{}
	bound := func(what string, of func(*trace.Set) int) *spec.Bound {
		b, exact := s.bound(of)
		if !exact {
			s.leaveOut("the exact %s: between %d and %d", what, *b.Gte, *b.Lte)
		}
		return b
	}
	c.SpansTotal = bound("number of spans", (*trace.Set).Len)
	c.EventsTotal = bound("number of events", func(set *trace.Set) int {
		return total(set, func(sp *trace.Span) int { return len(sp.Events) })
	})
	c.ErrorsTotal = bound("number of errors", func(set *trace.Set) int {
		return total(set, func(sp *trace.Span) int {
			if sp.Status == trace.StatusError {
				return 1
			}
			return 0
		})
	})
	for _, name := range s.names {
		b := bound("number of spans '"+name+"'", func(set *trace.Set) int { return len(set.Named(name)) })
		n := spec.NamedBound{Name: encode.Literal(name), Bound: *b}
		// Two spellings of the runner's own names are one name to the judge.
		if s.holds(&spec.Expect{Counts: &spec.CountsExpect{ByName: []spec.NamedBound{n}}}) {
			c.ByName = append(c.ByName, n)
		}
	}
	s.out.Counts = c
}

func total(set *trace.Set, of func(*trace.Span) int) int {
	n := 0
	for r := range trace.Ref(set.Len()) {
		n += of(set.Span(r))
	}
	return n
}

func (s *student) bound(of func(*trace.Set) int) (b *spec.Bound, exact bool) {
	low := int64(of(s.sets[0]))
	high := low
	for _, set := range s.sets[1:] {
		n := int64(of(set))
		low, high = min(low, n), max(high, n)
	}
	if low == high {
		return &spec.Bound{Eq: &low}, true
	}
	return &spec.Bound{Gte: &low, Lte: &high}, false
}

// order pins which sibling comes after which: neighbours in time in the first
// trace, as far as that held in every trace.
func (s *student) order() {
	var edges []spec.Edge
	after := map[string][]string{}
	for _, pair := range s.neighbours() {
		edge := spec.Edge{From: encode.Literal(pair[0]), To: encode.Literal(pair[1])}
		if reaches(after, pair[1], pair[0]) || !s.holds(&spec.Expect{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{edge}}}) {
			continue
		}
		after[pair[0]] = append(after[pair[0]], pair[1])
		edges = append(edges, edge)
	}
	if len(edges) > 0 {
		s.out.Order = &spec.OrderExpect{MustPrecede: edges}
	}
}

// neighbours are pairs of names of siblings of which one starts when the other
// has ended, with none between them.
func (s *student) neighbours() [][2]string {
	set := s.sets[0]
	var out [][2]string
	look := func(siblings []trace.Ref) {
		timed := slices.DeleteFunc(slices.Clone(siblings), func(r trace.Ref) bool { return !set.Span(r).Timed() })
		slices.SortStableFunc(timed, func(a, b trace.Ref) int { return cmp.Compare(set.Span(a).Start, set.Span(b).Start) })
		for i := 1; i < len(timed); i++ {
			a, b := set.Span(timed[i-1]), set.Span(timed[i])
			pair := [2]string{a.Name, b.Name}
			if a.Name != b.Name && a.End <= b.Start && s.stable(a.Name) && s.stable(b.Name) && !slices.Contains(out, pair) {
				out = append(out, pair)
			}
		}
	}
	look(set.Roots())
	for r := range trace.Ref(set.Len()) {
		look(set.Children(r))
	}
	return out
}

// reaches reports whether a path of edges leads from one name to another.
func reaches(edges map[string][]string, from, to string) bool {
	seen := map[string]bool{}
	stack := []string{from}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == to {
			return true
		}
		if !seen[n] {
			seen[n] = true
			stack = append(stack, edges[n]...)
		}
	}
	return false
}

// status pins that nothing failed, or what did.
func (s *student) status() {
	if all := (&spec.StatusExpect{All: "OK"}); s.holds(&spec.Expect{Status: all}) {
		s.out.Status = all
		return
	}
	e := &spec.StatusExpect{}
	for _, name := range s.names {
		for _, word := range []string{"OK", "ERROR"} {
			n := spec.NamedStatus{Name: encode.Literal(name), Status: word}
			if s.holds(&spec.Expect{Status: &spec.StatusExpect{ByName: []spec.NamedStatus{n}}}) {
				e.ByName = append(e.ByName, n)
			}
		}
	}
	if len(e.ByName) > 0 {
		s.out.Status = e
	}
}

// hermeticity pins that nobody outside was spoken to, and to which services the
// spans belong when they all say the same.
func (s *student) hermeticity() {
	h := &spec.HermeticityExpect{}
	h.NoExternalServices = s.holds(&spec.Expect{Hermeticity: &spec.HermeticityExpect{NoExternalServices: true}})
	if res := s.sets[0].Span(0).Resource; res != nil {
		for _, key := range []string{"service.name", "service.namespace"} {
			v, ok := trace.Lookup(res.Attrs, key)
			a := spec.AttrExpect{Key: key, Value: trace.ValueText(v)}
			if ok && strings.TrimSpace(a.Value) != "" && s.holds(&spec.Expect{Hermeticity: &spec.HermeticityExpect{ResourceAttrs: []spec.AttrExpect{a}}}) {
				h.ResourceAttrs = append(h.ResourceAttrs, a)
			}
		}
	}
	if h.NoExternalServices || len(h.ResourceAttrs) > 0 {
		s.out.Hermeticity = h
	}
}
