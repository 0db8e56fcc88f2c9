package spec

// The lists of constraints of [otel_validation]: what of them has a counterpart
// in [expect] becomes that, everything else is refused.

// countConstraint is one [[otel_validation.span_count_constraints]].
type countConstraint struct {
	service, span       string
	servicePos, spanPos Pos
	Bound
}

var countConstraintTable = newTable(notEvaluatedKey,
	str("service_name", func(c *countConstraint) *string { return &c.service }).at(func(c *countConstraint) *Pos { return &c.servicePos }),
	str("span_name", func(c *countConstraint) *string { return &c.span }).at(func(c *countConstraint) *Pos { return &c.spanPos }),
	limit("exact_count", func(c *countConstraint) **int64 { return &c.Eq }),
	limit("min_count", func(c *countConstraint) **int64 { return &c.Gte }),
	limit("max_count", func(c *countConstraint) **int64 { return &c.Lte }),
	ignored[countConstraint]("reason"),
	ignored[countConstraint]("description"),
)

func addCountConstraint(d *decoder, v *validation, c countConstraint, n *node) {
	c.Pos = d.pos(n.at)
	switch {
	case c.Eq == nil && c.Gte == nil && c.Lte == nil:
		d.missing(n.at, "a count of the constraint", "add exact_count, min_count or max_count")
	case c.service != "" && c.span != "":
		d.errorf(n.at, "not-evaluated", "write attrs = { \"resource.service.name\" = \"…\" } of [[expect.span]], or two constraints",
			"a count of the spans of a name in one service is not evaluated")
	case c.service != "":
		x := v.counts()
		x.ByService = append(x.ByService, NamedBound{Name: c.service, Bound: c.Bound})
	case c.span != "":
		x := v.counts()
		x.ByName = append(x.ByName, NamedBound{Name: c.span, Bound: c.Bound})
	case v.Counts != nil && v.Counts.SpansTotal != nil:
		d.errorf(n.at, "not-evaluated", "write one constraint", "a second count of all spans is not evaluated")
	default:
		v.counts().SpansTotal = &c.Bound
	}
}

// temporalConstraint is one [[otel_validation.temporal_constraints]].
type temporalConstraint struct {
	span     string
	precedes []string
	complete *string // must_complete_before
	gap      *float64
}

var temporalConstraintTable = newTable(notEvaluatedKey,
	str("span_name", func(c *temporalConstraint) *string { return &c.span }),
	strList("must_precede", func(c *temporalConstraint) *[]string { return &c.precedes }),
	field[temporalConstraint]{name: "must_complete_before", schema: text, shape: "a string", set: func(_ *decoder, _ string, e *entry, c *temporalConstraint) bool {
		c.complete = &e.val.text
		return e.val.kind == kindString
	}},
	millis("max_gap_ms", func(c *temporalConstraint) **float64 { return &c.gap }),
	ignored[temporalConstraint]("reason"),
	ignored[temporalConstraint]("description"),
)

// addTemporalConstraint adds an order, as [expect.order] has it, for what must
// come first, and a gap where the one must have ended, or not long ago.
func addTemporalConstraint(d *decoder, v *validation, c temporalConstraint, n *node) {
	if c.span == "" {
		d.missing(n.at, "`span_name` of the constraint", "")
		return
	}
	if c.gap != nil && c.complete == nil && len(c.precedes) == 0 {
		d.missing(n.at, "the span after the gap", `add must_precede = ["…"] or must_complete_before = "…"`)
		return
	}
	pos := d.pos(n.at)
	if c.complete != nil {
		v.Gaps = append(v.Gaps, &GapExpect{Pos: pos, From: c.span, To: *c.complete, Max: c.gap})
	}
	if len(c.precedes) > 0 && v.Order == nil {
		v.Order = &OrderExpect{Pos: pos}
	}
	for _, other := range c.precedes {
		v.Order.MustPrecede = append(v.Order.MustPrecede, Edge{Pos: pos, From: c.span, To: other})
		if c.gap != nil {
			v.Gaps = append(v.Gaps, &GapExpect{Pos: pos, From: c.span, To: other, Max: c.gap})
		}
	}
}

// topologyConstraint is one [[otel_validation.graph_topology_constraints]].
type topologyConstraint struct {
	GraphExpect
	paths []requiredPath
}

var topologyConstraintTable = newTable(notEvaluatedKey,
	boolean("no_orphaned_spans", func(c *topologyConstraint) *bool { return &c.NoOrphans }).at(func(c *topologyConstraint) *Pos { return &c.NoOrphansPos }),
	boolean("no_cycles", func(c *topologyConstraint) *bool { return &c.Acyclic }).at(func(c *topologyConstraint) *Pos { return &c.AcyclicPos }),
	boolean("single_root", func(c *topologyConstraint) *bool { return &c.SingleRoot }).at(func(c *topologyConstraint) *Pos { return &c.SingleRootPos }),
	limit("max_depth", func(c *topologyConstraint) **int64 { return &c.MaxDepth }).at(func(c *topologyConstraint) *Pos { return &c.MaxDepthPos }),
	each("required_paths", requiredPathTable, func(d *decoder, c *topologyConstraint, p requiredPath, n *node) {
		p.pos = d.pos(n.at)
		if len(p.path) < 2 || p.from != "" && p.from != p.path[0] || p.to != "" && p.to != p.path[len(p.path)-1] {
			d.errorf(n.at, "not-evaluated", `write path = ["a", "b", "c"], each the parent of the next`, "a path that does not name all of its spans, from the first to the last, is not evaluated")
			return
		}
		c.paths = append(c.paths, p)
	}),
	ignored[topologyConstraint]("reason"),
	ignored[topologyConstraint]("description"),
)

// requiredPath wants a chain of parents and children.
type requiredPath struct {
	from, to string
	path     []string
	pos      Pos
}

var requiredPathTable = newTable(notEvaluatedKey,
	str("from", func(p *requiredPath) *string { return &p.from }),
	str("to", func(p *requiredPath) *string { return &p.to }),
	strList("path", func(p *requiredPath) *[]string { return &p.path }),
	ignored[requiredPath]("description"),
)

func addTopologyConstraint(d *decoder, v *validation, c topologyConstraint, n *node) {
	g := v.graph(d.pos(n.at))
	take(&g.NoOrphans, &g.NoOrphansPos, c.NoOrphans, c.NoOrphansPos)
	take(&g.Acyclic, &g.AcyclicPos, c.Acyclic, c.AcyclicPos)
	take(&g.SingleRoot, &g.SingleRootPos, c.SingleRoot, c.SingleRootPos)
	if c.MaxDepth != nil && (g.MaxDepth == nil || *c.MaxDepth < *g.MaxDepth) {
		g.MaxDepth, g.MaxDepthPos = c.MaxDepth, c.MaxDepthPos
	}
	for _, p := range c.paths {
		for i, name := range p.path[1:] {
			g.MustInclude = append(g.MustInclude, Edge{Pos: p.pos, From: p.path[i], To: name})
		}
	}
}

// take switches a check on.
func take(on *bool, at *Pos, more bool, pos Pos) {
	if more && !*on {
		*on, *at = true, pos
	}
}
