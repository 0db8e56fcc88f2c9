package diff

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// generator makes small files, edits of them, and traces, over a vocabulary so
// small that they often have to do with one another.
type generator struct{ *rand.Rand }

func (g generator) one(from ...string) string { return from[g.IntN(len(from))] }
func (g generator) chance(percent int) bool   { return g.IntN(100) < percent }

func (g generator) pattern() string {
	return g.one("a", "b", "c", "a", "b", "a.x", "clnrm.step:s", "clnrm.step.s", "*", "a*", "[ab]", "[!a]*", "?", "a?x", "*.x", "?*")
}

// file makes a file of one to five expectations.
func (g generator) file() *spec.File {
	f := &spec.File{Path: "t.clnrm.toml", Expect: &spec.Expect{}}
	for _, name := range []string{"db", "web"} {
		if g.chance(60) {
			f.Services = append(f.Services, &spec.Service{Name: name, Plugin: "generic_container", Image: g.one("x:1", "x:2")})
		}
	}
	for range 1 + g.IntN(5) {
		g.addTo(f.Expect)
	}
	return f
}

// addTo adds one expectation of any kind.
func (g generator) addTo(e *spec.Expect) {
	edge := spec.Edge{From: g.pattern(), To: g.pattern()}
	counts := func() *spec.CountsExpect {
		if e.Counts == nil {
			e.Counts = &spec.CountsExpect{}
		}
		return e.Counts
	}
	if e.Graph == nil {
		e.Graph = &spec.GraphExpect{}
	}
	if e.Order == nil {
		e.Order = &spec.OrderExpect{}
	}
	if e.Status == nil {
		e.Status = &spec.StatusExpect{}
	}
	if e.Hermeticity == nil {
		e.Hermeticity = &spec.HermeticityExpect{}
	}
	switch g.IntN(21) {
	case 0, 1, 2, 3:
		e.Spans = append(e.Spans, g.block())
	case 4, 5:
		e.Graph.MustInclude = append(e.Graph.MustInclude, edge)
	case 6:
		e.Graph.MustNotCross = append(e.Graph.MustNotCross, edge)
	case 7:
		switch g.IntN(5) {
		case 0:
			e.Graph.Acyclic = true
		case 1:
			e.Graph.SingleRoot = true
		case 2:
			e.Graph.NoOrphans = true
		case 3:
			e.Graph.Connected = true
		default:
			n := int64(1 + g.IntN(4))
			e.Graph.MaxDepth = &n
		}
	case 8:
		counts().SpansTotal = g.bound()
	case 9:
		counts().EventsTotal = g.bound()
	case 10:
		counts().ErrorsTotal = g.bound()
	case 11, 12:
		counts().ByName = append(counts().ByName, spec.NamedBound{Name: g.pattern(), Bound: *g.bound()})
	case 13:
		if g.chance(50) {
			counts().ByKind = append(counts().ByKind, spec.NamedBound{Name: g.one("internal", "Client", "client"), Bound: *g.bound()})
		} else {
			counts().ByService = append(counts().ByService, spec.NamedBound{Name: g.one("shop", "s*"), Bound: *g.bound()})
		}
	case 14:
		w := &spec.WindowExpect{Outer: g.pattern(), Contains: []string{g.pattern()}}
		if g.chance(40) {
			w.Contains = append(w.Contains, g.pattern())
		}
		e.Windows = append(e.Windows, w)
	case 15:
		e.Order.MustPrecede = append(e.Order.MustPrecede, edge)
	case 16:
		e.Order.MustFollow = append(e.Order.MustFollow, edge)
	case 17:
		e.Status.All = g.one("OK", "OK", "UNSET", "ERROR")
		e.Status.Strict = g.chance(40)
	case 18:
		e.Status.ByName = append(e.Status.ByName, spec.NamedStatus{Name: g.pattern(), Status: g.one("OK", "OK", "UNSET", "ERROR")})
		e.Status.Strict = g.chance(40)
	case 19:
		e.Hermeticity.NoExternalServices = true
	default:
		switch g.IntN(3) {
		case 0:
			e.Hermeticity.ResourceAttrs = append(e.Hermeticity.ResourceAttrs, g.resourceAttr("service.name"))
		case 1:
			e.Hermeticity.SDKResourceAttrs = append(e.Hermeticity.SDKResourceAttrs, g.resourceAttr(g.one("language", "telemetry.sdk.language")))
		default:
			e.Hermeticity.ForbidKeys = append(e.Hermeticity.ForbidKeys, g.one("k", "n*", "?", "*"))
		}
	}
}

func (g generator) resourceAttr(key string) spec.AttrExpect {
	a := spec.AttrExpect{Key: key, Op: []spec.AttrOp{spec.AttrEq, spec.AttrPresent, spec.AttrOneOf, spec.AttrRegex}[g.IntN(4)]}
	a.Value, a.OneOf = "shop", []string{"shop", "go"}
	return a
}

func (g generator) bound() *spec.Bound {
	n, m := int64(g.IntN(5)), int64(2+g.IntN(6))
	switch g.IntN(5) {
	case 0:
		return &spec.Bound{Eq: &n}
	case 1, 2:
		return &spec.Bound{Gte: &n}
	case 3:
		return &spec.Bound{Lte: &m}
	default:
		return &spec.Bound{Gte: &n, Lte: &m}
	}
}

func (g generator) attr() spec.AttrExpect {
	a := spec.AttrExpect{Key: g.one("k", "n", "resource.service.name"), Op: spec.AttrOp(g.IntN(7))}
	a.Value = g.one("1", "2", "1.5", "1e0", "0", "true", "pass", "shop", "AAAA", "1234")
	if a.Op == spec.AttrRegex {
		a.Value = g.one("^1", "1", "pass|shop", ".", "0$")
	}
	a.Number = float64(g.IntN(3))
	a.OneOf = []string{g.one("1", "2", "0"), g.one("pass", "shop", "true", "1")}[:1+g.IntN(2)]
	return a
}

func (g generator) block() *spec.SpanExpect {
	e := &spec.SpanExpect{Name: g.pattern()}
	for range g.IntN(3) {
		e.AttrsAll = append(e.AttrsAll, g.attr())
	}
	for range g.IntN(3) {
		e.AttrsAny = append(e.AttrsAny, g.attr())
	}
	if g.chance(25) {
		e.Parent = g.pattern()
	}
	if g.chance(25) {
		e.Kind = g.one("internal", "client")
	}
	if g.chance(25) {
		e.Status = g.one("OK", "ERROR", "UNSET")
	}
	if g.chance(20) {
		e.EventsAny = []string{g.one("e1", "e2"), "e3"}[:1+g.IntN(2)]
	}
	if g.chance(20) {
		e.EventsAll = []string{g.one("e1", "e2"), "e3"}[:1+g.IntN(2)]
	}
	if g.chance(25) {
		lo, hi := float64(g.IntN(3)), float64(3+g.IntN(6))
		e.Duration = &spec.DurationExpect{}
		if g.chance(70) {
			e.Duration.Min = &lo
		}
		if g.chance(70) {
			e.Duration.Max = &hi
		}
	}
	if g.chance(20) {
		exists := g.chance(20)
		e.Exists = &exists
	}
	return e
}

// edit makes another file by one to three small edits. Nothing is shared that
// an edit changes.
func (g generator) edit(f *spec.File) *spec.File {
	c := *f
	e := copyExpect(f.Expect)
	c.Expect = e
	for range 1 + g.IntN(3) {
		switch g.IntN(10) {
		case 0, 1:
			g.addTo(e)
		case 2:
			if n := len(c.Services); n > 0 && g.chance(50) {
				c.Services = c.Services[:n-1]
			} else {
				c.Services = append(slices.Clone(c.Services), &spec.Service{Name: g.one("cache", "db", "web"), Image: "x:1"})
			}
			slices.SortFunc(c.Services, func(a, b *spec.Service) int { return strings.Compare(a.Name, b.Name) })
			c.Services = slices.CompactFunc(c.Services, func(a, b *spec.Service) bool { return a.Name == b.Name })
		case 3, 4:
			g.remove(e)
		default:
			g.change(e)
		}
	}
	return &c
}

func copyExpect(in *spec.Expect) *spec.Expect {
	e := *in
	e.Spans = nil
	for _, s := range in.Spans {
		c := *s
		c.AttrsAll, c.AttrsAny = slices.Clone(s.AttrsAll), slices.Clone(s.AttrsAny)
		e.Spans = append(e.Spans, &c)
	}
	e.Windows = nil
	for _, w := range in.Windows {
		c := *w
		c.Contains = slices.Clone(w.Contains)
		e.Windows = append(e.Windows, &c)
	}
	if in.Graph != nil {
		c := *in.Graph
		c.MustInclude, c.MustNotCross = slices.Clone(c.MustInclude), slices.Clone(c.MustNotCross)
		e.Graph = &c
	}
	if in.Counts != nil {
		c := *in.Counts
		c.ByName = slices.Clone(c.ByName)
		e.Counts = &c
	}
	if in.Order != nil {
		c := *in.Order
		c.MustPrecede, c.MustFollow = slices.Clone(c.MustPrecede), slices.Clone(c.MustFollow)
		e.Order = &c
	}
	if in.Status != nil {
		c := *in.Status
		c.ByName = slices.Clone(c.ByName)
		e.Status = &c
	}
	if in.Hermeticity != nil {
		c := *in.Hermeticity
		e.Hermeticity = &c
	}
	return &e
}

func shorten[T any](g generator, list []T) []T {
	if len(list) == 0 {
		return list
	}
	i := g.IntN(len(list))
	return slices.Concat(list[:i], list[i+1:])
}

// remove drops something, if it hits something that is there.
func (g generator) remove(e *spec.Expect) {
	switch g.IntN(14) {
	case 0, 1:
		e.Spans = shorten(g, e.Spans)
	case 2:
		e.Graph.MustInclude = shorten(g, e.Graph.MustInclude)
	case 3:
		e.Graph.MustNotCross = shorten(g, e.Graph.MustNotCross)
	case 4:
		e.Graph.Acyclic, e.Graph.SingleRoot, e.Graph.MaxDepth = false, false, nil
	case 5:
		if e.Counts != nil {
			e.Counts.ByName = shorten(g, e.Counts.ByName)
			e.Counts.SpansTotal = nil
		}
	case 6:
		e.Windows = shorten(g, e.Windows)
	case 7:
		e.Order.MustPrecede = shorten(g, e.Order.MustPrecede)
	case 8:
		e.Order.MustFollow = shorten(g, e.Order.MustFollow)
	case 9:
		e.Status.ByName = shorten(g, e.Status.ByName)
	case 10:
		e.Status.All = ""
	case 11:
		e.Hermeticity.NoExternalServices = false
	case 12:
		e.Hermeticity.ResourceAttrs = shorten(g, e.Hermeticity.ResourceAttrs)
	default:
		e.Hermeticity.ForbidKeys = shorten(g, e.Hermeticity.ForbidKeys)
	}
}

// change alters something that is there.
func (g generator) change(e *spec.Expect) {
	edges := func(list []spec.Edge) {
		if len(list) > 0 {
			x := &list[g.IntN(len(list))]
			if g.chance(50) {
				x.From = g.pattern()
			} else {
				x.To = g.pattern()
			}
		}
	}
	switch g.IntN(12) {
	case 0, 1, 2, 3:
		if len(e.Spans) > 0 {
			g.changeBlock(e.Spans[g.IntN(len(e.Spans))])
		}
	case 4:
		edges(e.Graph.MustInclude)
		edges(e.Graph.MustNotCross)
	case 5:
		edges(e.Order.MustPrecede)
		edges(e.Order.MustFollow)
	case 6, 7:
		if e.Counts == nil {
			return
		}
		if e.Counts.SpansTotal != nil {
			e.Counts.SpansTotal = g.bound()
		}
		if n := len(e.Counts.ByName); n > 0 {
			e.Counts.ByName[g.IntN(n)] = spec.NamedBound{Name: g.pattern(), Bound: *g.bound()}
		}
	case 8:
		if n := len(e.Windows); n > 0 {
			w := e.Windows[g.IntN(n)]
			if g.chance(50) {
				w.Outer = g.pattern()
			} else {
				w.Contains[0] = g.pattern()
			}
		}
	case 9:
		e.Status.Strict = !e.Status.Strict
	case 10:
		if n := len(e.Status.ByName); n > 0 {
			e.Status.ByName[g.IntN(n)] = spec.NamedStatus{Name: g.pattern(), Status: g.one("OK", "UNSET", "ERROR")}
		}
	default: // another way of writing the same
		if n := len(e.Order.MustPrecede); n > 0 {
			x := e.Order.MustPrecede[n-1]
			e.Order.MustPrecede = e.Order.MustPrecede[:n-1]
			e.Order.MustFollow = append(e.Order.MustFollow, spec.Edge{From: x.To, To: x.From})
		}
	}
}

func (g generator) changeBlock(s *spec.SpanExpect) {
	switch g.IntN(11) {
	case 0:
		s.Name = g.pattern()
	case 1:
		s.AttrsAll = shorten(g, s.AttrsAll)
	case 2:
		s.AttrsAll = append(s.AttrsAll, g.attr())
	case 3:
		s.AttrsAny = shorten(g, s.AttrsAny)
	case 4:
		s.AttrsAny = append(s.AttrsAny, g.attr())
	case 5:
		s.Parent = g.one("", "a", "*", "b", "a*")
	case 6:
		s.Kind = g.one("", "internal", "client")
	case 7:
		s.Status = g.one("", "OK", "UNSET", "ERROR")
	case 8:
		s.EventsAny = []string{"e1", "e2", "e3"}[:g.IntN(4)]
	case 9:
		s.EventsAll = []string{"e1", "e2", "e3"}[:g.IntN(4)]
	default:
		lo, hi := float64(g.IntN(3)), float64(3+g.IntN(6))
		s.Duration = &spec.DurationExpect{Min: &lo, Max: &hi}
		if g.chance(30) {
			s.Duration = nil
		}
	}
}
