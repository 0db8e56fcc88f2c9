package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func (g generator) value() any {
	return []any{"1", int64(1), int64(2), 1.5, 1.0, 0.0, "0", true, "pass", []byte{0, 0, 0}, "AAAA", int64(1234), "shop", []byte{215, 109, 248}}[g.IntN(14)]
}

// spans makes a random trace.
func (g generator) spans() []trace.Span {
	n := g.IntN(8)
	shop := &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}, {Key: "telemetry.sdk.language", Value: "go"}}}
	resources := []*trace.Resource{nil, {}, shop}
	spans := make([]trace.Span, n)
	neat := g.chance(60)
	for i := range spans {
		s := &spans[i]
		*s = trace.Span{Name: g.name(), TraceID: "t1", ID: fmt.Sprint(i), Kind: trace.KindInternal, KindKnown: true, Resource: shop}
		if g.chance(70) && i > 0 {
			s.ParentID = fmt.Sprint(g.IntN(i))
		}
		s.Start = uint64(g.IntN(8)+1) * 1e6
		s.End = s.Start + uint64(g.IntN(8))*1e6
		s.Status = trace.Status(g.IntN(2))
		if neat {
			continue
		}
		s.TraceID = g.one("t1", "t1", "t2", "")
		if g.chance(50) {
			s.ParentID = fmt.Sprint(g.IntN(n + 1))
		}
		s.Kind = trace.Kind(g.IntN(6))
		s.Status = trace.Status(g.IntN(3))
		if g.chance(15) {
			s.Start, s.End = uint64(g.IntN(2))*5e6, uint64(g.IntN(2))*2e6
		}
		s.Resource = resources[g.IntN(3)]
	}
	for i := range spans {
		g.decorate(&spans[i])
	}
	return spans
}

func (g generator) name() string {
	return g.one("a", "b", "c", "a.x", "ab", "clnrm.step:s", "clnrm.step.s", "x")
}

func (g generator) decorate(s *trace.Span) {
	for _, k := range []string{"k", "n"} {
		if g.chance(30) {
			s.Attrs = append(s.Attrs, trace.Attr{Key: k, Value: g.value()})
		}
	}
	if g.chance(15) {
		s.Attrs = append(s.Attrs, trace.Attr{Key: "server.address", Value: g.one("localhost", "db", "web", "example.com")})
	}
	for range g.IntN(3) {
		s.Events = append(s.Events, trace.Event{Name: g.one("e1", "e2", "e3")})
	}
}

// satisfying makes a trace that has much of what one of two files asks for.
func (g generator) satisfying(files ...*spec.File) []trace.Span {
	e := files[g.IntN(len(files))].Expect
	shop := &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}, {Key: "telemetry.sdk.language", Value: g.one("go", "shop")}}}
	var spans []trace.Span
	clock := uint64(1e6)
	add := func(pattern, parent string) *trace.Span {
		s := trace.Span{Name: g.instance(pattern), TraceID: "t1", ID: fmt.Sprint(len(spans)), ParentID: parent,
			Kind: trace.KindInternal, KindKnown: true, Start: clock, End: clock + 1e6, Resource: shop}
		if e.Status.All != "" {
			s.Status, _ = trace.ParseStatus(e.Status.All)
		}
		clock += 2e6
		spans = append(spans, s)
		return &spans[len(spans)-1]
	}
	for _, b := range e.Spans {
		if b.Exists == nil || *b.Exists {
			g.meet(b, add)
		}
	}
	for _, x := range e.Graph.MustInclude {
		id := add(x.From, "").ID
		add(x.To, id)
	}
	for _, x := range e.Order.MustPrecede {
		add(x.From, "")
		add(x.To, "")
	}
	for _, x := range e.Order.MustFollow {
		add(x.To, "")
		add(x.From, "")
	}
	for _, w := range e.Windows {
		outer := len(spans)
		add(w.Outer, "")
		for _, c := range w.Contains {
			add(c, "")
		}
		spans[outer].End = clock
	}
	for _, n := range e.Status.ByName {
		s := add(n.Name, "")
		s.Status, _ = trace.ParseStatus(n.Status)
	}
	if e.Counts != nil {
		for _, n := range e.Counts.ByName {
			for range g.IntN(3) {
				add(n.Name, "")
			}
		}
	}
	for range g.IntN(3) {
		g.decorate(add("*", ""))
	}
	if len(spans) > 0 && g.chance(30) {
		spans = shorten(g, spans)
	}
	return spans
}

// meet adds a span that mostly satisfies a block.
func (g generator) meet(b *spec.SpanExpect, add func(pattern, parent string) *trace.Span) {
	parent := ""
	if b.Parent != "" {
		parent = add(b.Parent, "").ID
	}
	s := add(b.Name, parent)
	if k, ok := trace.ParseKind(b.Kind); ok && b.Kind != "" {
		s.Kind = k
	}
	if b.Status != "" {
		s.Status, _ = trace.ParseStatus(b.Status)
	}
	for _, a := range slices.Concat(b.AttrsAll, b.AttrsAny) {
		if a.Op == spec.AttrAbsent || strings.HasPrefix(a.Key, resourcePrefix) || g.chance(10) {
			continue
		}
		v := any(a.Value)
		switch a.Op {
		case spec.AttrGte, spec.AttrLte:
			v = a.Number
		case spec.AttrOneOf:
			v = a.OneOf[g.IntN(len(a.OneOf))]
		case spec.AttrPresent, spec.AttrRegex:
			v = g.value()
		}
		if _, ok := trace.Lookup(s.Attrs, a.Key); !ok {
			s.Attrs = append(s.Attrs, trace.Attr{Key: a.Key, Value: v})
		}
	}
	for _, name := range slices.Concat(b.EventsAll, b.EventsAny) {
		s.Events = append(s.Events, trace.Event{Name: name})
	}
	if b.Duration != nil && b.Duration.Min != nil {
		s.End = s.Start + uint64(*b.Duration.Min+float64(g.IntN(3)))*1e6
	}
}

// instance is a name that a pattern matches.
func (g generator) instance(pattern string) string {
	glob, err := spec.CompileGlob(pattern)
	for range 20 {
		if name := g.name(); err == nil && glob.Match(name) {
			return name
		}
	}
	return pattern
}
