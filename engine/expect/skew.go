package expect

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// clock names what stamped a span: a service, on a host. Spans of one clock can
// be compared in time; those of two can unless the trace shows that they
// disagree.
type clock struct{ service, host string }

func (c clock) String() string {
	if c.host == "" {
		return "'" + c.service + "'"
	}
	return fmt.Sprintf("'%s' on '%s'", c.service, c.host)
}

// skew is what a set shows of clocks that disagree: the pairs, in both
// directions, each with a parent and child that cannot be as they were stamped,
// and the traces where that was seen.
type skew struct {
	between map[[2]int]trace.Ref // the child, by the numbers of the clocks
	traces  map[int]trace.Ref    // the child, by trace
	of      []int                // number of the clock of each row; nil when no clocks disagree
}

// clockOf is the clock of a row, the zero one when the span does not say whose it
// is.
func (j *judge) clockOf(r trace.Ref) clock {
	res := j.set.Span(r).Resource
	if res == nil {
		return clock{}
	}
	text := func(key string) string {
		if v, ok := trace.Lookup(res.Attrs, key); ok {
			return trace.ValueText(v)
		}
		return ""
	}
	return clock{text("service.name"), text("host.name")}
}

// skews looks for children of another clock than their parent's that start
// before it, or, called by it and answering, after it has ended: what causes
// comes first, so it is the clocks that are wrong. A child that only ends late
// is no sign: work may go on after the call.
func (j *judge) skews() *skew {
	if j.skewed != nil {
		return j.skewed
	}
	k := &skew{between: map[[2]int]trace.Ref{}, traces: map[int]trace.Ref{}}
	j.skewed = k
	var children []trace.Ref
	for r := range trace.Ref(j.set.Len()) {
		up := j.set.Parent(r)
		if up == trace.NoRef || j.set.Span(r).Resource == j.set.Span(up).Resource {
			continue
		}
		s, p := j.set.Span(r), j.set.Span(up)
		early := s.Start != 0 && p.Start != 0 && s.Start < p.Start
		late := p.Kind == trace.KindClient && s.Kind == trace.KindServer && p.Timed() && s.Start > p.End
		if !early && !late {
			continue
		}
		a, b := j.clockOf(r), j.clockOf(up)
		if a == b || a == (clock{}) || b == (clock{}) {
			continue
		}
		children = append(children, r)
	}
	if len(children) == 0 {
		return k
	}
	numbers := map[clock]int{}
	k.of = make([]int, j.set.Len())
	for r := range trace.Ref(j.set.Len()) {
		c := j.clockOf(r)
		if _, known := numbers[c]; !known {
			numbers[c] = len(numbers)
		}
		k.of[r] = numbers[c]
	}
	for _, r := range slices.Backward(children) { // the first one is kept
		a, b := k.of[r], k.of[j.set.Parent(r)]
		k.between[[2]int{a, b}], k.between[[2]int{b, a}] = r, r
		k.traces[j.set.Trace(r)] = r
	}
	return k
}

// apart reports whether the trace shows that the clocks of two rows disagree.
func (j *judge) apart(a, b trace.Ref) bool {
	k := j.skews()
	if len(k.between) == 0 {
		return false
	}
	_, found := k.between[[2]int{k.of[a], k.of[b]}]
	return found
}

// skewText says how it is known that the clocks of two rows disagree.
func (j *judge) skewText(a, b trace.Ref) string {
	k := j.skews()
	return fmt.Sprintf("clock skew: the clocks of %s and %s disagree: %s", j.clockOf(a), j.clockOf(b), j.witness(k.between[[2]int{k.of[a], k.of[b]}]))
}

// witness words what a child and its parent show.
func (j *judge) witness(child trace.Ref) string {
	s, p := j.set.Span(child), j.set.Span(j.set.Parent(child))
	if s.Start < p.Start {
		return fmt.Sprintf("'%s' starts %s before its parent '%s'", s.Name, millis(p.Start-s.Start), p.Name)
	}
	return fmt.Sprintf("'%s' starts %s after the call '%s' has ended", s.Name, millis(s.Start-p.End), p.Name)
}

// comparison are the windows that the spans of one clock in one trace may be
// compared with, and a window of that trace that was left out, if any.
type comparison struct {
	kept []window
	left trace.Ref
}

// comparable picks the windows whose clock is not known to disagree with that of
// a row; it is worked out once for each clock of a trace.
func (j *judge) comparable(done map[[2]int]comparison, ws []window, r trace.Ref) comparison {
	if len(j.skews().between) == 0 {
		return comparison{ws, trace.NoRef}
	}
	key := [2]int{j.set.Trace(r), j.skewed.of[r]}
	c, known := done[key]
	if known {
		return c
	}
	c.left = trace.NoRef
	from := sort.Search(len(ws), func(i int) bool { return ws[i].trace >= key[0] })
	for _, w := range ws[from:] {
		if w.trace != key[0] {
			break
		}
		if j.apart(w.ref, r) {
			c.left = w.ref
			continue
		}
		w.reach = w.end
		if n := len(c.kept); n > 0 {
			w.reach = max(w.end, c.kept[n-1].reach)
		}
		c.kept = append(c.kept, w)
	}
	done[key] = c
	return c
}

// causes reports whether an ancestor of the row, of a clock that disagrees with
// its own, matches: it came first, whatever the clocks say.
func (j *judge) causes(p *pattern, r trace.Ref) bool {
	up := j.set.Parent(r)
	for n := 0; up != trace.NoRef && n < j.set.Len(); n++ {
		if j.has(p, up) && up != r && j.apart(up, r) {
			return true
		}
		up = j.set.Parent(up)
	}
	return false
}

// firstOfClock are, for every clock, the two of the spans that match p that end
// first.
func (j *judge) firstOfClock(p *pattern) map[int][2]moment {
	ends := map[int][2]moment{}
	for _, r := range p.refs {
		s := j.set.Span(r)
		if !s.Timed() {
			continue
		}
		two, known := ends[j.skews().of[r]]
		if !known {
			two = [2]moment{{math.MaxUint64, trace.NoRef}, {math.MaxUint64, trace.NoRef}}
		}
		switch {
		case s.End < two[0].at:
			two = [2]moment{{s.End, r}, two[0]}
		case s.End < two[1].at:
			two[1] = moment{s.End, r}
		}
		ends[j.skewed.of[r]] = two
	}
	return ends
}

// before reports whether one of the spans ends before the row starts by clocks
// that may be compared. Otherwise it returns one whose clock disagrees with the
// row's, if any.
func (j *judge) before(ends map[int][2]moment, r trace.Ref) (found bool, left trace.Ref) {
	left = trace.NoRef
	start := j.set.Span(r).Start
	for _, two := range ends {
		done := two[0]
		if done.ref == r {
			done = two[1] // a span does not precede itself
		}
		switch {
		case done.ref == trace.NoRef:
		case j.apart(done.ref, r):
			if left == trace.NoRef || done.ref < left {
				left = done.ref
			}
		case done.at <= start:
			return true, trace.NoRef
		}
	}
	return false, left
}
