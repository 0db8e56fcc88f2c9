package strength

import (
	"math"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec/encode"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// adviser finds expectations that kill survivors.
type adviser struct {
	set     *trace.Set
	spans   []trace.Span
	options expect.Options
	alive   []mutant
	fixed   func(trace.Attr) bool
	held    map[string]bool // by TOML: whether an expectation holds on the honest trace
	chosen  []*spec.Expect  // the killers found, each once
	texts   []string        // their TOML
}

// killer returns an expectation that holds on the honest trace and fails on the
// mutant, nil when none of those that come into question does. One that was
// chosen for another survivor is preferred.
func (a *adviser) killer(m mutant) *spec.Expect {
	broken := trace.NewSet(m.apply(slices.Clone(a.spans)))
	kills := func(e *spec.Expect) bool {
		r := expect.Judge(e, broken, a.options)
		return len(r.Checks) > 0 && !r.Passed()
	}
	for _, e := range a.candidates(m) {
		toml, err := encode.Expect(e)
		if err != nil {
			continue // a span that has one attribute twice cannot be described so
		}
		text := string(toml)
		holds, known := a.held[text]
		if !known {
			r := expect.Judge(e, a.set, a.options)
			holds = r.Passed()
			a.held[text] = holds
		}
		if !holds || !kills(e) {
			continue
		}
		if !slices.Contains(a.texts, text) {
			a.texts = append(a.texts, text)
			a.chosen = append(a.chosen, e)
		}
		return e
	}
	return nil
}

// candidates lists expectations that describe what the mutant broke, those
// first that a person would write. Most blocks hold when any span meets them,
// which twins of the broken span may do: the last ones forbid what the mutant
// shows.
func (a *adviser) candidates(m mutant) []*spec.Expect {
	s := a.set.Span(m.row)
	name := encode.Literal(s.Name)
	if strings.TrimSpace(s.Name) == "" {
		return nil // no pattern stands for an empty name
	}
	switch m.kind {
	case DropSpan, DuplicateSpan:
		n := int64(len(a.set.Named(s.Name)))
		return []*spec.Expect{counts(&spec.CountsExpect{ByName: []spec.NamedBound{{Name: name, Bound: spec.Bound{Eq: &n}}}})}
	case Reparent:
		return a.places(m, name)
	case SwapOrder:
		edge := spec.Edge{From: name, To: encode.Literal(a.set.Span(m.other).Name)}
		return []*spec.Expect{{Order: &spec.OrderExpect{MustPrecede: []spec.Edge{edge}}}}
	case FlipStatus:
		n := int64(0)
		for r := range trace.Ref(a.set.Len()) {
			if a.set.Span(r).Status == trace.StatusError {
				n++
			}
		}
		return []*spec.Expect{
			{Status: &spec.StatusExpect{All: "OK"}},
			counts(&spec.CountsExpect{ErrorsTotal: &spec.Bound{Eq: &n}}),
		}
	case StretchDuration:
		return a.durations(m, name)
	default:
		return a.contents(m, name)
	}
}

func counts(c *spec.CountsExpect) *spec.Expect { return &spec.Expect{Counts: c} }

func block(s *spec.SpanExpect) *spec.Expect { return &spec.Expect{Spans: []*spec.SpanExpect{s}} }

// never forbids spans that meet a block.
func never(s *spec.SpanExpect) *spec.Expect {
	no := false
	s.Exists = &no
	return block(s)
}

// places are expectations about where a span hangs.
func (a *adviser) places(m mutant, name string) []*spec.Expect {
	var out []*spec.Expect
	if up := a.set.Parent(m.row); up != trace.NoRef {
		edge := spec.Edge{From: encode.Literal(a.set.Span(up).Name), To: name}
		out = append(out, &spec.Expect{Graph: &spec.GraphExpect{MustInclude: []spec.Edge{edge}}}, a.whole(m.row))
	}
	if m.other == trace.NoRef {
		return append(out, &spec.Expect{Graph: &spec.GraphExpect{SingleRoot: true}})
	}
	wrong := encode.Literal(a.set.Span(m.other).Name)
	return append(out,
		&spec.Expect{Graph: &spec.GraphExpect{MustNotCross: []spec.Edge{{From: wrong, To: name}}}},
		never(&spec.SpanExpect{Name: name, Parent: wrong}))
}

// contents are expectations about the attributes of a span: all that survivors
// show to be unseen together, the one alone, everything about the span, and
// that no span of the name is without it.
func (a *adviser) contents(m mutant, name string) []*spec.Expect {
	s := a.set.Span(m.row)
	var unseen []spec.AttrExpect
	for _, other := range a.alive {
		if other.row == m.row && other.key != "" && !slices.ContainsFunc(unseen, func(x spec.AttrExpect) bool { return x.Key == other.key }) {
			unseen = append(unseen, equals(s, other.key))
		}
	}
	out := []*spec.Expect{
		block(&spec.SpanExpect{Name: name, AttrsAll: unseen}),
		block(&spec.SpanExpect{Name: name, AttrsAll: []spec.AttrExpect{equals(s, m.key)}}),
		a.whole(m.row),
	}
	if m.kind == RemoveAttribute {
		out = append(out, never(&spec.SpanExpect{Name: name, AttrsAll: []spec.AttrExpect{{Key: m.key, Op: spec.AttrAbsent}}}))
	}
	return out
}

func equals(s *trace.Span, key string) spec.AttrExpect {
	v, _ := trace.Lookup(s.Attrs, key)
	return spec.AttrExpect{Key: key, Value: trace.ValueText(v)}
}

// whole is a block of everything that stays the same about a span.
func (a *adviser) whole(r trace.Ref) *spec.Expect {
	s := a.set.Span(r)
	e := &spec.SpanExpect{Name: encode.Literal(s.Name)}
	if up := a.set.Parent(r); up != trace.NoRef && strings.TrimSpace(a.set.Span(up).Name) != "" {
		e.Parent = encode.Literal(a.set.Span(up).Name)
	}
	if s.KindKnown && s.Kind != trace.KindUnset {
		e.Kind = s.Kind.String()
	}
	for _, at := range s.Attrs {
		if a.fixed(at) && strings.TrimSpace(at.Key) != "" {
			e.AttrsAll = append(e.AttrsAll, equals(s, at.Key))
		}
	}
	return block(e)
}

// durations are expectations about how long spans of a name last.
func (a *adviser) durations(m mutant, name string) []*spec.Expect {
	longest := uint64(0)
	for _, r := range a.set.Named(a.set.Span(m.row).Name) {
		if ns, known := a.set.Span(r).Duration(); known {
			longest = max(longest, ns)
		}
	}
	own, _ := a.set.Span(m.row).Duration()
	// As generous as will do: a limit near what was measured on this machine
	// fails on the next one.
	limit := roundDown(0.9 * float64(stretched(own)) / 1e6)
	if least := float64(longest) / 1e6; limit < least {
		limit = math.Ceil(least)
	}
	out := []*spec.Expect{
		block(&spec.SpanExpect{Name: name, Duration: &spec.DurationExpect{Max: &limit}}),
		never(&spec.SpanExpect{Name: name, Duration: &spec.DurationExpect{Min: &limit}}),
	}
	if up := a.set.Parent(m.row); up != trace.NoRef {
		out = append(out, &spec.Expect{Windows: []*spec.WindowExpect{{Outer: encode.Literal(a.set.Span(up).Name), Contains: []string{name}}}})
	}
	return out
}

// roundDown is the greatest number of milliseconds below ms that a person would
// write: 1, 2 or 5 and zeros. ms is over 1.
func roundDown(ms float64) float64 {
	best := 1.0
	for p := 1.0; p < ms; p *= 10 {
		for _, d := range [...]float64{1, 2, 5} {
			if d*p < ms {
				best = d * p
			}
		}
	}
	return best
}

// all joins the killers into one block of TOML without repetitions.
func (a *adviser) all() ([]byte, error) {
	sum := &spec.Expect{}
	for _, e := range a.chosen {
		sum.Spans = append(sum.Spans, e.Spans...)
		sum.Windows = append(sum.Windows, e.Windows...)
		if g := e.Graph; g != nil {
			if sum.Graph == nil {
				sum.Graph = &spec.GraphExpect{}
			}
			sum.Graph.MustInclude = append(sum.Graph.MustInclude, g.MustInclude...)
			sum.Graph.MustNotCross = append(sum.Graph.MustNotCross, g.MustNotCross...)
			sum.Graph.SingleRoot = sum.Graph.SingleRoot || g.SingleRoot
		}
		if c := e.Counts; c != nil {
			if sum.Counts == nil {
				sum.Counts = &spec.CountsExpect{}
			}
			if c.ErrorsTotal != nil {
				sum.Counts.ErrorsTotal = c.ErrorsTotal
			}
			sum.Counts.ByName = append(sum.Counts.ByName, c.ByName...)
		}
		if e.Order != nil {
			if sum.Order == nil {
				sum.Order = &spec.OrderExpect{}
			}
			sum.Order.MustPrecede = append(sum.Order.MustPrecede, e.Order.MustPrecede...)
		}
		if e.Status != nil {
			sum.Status = e.Status
		}
	}
	return encode.Expect(sum)
}
