package expect

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// window is the time from start to end of one span. Windows are sorted by trace
// and start; reach is the latest end among those of the same trace up to here.
type window struct {
	ref        trace.Ref
	trace      int
	start, end uint64
	reach      uint64
}

// windowsOf sorts the windows of the spans that match p, once.
func (j *judge) windowsOf(p *pattern) []window {
	if p.windows != nil {
		return p.windows
	}
	ws := make([]window, 0, len(p.refs))
	for _, r := range p.refs {
		if s := j.set.Span(r); s.Timed() {
			ws = append(ws, window{ref: r, trace: j.set.Trace(r), start: s.Start, end: s.End})
		}
	}
	slices.SortFunc(ws, func(a, b window) int {
		return cmp.Or(cmp.Compare(a.trace, b.trace), cmp.Compare(a.start, b.start), cmp.Compare(a.ref, b.ref))
	})
	for i := range ws {
		ws[i].reach = ws[i].end
		if i > 0 && ws[i-1].trace == ws[i].trace {
			ws[i].reach = max(ws[i].end, ws[i-1].reach)
		}
	}
	p.windows = ws
	return ws
}

// inside reports whether a window of the same trace encloses a span.
func (j *judge) inside(ws []window, r trace.Ref) bool {
	s, t := j.set.Span(r), j.set.Trace(r)
	if !s.Timed() {
		return false
	}
	i := sort.Search(len(ws), func(i int) bool {
		return ws[i].trace > t || ws[i].trace == t && ws[i].start > s.Start
	})
	return i > 0 && ws[i-1].trace == t && ws[i-1].reach >= s.End
}

// window judges one [[expect.window]]: every span that matches a contains
// pattern, at least one, lies in time inside some outer span of its trace.
func (j *judge) window(index int, e *spec.WindowExpect) {
	c := Check{
		Rule: fmt.Sprintf("expect.window[%d:%s]", index, e.Outer), Pos: e.Pos,
		Spans: append([]string{e.Outer}, e.Contains...),
	}
	outer := j.pattern(e.Outer)
	ws := j.windowsOf(outer)
	switch {
	case len(outer.refs) == 0:
		c.Message = fmt.Sprintf("expected a span '%s' around others, found none", e.Outer)
		c.Explain = j.absent(outer)
	case len(ws) == 0:
		s := j.set.Span(outer.refs[0])
		c.Message = fmt.Sprintf("span '%s' is no window: %s", s.Name, timesOf(s))
	default:
		j.contains(&c, e, ws)
	}
	c.OK = c.Message == ""
	j.add(c)
}

// contains puts the first problem with the inner spans into c.
func (j *judge) contains(c *Check, e *spec.WindowExpect, ws []window) {
	done := map[[2]int]comparison{}
	for _, text := range e.Contains {
		p := j.pattern(text)
		if len(p.refs) == 0 {
			c.Message = fmt.Sprintf("expected spans '%s' inside '%s', found none", text, e.Outer)
			c.Explain = j.absent(p)
			return
		}
		var outside []trace.Ref
		skewed, other := trace.NoRef, trace.NoRef // a span that cannot be placed, and for whose sake
		for _, r := range p.refs {
			may := j.comparable(done, ws, r)
			if !j.inside(may.kept, r) {
				outside = append(outside, r)
				if may.left != trace.NoRef {
					skewed, other = r, may.left
				}
			}
		}
		if len(outside) == 0 {
			continue
		}
		if skewed != trace.NoRef {
			c.Message = fmt.Sprintf("every '%s' inside '%s' cannot be decided: %s", text, e.Outer, j.skewText(other, skewed))
			c.Explain = []string{"not comparable", "  " + j.place(other), "  " + j.place(skewed)}
			return
		}
		c.Message = fmt.Sprintf("expected every span '%s' inside '%s', found %d of %d outside", text, e.Outer, len(outside), len(p.refs))
		c.Explain = []string{fmt.Sprintf("outside '%s'", e.Outer)}
		for _, r := range outside[:min(len(outside), maxListed)] {
			c.Explain = append(c.Explain, "  "+j.place(r)+": "+j.overhang(ws, r))
		}
		return
	}
}

// overhang says by how much a span misses the window that comes nearest.
func (j *judge) overhang(ws []window, r trace.Ref) string {
	s := j.set.Span(r)
	if !s.Timed() {
		return timesOf(s)
	}
	best, least := -1, uint64(0)
	for i, w := range ws {
		if w.trace != j.set.Trace(r) {
			continue
		}
		if over := beyond(w.start, s.Start) + beyond(s.End, w.end); best < 0 || over < least {
			best, least = i, over
		}
	}
	if best < 0 {
		return "no such window in its trace"
	}
	w := ws[best]
	early, late := beyond(w.start, s.Start), beyond(s.End, w.end)
	switch {
	case early > 0 && late > 0:
		return fmt.Sprintf("starts %s before and ends %s after '%s'", millis(early), millis(late), j.set.Span(w.ref).Name)
	case early > 0:
		return fmt.Sprintf("starts %s before '%s'", millis(early), j.set.Span(w.ref).Name)
	default:
		return fmt.Sprintf("ends %s after '%s'", millis(late), j.set.Span(w.ref).Name)
	}
}

// beyond is how far a lies after b, in ns.
func beyond(a, b uint64) uint64 {
	if a > b {
		return a - b
	}
	return 0
}

func millis(ns uint64) string { return trace.ValueText(float64(ns)/1e6) + "ms" }
