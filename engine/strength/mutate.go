package strength

import (
	"fmt"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Mutation names a way of breaking a trace.
type Mutation string

// The ways of breaking a trace.
const (
	DropSpan        Mutation = "drop-span"        // the span is not there
	Reparent        Mutation = "re-parent"        // it hangs below another span
	SwapOrder       Mutation = "swap-order"       // it and its next sibling have changed places in time
	FlipStatus      Mutation = "flip-status"      // success is an error, an error is a success
	ChangeAttribute Mutation = "change-attribute" // an attribute has another value
	RemoveAttribute Mutation = "remove-attribute" // an attribute is missing
	StretchDuration Mutation = "stretch-duration" // it lasts eleven times as long and a second more
	DuplicateSpan   Mutation = "duplicate-span"   // it is there twice
)

// mutant is one broken trace, described by what was done.
type mutant struct {
	kind   Mutation
	row    trace.Ref // of the span that was broken, in the honest set
	other  trace.Ref // the new parent, NoRef for none; the sibling
	key    string    // of the attribute
	detail string
	apply  func([]trace.Span) []trace.Span // breaks a copy
}

// mutants lists every mutant of a set, in the order of its spans. Only fixed
// attributes are touched.
func mutants(set *trace.Set, fixed func(trace.Attr) bool) []mutant {
	var out []mutant
	ids := map[string]bool{}
	for r := range trace.Ref(set.Len()) {
		ids[set.Span(r).ID] = true
	}
	for r := range trace.Ref(set.Len()) {
		out = append(out, mutant{kind: DropSpan, row: r, other: trace.NoRef, apply: func(s []trace.Span) []trace.Span {
			return slices.Delete(s, int(r), int(r)+1)
		}})
		if m, ok := reparent(set, r); ok {
			out = append(out, m)
		}
		if m, ok := swap(set, r); ok {
			out = append(out, m)
		}
		out = append(out, flip(set, r))
		out = append(out, attributes(set, r, fixed)...)
		if m, ok := stretch(set, r); ok {
			out = append(out, m)
		}
		out = append(out, duplicate(set, r, ids))
	}
	return out
}

// change is a mutant in which one span is broken in place.
func change(kind Mutation, r trace.Ref, detail string, do func(*trace.Span)) mutant {
	return mutant{kind: kind, row: r, other: trace.NoRef, detail: detail, apply: func(s []trace.Span) []trace.Span {
		do(&s[r])
		return s
	}}
}

// reparent hangs a span below its grandparent, else below a sibling, else
// nowhere. A root without a sibling stays where it is.
func reparent(set *trace.Set, r trace.Ref) (mutant, bool) {
	up := set.Parent(r)
	to := trace.NoRef
	if up != trace.NoRef {
		to = set.Parent(up)
	}
	if to == trace.NoRef {
		for _, s := range siblings(set, r) {
			if s != r && set.Span(s).ID != "" {
				to = s
				break
			}
		}
	}
	if to == trace.NoRef && up == trace.NoRef || to == r || slices.ContainsFunc(set.Cycles(), func(c []trace.Ref) bool { return slices.Contains(c, r) }) {
		return mutant{}, false
	}
	id, detail := "", "to no parent"
	if to != trace.NoRef {
		id, detail = set.Span(to).ID, fmt.Sprintf("to '%s'", set.Span(to).Name)
	}
	m := change(Reparent, r, detail, func(s *trace.Span) { s.ParentID = id })
	m.other = to
	return m, true
}

// siblings are the spans below the same parent, and the roots of the same trace
// for a root.
func siblings(set *trace.Set, r trace.Ref) []trace.Ref {
	if up := set.Parent(r); up != trace.NoRef {
		return set.Children(up)
	}
	if set.Span(r).ParentID != "" {
		return nil // an orphan: who its siblings are is not known
	}
	var out []trace.Ref
	for _, s := range set.Roots() {
		if set.Trace(s) == set.Trace(r) {
			out = append(out, s)
		}
	}
	return out
}

// next is the sibling of another name that starts first after a span has ended.
func next(set *trace.Set, r trace.Ref) (trace.Ref, bool) {
	a := set.Span(r)
	best := trace.NoRef
	for _, s := range siblings(set, r) {
		b := set.Span(s)
		if s == r || b.Name == a.Name || !b.Timed() || b.Start < a.End {
			continue
		}
		if best == trace.NoRef || b.Start < set.Span(best).Start {
			best = s
		}
	}
	return best, best != trace.NoRef && a.Timed()
}

// swap lets the next sibling happen first: it starts when the span did, and the
// span ends when the sibling did. What lies below them moves along.
func swap(set *trace.Set, r trace.Ref) (mutant, bool) {
	b, ok := next(set, r)
	if !ok {
		return mutant{}, false
	}
	first, second := set.Span(r), set.Span(b)
	if first.Start == second.Start && first.End == second.End {
		return mutant{}, false // at the same moment: nothing to swap
	}
	later, earlier := second.End-first.End, second.Start-first.Start
	below, after := subtree(set, r), subtree(set, b)
	return mutant{kind: SwapOrder, row: r, other: b, detail: fmt.Sprintf("with '%s'", second.Name), apply: func(s []trace.Span) []trace.Span {
		for _, x := range below {
			move(&s[x], later)
		}
		for _, x := range after {
			move(&s[x], -earlier)
		}
		return s
	}}, true
}

// move shifts a span in time; a negative shift wraps, as unsigned sums do.
func move(s *trace.Span, by uint64) {
	if s.Timed() {
		s.Start, s.End = s.Start+by, s.End+by
	}
}

// subtree is a span and everything below it.
func subtree(set *trace.Set, r trace.Ref) []trace.Ref {
	out := []trace.Ref{r}
	for i := 0; i < len(out) && len(out) <= set.Len(); i++ {
		out = append(out, set.Children(out[i])...)
	}
	return out
}

func flip(set *trace.Set, r trace.Ref) mutant {
	to := trace.StatusError
	if set.Span(r).Status == trace.StatusError {
		to = trace.StatusOK
	}
	return change(FlipStatus, r, "to "+to.String(), func(s *trace.Span) { s.Status = to })
}

// attributes changes and removes every fixed attribute.
func attributes(set *trace.Set, r trace.Ref, fixed func(trace.Attr) bool) []mutant {
	var out []mutant
	for i, a := range set.Span(r).Attrs {
		if !fixed(a) {
			continue
		}
		value := other(a.Value)
		changed := change(ChangeAttribute, r, fmt.Sprintf("%s = %s", a.Key, trace.ValueText(value)), func(s *trace.Span) {
			s.Attrs = slices.Clone(s.Attrs)
			s.Attrs[i].Value = value
		})
		removed := change(RemoveAttribute, r, a.Key, func(s *trace.Span) {
			s.Attrs = slices.Delete(slices.Clone(s.Attrs), i, i+1)
		})
		changed.key, removed.key = a.Key, a.Key
		out = append(out, changed, removed)
	}
	return out
}

// other is a value of the same type that is not the same.
func other(v any) any {
	switch x := v.(type) {
	case bool:
		return !x
	case int64:
		return x + 1
	case float64:
		if x+1 != x {
			return x + 1
		}
		return -x
	case string:
		return x + "~"
	default:
		return "~"
	}
}

func stretch(set *trace.Set, r trace.Ref) (mutant, bool) {
	ns, known := set.Span(r).Duration()
	if !known {
		return mutant{}, false
	}
	by := stretched(ns) - ns
	return change(StretchDuration, r, fmt.Sprintf("by %.0f ms", float64(by)/1e6), func(s *trace.Span) {
		if s.Timed() {
			s.End += by
		} else {
			s.Elapsed += by
		}
	}), true
}

// stretched is how long, in ns, a span of ns lasts in its mutant.
func stretched(ns uint64) uint64 { return 11*ns + 1e9 }

// duplicate adds a copy under an id of its own.
func duplicate(set *trace.Set, r trace.Ref, taken map[string]bool) mutant {
	return mutant{kind: DuplicateSpan, row: r, other: trace.NoRef, apply: func(s []trace.Span) []trace.Span {
		twin := s[r]
		if twin.ID != "" {
			for n := uint64(1); taken[twin.ID]; n++ {
				twin.ID = fmt.Sprintf("%016x", n)
			}
		}
		return append(s, twin)
	}}
}
