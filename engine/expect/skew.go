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
// disagree. There is no tolerance: a nanosecond shows it.
type clock struct{ service, host string }

func (c clock) String() string {
	switch {
	case c == clock{}:
		return "spans without a service"
	case c.host == "":
		return "'" + c.service + "'"
	}
	return fmt.Sprintf("'%s' on '%s'", c.service, c.host)
}

// hostKeys tell the hosts of a service apart, the first that is there.
var hostKeys = [...]string{"host.name", "host.id", "container.id", "k8s.pod.name", "service.instance.id"}

// skew is what a set shows of clocks that disagree. Clocks are numbered. Two
// that are known to disagree are a pair of between. Others are compared by way
// of the clocks that their spans call and are called by: clocks of which no
// parent and child contradict each other are of one class, and all that hangs
// together is of one island. Two clocks of one island and of different classes
// have a disagreement between them, wherever it is.
type skew struct {
	between       map[[2]int]trace.Ref // the child that shows it, by two clocks in both directions
	class, island []int                // by clock
	first         map[int]trace.Ref    // a child that shows a disagreement, by island
	traces        map[int][2]trace.Ref // two rows that cannot be compared, by trace
	of            []int                // clock of each row; nil when no clocks disagree
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
	c := clock{service: text("service.name")}
	for i := 0; i < len(hostKeys) && c.host == ""; i++ {
		c.host = text(hostKeys[i])
	}
	return c
}

// clockNumber is the number of the clock of a row: 0 when no clocks disagree.
func (j *judge) clockNumber(r trace.Ref) int {
	if k := j.skews(); k.of != nil {
		return k.of[r]
	}
	return 0
}

// contradicts reports whether a child of another clock than its parent's starts
// before it or, called by it and answering, after it has ended: what causes
// comes first, so it is the clocks that are wrong. A child that only ends late
// is no sign: work may go on after the call.
func contradicts(child, parent *trace.Span) bool {
	early := child.Start != 0 && parent.Start != 0 && child.Start < parent.Start
	return early || parent.Kind == trace.KindClient && child.Kind == trace.KindServer && parent.Timed() && child.Start > parent.End
}

// skews finds out which clocks disagree, once.
func (j *judge) skews() *skew {
	if j.skewed != nil {
		return j.skewed
	}
	k := &skew{}
	j.skewed = k
	var children []trace.Ref
	for r := range trace.Ref(j.set.Len()) {
		up := j.set.Parent(r)
		if up == trace.NoRef || j.set.Span(r).Resource == j.set.Span(up).Resource {
			continue
		}
		if contradicts(j.set.Span(r), j.set.Span(up)) && j.clockOf(r) != j.clockOf(up) {
			children = append(children, r)
		}
	}
	if len(children) == 0 {
		return k
	}
	clocks := j.numberClocks(k)
	k.between, k.first, k.traces = map[[2]int]trace.Ref{}, map[int]trace.Ref{}, map[int][2]trace.Ref{}
	for _, r := range slices.Backward(children) { // the first one is kept
		a, b := k.of[r], k.of[j.set.Parent(r)]
		k.between[[2]int{a, b}], k.between[[2]int{b, a}] = r, r
	}
	k.class, k.island = make([]int, clocks), make([]int, clocks)
	for i := range clocks {
		k.class[i], k.island[i] = i, i
	}
	for r := range trace.Ref(j.set.Len()) {
		up := j.set.Parent(r)
		if up == trace.NoRef || k.of[r] == k.of[up] {
			continue
		}
		join(k.island, k.of[r], k.of[up])
		if _, known := k.between[[2]int{k.of[r], k.of[up]}]; !known {
			join(k.class, k.of[r], k.of[up])
		}
	}
	for i := range clocks {
		k.class[i], k.island[i] = top(k.class, i), top(k.island, i)
	}
	for _, r := range slices.Backward(children) {
		k.first[k.island[k.of[r]]] = r
	}
	j.mixedTraces(k)
	return k
}

// numberClocks gives every row the number of its clock and returns how many there
// are.
func (j *judge) numberClocks(k *skew) int {
	numbers, known := map[clock]int{}, map[*trace.Resource]int{}
	k.of = make([]int, j.set.Len())
	for r := range trace.Ref(j.set.Len()) {
		res := j.set.Span(r).Resource
		n, seen := known[res]
		if !seen {
			c := j.clockOf(r)
			if n, seen = numbers[c]; !seen {
				n = len(numbers)
				numbers[c] = n
			}
			known[res] = n
		}
		k.of[r] = n
	}
	return len(numbers)
}

// mixedTraces finds the traces whose spans cannot all be compared.
func (j *judge) mixedTraces(k *skew) {
	seen, clocks := map[[2]int]bool{}, map[int][]trace.Ref{} // of a trace, a row of each clock
	for r := range trace.Ref(j.set.Len()) {
		t := j.set.Trace(r)
		if key := [2]int{t, k.of[r]}; seen[key] {
			continue
		} else {
			seen[key] = true
		}
		for _, other := range clocks[t] {
			if _, known := k.traces[t]; !known && j.apart(other, r) {
				k.traces[t] = [2]trace.Ref{other, r}
			}
		}
		clocks[t] = append(clocks[t], r)
	}
}

// top is what stands for the group of i; join makes one group of two.
func top(group []int, i int) int {
	for group[i] != i {
		group[i] = group[group[i]]
		i = group[i]
	}
	return i
}

func join(group []int, a, b int) {
	if a, b = top(group, a), top(group, b); a != b {
		group[max(a, b)] = min(a, b)
	}
}

// apart reports whether the trace shows that the clocks of two rows disagree, or
// others between them.
func (j *judge) apart(a, b trace.Ref) bool {
	k := j.skews()
	return k.of != nil && k.apart(k.of[a], k.of[b])
}

// apart is the same for the clocks of those numbers.
func (k *skew) apart(x, y int) bool {
	if x == y {
		return false
	}
	if _, found := k.between[[2]int{x, y}]; found {
		return true
	}
	return k.class[x] != k.class[y] && k.island[x] == k.island[y]
}

// skewText says how it is known that the clocks of two rows, which are apart,
// disagree.
func (j *judge) skewText(a, b trace.Ref) string {
	k := j.skews()
	if child, direct := k.between[[2]int{k.of[a], k.of[b]}]; direct {
		return fmt.Sprintf("clock skew: the clocks of %s and %s disagree: %s", j.clockOf(a), j.clockOf(b), j.witness(child))
	}
	child := k.first[k.island[k.of[a]]]
	return fmt.Sprintf("clock skew: the clocks of %s and %s cannot be compared, for those of %s and %s disagree: %s",
		j.clockOf(a), j.clockOf(b), j.clockOf(j.set.Parent(child)), j.clockOf(child), j.witness(child))
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
	if j.skews().of == nil {
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
