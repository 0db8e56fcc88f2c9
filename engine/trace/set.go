package trace

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Ref is a row of a Set, from 0 to Len()-1.
type Ref int32

// NoRef stands for "no such span".
const NoRef Ref = -1

// NameID numbers the distinct span names of a Set, from 0 to len(Names())-1 in
// the order of the alphabet.
type NameID int32

// Set is an indexed collection of spans that never changes once built, so any
// number of goroutines may read it. Spans are reached through accessors only;
// how they are stored is the Set's own business.
type Set struct {
	spans    []Span
	names    []string // sorted
	nameOf   []NameID
	byName   rows // by NameID
	byID     *idTable
	trace    []int32 // dense number of the trace
	traces   int
	parent   []Ref
	children rows // by Ref
	roots    []Ref
	orphans  []Ref
	topDown  []Ref
	cycles   [][]Ref
	sources  []Source
	problems []Problem
}

// rows is a list of rows per key, packed: those of key k are
// refs[start[k]:start[k+1]].
type rows struct {
	start []int32
	refs  []Ref
}

func (r rows) of(k int) []Ref { return r.refs[r.start[k]:r.start[k+1]:r.start[k+1]] }

// groupRows groups the rows 0..n-1 by key, in row order; a negative key leaves
// a row out.
func groupRows(n, keys int, key func(Ref) int) rows {
	start := make([]int32, keys+1)
	for i := range n {
		if k := key(Ref(i)); k >= 0 {
			start[k+1]++
		}
	}
	for k := range keys {
		start[k+1] += start[k]
	}
	refs := make([]Ref, start[keys])
	next := slices.Clone(start[:keys])
	for i := range n {
		if k := key(Ref(i)); k >= 0 {
			refs[next[k]] = Ref(i)
			next[k]++
		}
	}
	return rows{start: start, refs: refs}
}

// Problem is something wrong with the collected spans themselves. A Set has at
// most one of each code.
type Problem struct {
	Code     string   // ConflictingDuplicate or DroppedData
	Count    int      // spans concerned
	Message  string   // one sentence: how many, and the first of them
	Examples []string // a sentence for each of the first few
	Spans    []string // their names
}

// maxExamples bounds the examples of a problem.
const maxExamples = 5

// addProblem counts a problem with one more span.
func (s *Set) addProblem(code, example string, spans ...string) {
	i := slices.IndexFunc(s.problems, func(p Problem) bool { return p.Code == code })
	if i < 0 {
		i = len(s.problems)
		s.problems = append(s.problems, Problem{Code: code})
	}
	p := &s.problems[i]
	if p.Count++; p.Count <= maxExamples {
		p.Examples = append(p.Examples, example)
		p.Spans = append(p.Spans, spans...)
	}
	p.Message = p.Examples[0]
	if p.Count > 1 {
		p.Message += fmt.Sprintf(" (and %d more like it)", p.Count-1)
	}
}

// ConflictingDuplicate is the code of the problem of two spans with the same
// ids and different content. It is an error: nobody can tell which of the two
// was meant.
const ConflictingDuplicate = "conflicting-duplicate"

// DroppedData is the code of the problem of attributes or events that an SDK
// says it left out: their absence proves nothing.
const DroppedData = "dropped-data"

// NewSet indexes spans. It takes the slice over: the caller must not change it
// afterwards. A span that arrived twice with the same ids is kept once, as it
// came first; different content under the same ids is a Problem.
func NewSet(spans []Span) *Set {
	s := &Set{}
	s.dedupe(spans)
	s.indexNames()
	s.linkParents()
	s.walk()
	s.findSources()
	return s
}

// dedupe fills spans and byID. It copies only when there are duplicates.
func (s *Set) dedupe(spans []Span) {
	s.byID = newIDTable(spans)
	kept := spans
	copied := false
	for i := range spans {
		sp := &spans[i]
		if sp.ID != "" {
			place := &s.byID.rows[s.byID.place(sp.TraceID, sp.ID)]
			if *place != NoRef {
				if !copied {
					kept, copied = slices.Clone(spans[:i]), true
				}
				s.compare(&kept[*place], sp)
				continue
			}
			*place = Ref(i)
			if copied {
				*place = Ref(len(kept))
			}
		}
		if copied {
			kept = append(kept, *sp)
			s.byID.spans = kept
		}
		if sp.Dropped > 0 {
			s.addProblem(DroppedData, fmt.Sprintf("the SDK left out %d attributes or events of span '%s'", sp.Dropped, sp.Name), sp.Name)
		}
	}
	s.spans, s.byID.spans = kept, kept
}

// compare reports b when it is not the same span as a, which has its ids. The
// channel may differ: a program may print and export the same span.
func (s *Set) compare(a, b *Span) {
	x, y := *a, *b
	x.Source, y.Source = Source{}, Source{}
	if reflect.DeepEqual(x, y) {
		return
	}
	names := []string{a.Name}
	if b.Name != a.Name {
		names = append(names, b.Name)
	}
	s.addProblem(ConflictingDuplicate, fmt.Sprintf("two different spans have the id %s in the same trace: '%s' (from %s) and '%s' (from %s)",
		a.ID, a.Name, orUnknown(a.Source), b.Name, orUnknown(b.Source)), names...)
}

func orUnknown(s Source) string {
	if t := s.String(); t != "" {
		return t
	}
	return "an unknown source"
}

func (s *Set) indexNames() {
	ids := make(map[string]NameID, 16)
	s.nameOf = make([]NameID, len(s.spans))
	for i := range s.spans {
		name := s.spans[i].Name
		id, ok := ids[name]
		if !ok {
			id = NameID(len(s.names))
			ids[name] = id
			s.names = append(s.names, name)
		}
		s.nameOf[i] = id
	}
	// So far the names are numbered as they came.
	byAlphabet := make([]NameID, len(s.names))
	arrived := slices.Clone(s.names)
	slices.Sort(s.names)
	for i, name := range s.names {
		byAlphabet[ids[name]] = NameID(i)
	}
	if !slices.Equal(arrived, s.names) {
		for i, id := range s.nameOf {
			s.nameOf[i] = byAlphabet[id]
		}
	}
	s.byName = groupRows(len(s.spans), len(s.names), func(r Ref) int { return int(s.nameOf[r]) })
}

func (s *Set) linkParents() {
	s.numberTraces()
	s.parent = make([]Ref, len(s.spans))
	for i := range s.spans {
		sp := &s.spans[i]
		s.parent[i] = NoRef
		if sp.ParentID == "" {
			s.roots = append(s.roots, Ref(i))
		} else if p := s.byID.rows[s.byID.place(sp.TraceID, sp.ParentID)]; p != NoRef {
			s.parent[i] = p
		} else {
			s.orphans = append(s.orphans, Ref(i))
		}
	}
	s.children = groupRows(len(s.spans), len(s.spans), func(r Ref) int { return int(s.parent[r]) })
}

// numberTraces numbers the traces in the order in which they came.
func (s *Set) numberTraces() {
	traces := make(map[string]int32, 4)
	s.trace = make([]int32, len(s.spans))
	last := int32(-1)
	for i := range s.spans {
		id := s.spans[i].TraceID
		if last < 0 || s.spans[i-1].TraceID != id {
			n, ok := traces[id]
			if !ok {
				n = int32(len(traces))
				traces[id] = n
			}
			last = n
		}
		s.trace[i] = last
	}
	s.traces = len(traces)
}

// walk orders the spans so that parents come before children, and finds the
// cycles on the way: they are what cannot be reached from a root or an orphan.
func (s *Set) walk() {
	n := len(s.spans)
	s.topDown = make([]Ref, 0, n)
	s.topDown = append(append(s.topDown, s.roots...), s.orphans...)
	next := 0
	descend := func() {
		for ; next < len(s.topDown); next++ {
			s.topDown = append(s.topDown, s.children.of(int(s.topDown[next]))...)
		}
	}
	descend()
	if len(s.topDown) == n {
		return
	}
	seen := make([]int32, n) // 0 unseen, else the number of the walk that saw it
	for _, r := range s.topDown {
		seen[r] = -1
	}
	onCycle := make([]bool, n)
	for i := range n {
		mark := int32(i + 1)
		r := Ref(i)
		for ; seen[r] == 0; r = s.parent[r] {
			seen[r] = mark
		}
		if seen[r] != mark {
			continue
		}
		var cycle []Ref
		for c := r; !onCycle[c]; c = s.parent[c] {
			onCycle[c] = true
			cycle = append(cycle, c)
		}
		s.cycles = append(s.cycles, cycle)
	}
	for _, cycle := range s.cycles {
		s.topDown = append(s.topDown, cycle...)
	}
	for ; next < len(s.topDown); next++ {
		for _, c := range s.children.of(int(s.topDown[next])) {
			if !onCycle[c] {
				s.topDown = append(s.topDown, c)
			}
		}
	}
}

func (s *Set) findSources() {
	seen := make(map[Source]bool)
	var last Source
	for i := range s.spans {
		src := s.spans[i].Source
		if i > 0 && src == last {
			continue
		}
		last = src
		if !seen[src] {
			seen[src] = true
			s.sources = append(s.sources, src)
		}
	}
	slices.SortFunc(s.sources, func(a, b Source) int {
		return strings.Compare(a.Kind+"\x00"+a.Service+"\x00"+a.Scenario, b.Kind+"\x00"+b.Service+"\x00"+b.Scenario)
	})
}

// Len is the number of spans, without duplicates.
func (s *Set) Len() int { return len(s.spans) }

// Span returns the span of a row. It must not be changed.
func (s *Set) Span(r Ref) *Span { return &s.spans[r] }

// Names returns the distinct span names, sorted. It must not be changed.
func (s *Set) Names() []string { return s.names }

// NameID returns the number of the name of a row.
func (s *Set) NameID(r Ref) NameID { return s.nameOf[r] }

// Named returns the rows of the spans with that exact name, in order of
// arrival. It must not be changed.
func (s *Set) Named(name string) []Ref {
	i, ok := slices.BinarySearch(s.names, name)
	if !ok {
		return nil
	}
	return s.byName.of(i)
}

// WithName returns the rows of the spans whose name has that number.
func (s *Set) WithName(id NameID) []Ref { return s.byName.of(int(id)) }

// Find returns the row of the span with these ids, in lower hex.
func (s *Set) Find(traceID, spanID string) (Ref, bool) {
	r := s.byID.find(traceID, spanID)
	return r, r != NoRef
}

// Trace numbers the traces of the set from 0; spans without a trace id are one
// trace.
func (s *Set) Trace(r Ref) int { return int(s.trace[r]) }

// Traces is the number of traces.
func (s *Set) Traces() int { return s.traces }

// Parent returns the row of the parent, NoRef for a root or an orphan.
func (s *Set) Parent(r Ref) Ref { return s.parent[r] }

// Children returns the rows of the direct children, in order of arrival.
func (s *Set) Children(r Ref) []Ref { return s.children.of(int(r)) }

// Roots returns the spans that have no parent, in order of arrival.
func (s *Set) Roots() []Ref { return s.roots }

// Orphans returns the spans whose parent was not collected.
func (s *Set) Orphans() []Ref { return s.orphans }

// TopDown returns every row once, each after its parent, except that the spans
// of a cycle stand together, each before its parent, ahead of what hangs below.
func (s *Set) TopDown() []Ref { return s.topDown }

// Cycles returns the loops of parent links, each as a list in which the next
// row is the parent of the one before.
func (s *Set) Cycles() [][]Ref { return s.cycles }

// Sources returns the channels that delivered the spans, sorted.
func (s *Set) Sources() []Source { return s.sources }

// Problems returns what is wrong with the collected spans.
func (s *Set) Problems() []Problem { return s.problems }
