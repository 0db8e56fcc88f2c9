package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// extra judges the expectations that came to the format beside the seven kinds:
// shapes of the whole graph, counts by service, bounds of every trace,
// durations of windows, and the traces of [otel_validation].
func (j *judge) extra(e *spec.Expect) {
	if g := e.Graph; g != nil {
		j.maxDepth(g)
		j.tops(g)
	}
	if c := e.Counts; c != nil {
		j.byService(c)
	}
	for i, w := range e.Windows {
		j.outerDuration(i, w)
	}
	for i, t := range e.Traces {
		j.oneTrace(i, t)
	}
	j.eachTrace(e.EachTrace)
	j.constraints(e)
}

// maxDepth wants no trace to have more levels. A root is on level 1. A span
// whose parent was not collected is on level 2 at least, and one on or below a
// cycle is on no level: such a depth cannot be vouched for.
func (j *judge) maxDepth(e *spec.GraphExpect) {
	if e.MaxDepth == nil {
		return
	}
	c := Check{Rule: "expect.graph.max_depth", Pos: at(e.MaxDepthPos, e.Pos)}
	if cycles := j.set.Cycles(); len(cycles) > 0 {
		c.Message = fmt.Sprintf("expected at most %d levels, found %s without a root", *e.MaxDepth, count(len(cycles), "cycle"))
		j.add(c)
		return
	}
	level := make([]int32, j.set.Len())
	deepest := trace.NoRef
	for _, r := range j.set.TopDown() {
		switch up := j.set.Parent(r); {
		case up != trace.NoRef:
			level[r] = level[up] + 1
		case j.set.Span(r).ParentID != "":
			level[r] = 2
		default:
			level[r] = 1
		}
		if deepest == trace.NoRef || level[r] > level[deepest] {
			deepest = r
		}
	}
	c.OK = deepest == trace.NoRef || int64(level[deepest]) <= *e.MaxDepth
	if !c.OK {
		c.Message = fmt.Sprintf("expected at most %d levels, found %d down to '%s'", *e.MaxDepth, level[deepest], j.set.Span(deepest).Name)
		c.Spans = []string{j.set.Span(deepest).Name}
		var path []trace.Ref
		for r := deepest; r != trace.NoRef; r = j.set.Parent(r) {
			path = append(path, r)
		}
		slices.Reverse(path)
		for depth, r := range path[:min(len(path), 2*maxListed)] {
			c.Explain = append(c.Explain, strings.Repeat("  ", depth)+j.place(r))
		}
	}
	j.add(c)
}

// tops judges what stands at the top of the graph: roots, spans whose parent was
// not collected, and cycles, which have no top at all.
func (j *judge) tops(e *spec.GraphExpect) {
	roots, orphans, cycles := j.set.Roots(), j.set.Orphans(), j.set.Cycles()
	found := count(len(roots), "root")
	if n := len(orphans); n > 0 {
		found += fmt.Sprintf(" and %s whose parent was not collected", count(n, "span"))
	}
	if n := len(cycles); n > 0 {
		found += " and " + count(n, "cycle")
	}
	judge := func(wanted bool, rule string, pos spec.Pos, ok bool, want string, list []trace.Ref) {
		if !wanted {
			return
		}
		c := Check{Rule: "expect.graph." + rule, Pos: at(pos, e.Pos), OK: ok}
		if !ok {
			c.Message = "expected " + want + ", found " + found
			for _, r := range list[:min(len(list), maxListed)] {
				c.Spans = append(c.Spans, j.set.Span(r).Name)
				c.Explain = append(c.Explain, j.place(r)+": parent is "+j.parentName(r))
			}
		}
		j.add(c)
	}
	all := slices.Concat(orphans, roots)
	judge(e.SingleRoot, "single_root", e.SingleRootPos, len(roots) == 1 && len(orphans)+len(cycles) == 0, "one root above all spans", all)
	judge(e.NoOrphans, "no_orphans", e.NoOrphansPos, len(orphans) == 0, "every parent to be collected", orphans)
	judge(e.Connected, "must_be_connected", e.ConnectedPos, len(roots)+len(orphans)+len(cycles) == 1, "all spans to hang together", all)
}

// byService bounds how many spans a service emitted, by the resource attribute
// service.name.
func (j *judge) byService(e *spec.CountsExpect) {
	if len(e.ByService) == 0 {
		return
	}
	spans := map[string]int64{}
	for r := range trace.Ref(j.set.Len()) {
		name, ok := j.serviceName(r)
		if ok {
			spans[name]++
		}
	}
	services := make([]string, 0, len(spans))
	for name := range spans {
		services = append(services, name)
	}
	slices.Sort(services)
	for i := range e.ByService {
		n := &e.ByService[i]
		glob, err := spec.CompileGlob(n.Name)
		found := int64(0)
		for _, s := range services {
			if err == nil && glob.Match(s) {
				found += spans[s]
			}
		}
		c := j.bound(e, &n.Bound, "expect.counts.spans_per_service["+n.Name+"]", "count for service '"+n.Name+"'", found)
		switch {
		case c == nil:
		case err != nil:
			c.OK, c.Message = false, fmt.Sprintf("the pattern '%s' cannot be read: %v", n.Name, err)
		case len(services) == 0:
			c.OK, c.Message = false, "no span says which service it is of: none has the resource attribute service.name"
		case !c.OK:
			for _, s := range services[:min(len(services), maxListed)] {
				c.Explain = append(c.Explain, fmt.Sprintf("%s of service '%s'", count(int(spans[s]), "span"), s))
			}
		}
	}
}

func (j *judge) serviceName(r trace.Ref) (string, bool) {
	res := j.set.Span(r).Resource
	if res == nil {
		return "", false
	}
	v, ok := trace.Lookup(res.Attrs, "service.name")
	return trace.ValueText(v), ok
}

// outerDuration bounds how long every outer span of a window lasts.
func (j *judge) outerDuration(index int, e *spec.WindowExpect) {
	if e.Duration == nil {
		return
	}
	c := Check{Rule: fmt.Sprintf("expect.window[%d:%s].duration_ms", index, e.Outer), Pos: at(e.Duration.Pos, e.Pos), Spans: []string{e.Outer}}
	p := j.pattern(e.Outer)
	if len(p.refs) == 0 {
		c.Message = fmt.Sprintf("expected a span '%s' that lasts %s, found none", e.Outer, bounds(e.Duration))
		c.Explain = j.absent(p)
	}
	for _, r := range p.refs {
		s := j.set.Span(r)
		ns, known := s.Duration()
		switch {
		case !known:
			c.Message = fmt.Sprintf("expected '%s' to last %s, but its duration is unknown: %s", s.Name, bounds(e.Duration), timesOf(s))
		case !within(e.Duration, ns):
			c.Message = fmt.Sprintf("expected '%s' to last %s, found %s", s.Name, bounds(e.Duration), millis(ns))
		default:
			continue
		}
		c.Explain = []string{j.place(r)}
		break
	}
	c.OK = c.Message == ""
	j.add(c)
}

func within(d *spec.DurationExpect, ns uint64) bool {
	ms := float64(ns) / 1e6
	return (d.Min == nil || ms >= *d.Min) && (d.Max == nil || ms <= *d.Max)
}

// bounds words the bounds of a duration.
func bounds(d *spec.DurationExpect) string {
	var parts []string
	if d.Min != nil {
		parts = append(parts, "at least "+trace.ValueText(*d.Min)+"ms")
	}
	if d.Max != nil {
		parts = append(parts, "at most "+trace.ValueText(*d.Max)+"ms")
	}
	return strings.Join(parts, " and ")
}

// oneTrace wants one trace that holds a span of every name and, if it is to be
// complete, the parent of each of its spans.
func (j *judge) oneTrace(index int, e *spec.TraceExpect) {
	c := Check{Rule: fmt.Sprintf("otel_validation.expected_traces[%d]", index), Pos: at(e.NamesPos, e.Pos), Spans: e.Names}
	lacks := make([][]string, j.set.Traces())
	for _, name := range e.Names {
		in := make([]bool, len(lacks))
		for _, r := range j.pattern(name).refs {
			in[j.set.Trace(r)] = true
		}
		for t := range lacks {
			if !in[t] {
				lacks[t] = append(lacks[t], "'"+name+"'")
			}
		}
	}
	orphans := make([]int, len(lacks))
	for _, r := range j.set.Orphans() {
		orphans[j.set.Trace(r)]++
	}
	best := -1
	for t := range lacks {
		switch {
		case len(lacks[t]) == 0 && (!e.Complete || orphans[t] == 0):
			c.OK = true
		case best < 0 || len(lacks[t]) < len(lacks[best]):
			best = t
		}
	}
	if !c.OK {
		what := strings.Join(e.Names, ", ")
		if e.Complete {
			what += " and all parents"
		}
		c.Message = fmt.Sprintf("expected one trace with %s, found none in %s", what, count(len(lacks), "trace"))
		switch {
		case best < 0:
		case len(lacks[best]) > 0:
			c.Explain = []string{"the nearest trace lacks " + listed(lacks[best])}
		default:
			c.Explain = []string{fmt.Sprintf("the nearest trace has all names, and %s whose parent was not collected", count(orphans[best], "span"))}
		}
	}
	j.add(c)
}

// eachTrace judges what [expect.window] without an outer span says of every
// trace.
func (j *judge) eachTrace(e *spec.EachTraceExpect) {
	if e == nil {
		return
	}
	if e.Duration != nil {
		j.traceDuration(e)
	}
	if e.Nested {
		j.nested(e)
	}
}

// traceDuration bounds the time from the first start to the last end of every
// trace. A span without times could lie anywhere, so it fails.
func (j *judge) traceDuration(e *spec.EachTraceExpect) {
	c := Check{Rule: "expect.window.duration_ms", Pos: at(e.Duration.Pos, e.Pos)}
	type extent struct{ from, to uint64 }
	traces := make([]extent, j.set.Traces())
	for r := range trace.Ref(j.set.Len()) {
		s := j.set.Span(r)
		if !s.Timed() {
			c.Message = fmt.Sprintf("expected every trace to last %s, but '%s' could lie anywhere: %s", bounds(e.Duration), s.Name, timesOf(s))
			c.Explain = []string{j.place(r)}
			j.add(c)
			return
		}
		t := &traces[j.set.Trace(r)]
		if t.from == 0 || s.Start < t.from {
			t.from = s.Start
		}
		t.to = max(t.to, s.End)
	}
	wrong := 0
	for i, t := range traces {
		if two, skewed := j.skews().traces[i]; skewed {
			c.Message = fmt.Sprintf("how long every trace lasts cannot be decided: %s", j.skewText(two[0], two[1]))
			c.Explain = []string{j.place(two[0]), j.place(two[1])}
			j.add(c)
			return
		}
		if within(e.Duration, t.to-t.from) {
			continue
		}
		if wrong++; wrong == 1 {
			c.Message = fmt.Sprintf("expected every trace to last %s, found one of %s", bounds(e.Duration), millis(t.to-t.from))
		}
	}
	if wrong > 1 {
		c.Message += fmt.Sprintf(" and %d more", wrong-1)
	}
	c.OK = wrong == 0
	j.add(c)
}

// nested wants every child to lie in time inside its parent.
func (j *judge) nested(e *spec.EachTraceExpect) {
	c := Check{Rule: "expect.window.parent_contains_children", Pos: at(e.NestedPos, e.Pos)}
	wrong, children := 0, 0
	for r := range trace.Ref(j.set.Len()) {
		up := j.set.Parent(r)
		if up == trace.NoRef {
			continue
		}
		children++
		s, p := j.set.Span(r), j.set.Span(up)
		skewed := j.apart(r, up)
		if !skewed && s.Timed() && p.Timed() && p.Start <= s.Start && s.End <= p.End {
			continue
		}
		if wrong++; wrong <= maxListed {
			c.Spans = append(c.Spans, s.Name)
			why := j.outside(s, p)
			if skewed {
				why = "cannot be decided: " + j.skewText(r, up)
			}
			c.Explain = append(c.Explain, fmt.Sprintf("%s: %s", j.place(r), why))
		}
	}
	c.OK = wrong == 0
	switch {
	case !c.OK:
		c.Message = fmt.Sprintf("expected children inside their parents, found %d of %d outside", wrong, children)
	case children == 0:
		c.Note = "no span has a parent"
	}
	j.add(c)
}

// outside says how a span sticks out of its parent.
func (j *judge) outside(s, parent *trace.Span) string {
	switch {
	case !s.Timed():
		return timesOf(s)
	case !parent.Timed():
		return "parent '" + parent.Name + "': " + timesOf(parent)
	case s.Start < parent.Start:
		return fmt.Sprintf("starts %s before '%s'", millis(parent.Start-s.Start), parent.Name)
	default:
		return fmt.Sprintf("ends %s after '%s'", millis(s.End-parent.End), parent.Name)
	}
}
