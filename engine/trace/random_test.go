package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// randomSpans makes n spans of a few traces that form trees, with everything
// that a span can carry, in a random order of arrival.
func randomSpans(g *rand.Rand, n int) []Span {
	resources := []*Resource{
		{Attrs: []Attr{{"service.name", "shop"}, {"host.name", fmt.Sprint(g.Uint32())}}},
		{Attrs: []Attr{{"service.name", "db"}, {"telemetry.sdk.language", "go"}}},
	}
	spans := make([]Span, n)
	for i := range spans {
		s := &spans[i]
		up := i
		if i > 0 && g.IntN(8) > 0 {
			up = g.IntN(i)
		}
		s.TraceID, s.ID = fmt.Sprintf("%032x", g.Uint64()|1), fmt.Sprintf("%016x", g.Uint64()|1)
		if up != i {
			s.TraceID, s.ParentID = spans[up].TraceID, spans[up].ID
		}
		s.Name = fmt.Sprint("op", g.IntN(6))
		s.Kind, s.KindKnown = Kind(g.IntN(6)), true
		s.Start = 1_700_000_000_000_000_000 + g.Uint64N(1e9)
		s.End = s.Start + g.Uint64N(1e8)
		s.Status = Status(g.IntN(3))
		if s.Status == StatusError {
			s.StatusMessage = "it \"broke\"\n\u2028"
		}
		for k := range g.IntN(5) {
			s.Attrs = append(s.Attrs, Attr{fmt.Sprint("k", k), randomValue(g, 0)})
		}
		for range g.IntN(3) {
			s.Events = append(s.Events, Event{Name: fmt.Sprint("e", g.IntN(3)), Time: s.Start, Attrs: []Attr{{"n", int64(g.IntN(3))}}})
		}
		for range g.IntN(12) / 10 {
			s.Links = append(s.Links, Link{TraceID: fmt.Sprintf("%032x", g.Uint64()|1), SpanID: fmt.Sprintf("%016x", g.Uint64()|1), Attrs: []Attr{{"why", "retry"}}})
		}
		s.Resource = resources[g.IntN(2)]
		s.Scope, s.ScopeVersion = []string{"", "lib"}[g.IntN(2)], []string{"", "1.2"}[g.IntN(2)]
	}
	g.Shuffle(n, func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return spans
}

func randomValue(g *rand.Rand, depth int) any {
	n := 8
	if depth > 2 {
		n = 6
	}
	switch g.IntN(n) {
	case 0:
		return fmt.Sprint("text ", g.IntN(9), "\x01\\\"é")
	case 1:
		return g.IntN(2) == 0
	case 2:
		return int64(g.Uint64())
	case 3:
		return g.NormFloat64() * math.Pow(10, float64(g.IntN(40)-20))
	case 4:
		return float64(g.IntN(100)) // reads like an integer and is none
	case 5:
		return []byte{1, 2, byte(g.IntN(256))}
	case 6:
		list := make([]any, g.IntN(3))
		for i := range list {
			list[i] = randomValue(g, depth+1)
		}
		return list
	default:
		m := map[string]any{}
		for k := range g.IntN(3) {
			m[fmt.Sprint("m", k)] = randomValue(g, depth+1)
		}
		return m
	}
}
