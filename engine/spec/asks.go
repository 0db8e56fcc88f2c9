package spec

import "slices"

// Asks reports whether the file says what a scenario must bring about: an
// expectation over spans, a condition of a step, an assertion, an awaited span.
func (f *File) Asks(sc *Scenario) bool {
	if f.Expect.Asks() || sc.Expect.Asks() || len(sc.Outputs) > 0 || slices.ContainsFunc(f.Assertions, Assertion.Asks) {
		return true
	}
	for _, st := range sc.Steps {
		if st.ExitCodePos.Line > 0 || st.MustFail || st.Regex != "" || st.RegexNot != "" || st.Contains != "" {
			return true
		}
	}
	return slices.ContainsFunc(f.Services, func(s *Service) bool {
		return s.WaitForSpan != "" && (s.Name == sc.Service || slices.ContainsFunc(sc.Steps, func(st *Step) bool { return st.Service == s.Name }))
	})
}

// Asks reports whether something can be found not to hold: a table may have parts
// and each of them be empty.
func (x *Expect) Asks() bool {
	return x != nil && (len(x.Spans)+len(x.Windows)+len(x.Traces)+len(x.Values)+len(x.Gaps)+len(x.Siblings) > 0 ||
		x.EachTrace.Asks() || x.Graph.Asks() || x.Counts.Asks() || x.Order.Asks() || x.Status.Asks() || x.Hermeticity.Asks())
}

// Asks reports whether the table says anything about traces.
func (e *EachTraceExpect) Asks() bool {
	return e != nil && (e.Nested || e.Duration != nil && (e.Duration.Min != nil || e.Duration.Max != nil))
}

// Asks reports whether the table says anything about how spans hang together.
func (g *GraphExpect) Asks() bool {
	return g != nil && (len(g.MustInclude)+len(g.MustNotCross) > 0 || g.MaxDepth != nil || g.Acyclic || g.SingleRoot || g.NoOrphans || g.Connected)
}

// Asks reports whether the table bounds any number.
func (c *CountsExpect) Asks() bool {
	if c == nil {
		return false
	}
	named := func(b NamedBound) bool { return b.Asks() }
	return c.SpansTotal.Asks() || c.EventsTotal.Asks() || c.ErrorsTotal.Asks() ||
		slices.ContainsFunc(c.ByName, named) || slices.ContainsFunc(c.ByKind, named) || slices.ContainsFunc(c.ByService, named)
}

// Asks reports whether the bound has a side.
func (b *Bound) Asks() bool { return b != nil && (b.Gte != nil || b.Lte != nil || b.Eq != nil) }

// Asks reports whether the table says what comes before what.
func (o *OrderExpect) Asks() bool { return o != nil && len(o.MustPrecede)+len(o.MustFollow) > 0 }

// Asks reports whether the table wants any status.
func (s *StatusExpect) Asks() bool { return s != nil && (s.All != "" || len(s.ByName) > 0) }

// Asks reports whether the table keeps anything out, or wants any attribute.
func (h *HermeticityExpect) Asks() bool {
	return h != nil && (h.NoExternalServices || len(h.ResourceAttrs)+len(h.SDKResourceAttrs)+len(h.ForbidKeys) > 0)
}

// Asks reports whether the assertion can fail: so many commands as none are
// executed always.
func (a Assertion) Asks() bool { return a.Name != AssertCommands || a.Min > 0 }
