package spans

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Kind says what became of a span.
type Kind string

// What can become of a span.
const (
	Missing Kind = "missing" // only the old trace has it
	Extra   Kind = "extra"   // only the new trace has it
	Moved   Kind = "moved"   // both have it, below different spans
	Changed Kind = "changed" // both have it at the same place
)

// Change is what became of one span.
type Change struct {
	Kind    Kind
	Path    string  // names from the root, in the old trace; of an extra span, in the new one
	NewPath string  // in the new trace
	Fields  []Field // what differs; none of a missing or an extra span

	old, new trace.Ref // NoRef where there is none
}

// Field is one thing that differs on a span that both traces have.
type Field struct {
	Name     string // "kind", "status", "status.message", "duration_ms", "events", "attributes.KEY", "resource.KEY"
	Old, New string // empty when there is none
	Timing   bool   // it is a duration; that alone leaves a span a match
}

// Options say what counts as a difference. The zero value means the defaults.
type Options struct {
	// Ignore are attribute keys to leave out, beside those that differ between
	// any two runs.
	Ignore []string
	// Presence compares which attributes there are, and not their values.
	Presence bool
	// Noise is the least difference of a duration that counts; default 5 ms.
	Noise time.Duration
	// Ratio is the least ratio of the longer to the shorter duration that
	// counts; default 2.
	Ratio float64
}

const (
	defaultNoise = 5 * time.Millisecond
	defaultRatio = 2
)

// Diff is what two traces do not have in common.
type Diff struct {
	Old, New           string // names of the traces
	OldSpans, NewSpans int
	Matched            int // spans that both have, at the same place, without a difference but of time
	Changes            []Change

	m *matcher
}

// Compare compares two traces. It is deterministic up to the order of spans that
// are the same in everything.
func Compare(oldName, newName string, old, new *trace.Set, o Options) *Diff {
	if o.Noise <= 0 {
		o.Noise = defaultNoise
	}
	if o.Ratio <= 1 {
		o.Ratio = defaultRatio
	}
	m := &matcher{ignore: map[string]bool{}, presence: o.Presence, seed: maphash.MakeSeed()}
	for _, k := range o.Ignore {
		m.ignore[k] = true
	}
	m.old, m.new = newSide(m, old), newSide(m, new)
	m.run()
	d := &Diff{Old: oldName, New: newName, OldSpans: old.Len(), NewSpans: new.Len(), m: m}
	d.collect(o)
	return d
}

// collect compares the pairs and lists what has no partner, in the order of the
// trees: the old one, then what only the new one has.
func (d *Diff) collect(o Options) {
	m := d.m
	moved := make(map[trace.Ref]bool, len(m.moved))
	for _, r := range m.moved {
		moved[r] = true
	}
	for _, a := range m.old.set.TopDown() {
		b := m.old.partner[a]
		if b == trace.NoRef {
			p := m.old.path(a)
			d.Changes = append(d.Changes, Change{Kind: Missing, Path: p, NewPath: p, old: a, new: b})
			continue
		}
		c := Change{Kind: Changed, old: a, new: b, Fields: d.fields(m.old.set.Span(a), m.new.set.Span(b), m.old.own[a] == m.new.own[b], o)}
		timing := !slices.ContainsFunc(c.Fields, func(f Field) bool { return !f.Timing })
		if moved[a] {
			c.Kind = Moved
		} else if timing {
			d.Matched++
		}
		if c.Kind == Moved || len(c.Fields) > 0 {
			c.Path, c.NewPath = m.old.path(a), m.new.path(b)
			d.Changes = append(d.Changes, c)
		}
	}
	for _, b := range m.new.set.TopDown() {
		if m.new.partner[b] == trace.NoRef {
			p := m.new.path(b)
			d.Changes = append(d.Changes, Change{Kind: Extra, Path: p, NewPath: p, old: trace.NoRef, new: b})
		}
	}
}

// Equal reports whether there is no difference.
func (d *Diff) Equal() bool { return len(d.Changes) == 0 }

// Count is how many changes there are of a kind.
func (d *Diff) Count(k Kind) int {
	n := 0
	for i := range d.Changes {
		if d.Changes[i].Kind == k {
			n++
		}
	}
	return n
}

// MatchRate is the share of all spans of both traces, each pair counted once,
// that match: from 0 to 1, and 1 for two empty traces.
func (d *Diff) MatchRate() float64 {
	all := d.OldSpans + d.Count(Extra)
	if all == 0 {
		return 1
	}
	return float64(d.Matched) / float64(all)
}

// path is the names on the way to a span, with ordinals where siblings share the
// name.
func (s *side) path(r trace.Ref) string {
	var names []string
	for {
		name := s.set.Span(r).Name
		if s.ordinal[r] > 1 {
			name += "[" + strconv.Itoa(int(s.ordinal[r])) + "]"
		}
		names = append(names, name)
		up := s.set.Parent(r)
		if s.cyclic[r] || up == trace.NoRef || len(names) == maxPath {
			break
		}
		r = up
	}
	slices.Reverse(names)
	return strings.Join(names, " > ")
}

// maxPath bounds the names of a path, so that deep traces stay linear.
const maxPath = 64

// fields lists what differs between two spans that were paired.
func (d *Diff) fields(a, b *trace.Span, sameContent bool, o Options) []Field {
	var out []Field
	add := func(name, x, y string) {
		if x != y {
			out = append(out, Field{Name: name, Old: x, New: y})
		}
	}
	if !sameContent {
		add("kind", a.Kind.String(), b.Kind.String())
		add("status", a.Status.String(), b.Status.String())
		add("events", events(a), events(b))
		out = append(out, d.attrFields("attributes.", a.Attrs, b.Attrs)...)
		out = append(out, d.attrFields("resource.", resourceOf(a), resourceOf(b))...)
		if len(out) == 0 { // something inside the events
			out = append(out, d.eventFields(a, b)...)
		}
	}
	add("status.message", a.StatusMessage, b.StatusMessage)
	return append(out, timing(a, b, o)...)
}

func resourceOf(s *trace.Span) []trace.Attr {
	if s.Resource == nil {
		return nil
	}
	return s.Resource.Attrs
}

// events lists the names of events, sorted.
func events(s *trace.Span) string {
	names := make([]string, len(s.Events))
	for i := range s.Events {
		names[i] = s.Events[i].Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// attrFields compares attributes by key.
func (d *Diff) attrFields(prefix string, old, new []trace.Attr) []Field {
	x, y := d.sorted(old), d.sorted(new)
	var out []Field
	for len(x) > 0 || len(y) > 0 {
		way := 1
		switch {
		case len(x) == 0:
		case len(y) == 0:
			way = -1
		default:
			way = strings.Compare(x[0].Name, y[0].Name)
		}
		switch {
		case way < 0:
			out = append(out, Field{Name: prefix + x[0].Name, Old: x[0].Old})
			x = x[1:]
		case way > 0:
			out = append(out, Field{Name: prefix + y[0].Name, New: y[0].Old})
			y = y[1:]
		default:
			if x[0].Old != y[0].Old {
				out = append(out, Field{Name: prefix + x[0].Name, Old: x[0].Old, New: y[0].Old})
			}
			x, y = x[1:], y[1:]
		}
	}
	return out
}

// sorted returns keys and comparable texts, without what is ignored.
func (d *Diff) sorted(attrs []trace.Attr) []Field {
	out := make([]Field, 0, len(attrs))
	for _, a := range attrs {
		if text, ok := d.m.stable(a); ok {
			out = append(out, Field{Name: a.Key, Old: text})
		}
	}
	slices.SortStableFunc(out, func(a, b Field) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Old, b.Old)) })
	return out
}

// eventFields compares the attributes of events one by one.
func (d *Diff) eventFields(a, b *trace.Span) []Field {
	var out []Field
	for i := range min(len(a.Events), len(b.Events)) {
		out = append(out, d.attrFields("events["+strconv.Itoa(i)+"].", a.Events[i].Attrs, b.Events[i].Attrs)...)
	}
	return out
}

// timing compares durations beyond noise.
func timing(a, b *trace.Span, o Options) []Field {
	x, known := a.Duration()
	y, also := b.Duration()
	if !known || !also {
		return nil
	}
	short, long := min(x, y), max(x, y)
	if long-short < uint64(o.Noise) || float64(long) < o.Ratio*float64(short) {
		return nil
	}
	ms := func(ns uint64) string { return fmt.Sprintf("%.3f", float64(ns)/1e6) }
	return []Field{{Name: "duration_ms", Old: ms(x), New: ms(y), Timing: true}}
}
