package spec

// Empty reports whether a table of expectations has none. A table that has parts,
// all of which are empty, is not Empty: each part is reported by itself.
func (x *Expect) Empty() bool {
	return len(x.Spans)+len(x.Windows)+len(x.Traces)+len(x.Values)+len(x.Gaps)+len(x.Siblings) == 0 && x.EachTrace == nil &&
		x.Graph == nil && x.Counts == nil && x.Order == nil && x.Status == nil && x.Hermeticity == nil
}

// merge adds the expectations of another table, which then hold as well. What
// can be said only once and is said in both is an error: it would be a guess
// which of the two was meant.
func (d *decoder) merge(into, from *expectation) {
	into.Spans = append(into.Spans, from.Spans...)
	into.Windows = append(into.Windows, from.Windows...)
	into.Traces = append(into.Traces, from.Traces...)
	into.Values = append(into.Values, from.Values...)
	into.Gaps = append(into.Gaps, from.Gaps...)
	into.Siblings = append(into.Siblings, from.Siblings...)
	into.exits = append(into.exits, from.exits...)
	if x := from.EachTrace; x != nil {
		once(d, &into.EachTrace, x, x.Pos, "window")
	}
	if x := from.Order; x != nil {
		if into.Order == nil {
			into.Order = &OrderExpect{Pos: x.Pos}
		}
		into.Order.MustPrecede = append(into.Order.MustPrecede, x.MustPrecede...)
		into.Order.MustFollow = append(into.Order.MustFollow, x.MustFollow...)
	}
	d.mergeGraph(into, from.Graph)
	d.mergeCounts(into, from.Counts)
	d.mergeStatus(into, from.Status)
	mergeHermeticity(into, from.Hermeticity)
}

// once sets what may be set only once.
func once[T any](d *decoder, into **T, from *T, pos Pos, what string) {
	switch {
	case from == nil:
	case *into != nil:
		d.errorf(d.file.places[pos], "repeated-key", keepOne, "`%s` is expected in [expect] already", what)
	default:
		*into = from
	}
}

func (d *decoder) mergeGraph(into *expectation, x *GraphExpect) {
	if x == nil {
		return
	}
	g := into.graph(x.Pos)
	g.MustInclude = append(g.MustInclude, x.MustInclude...)
	g.MustNotCross = append(g.MustNotCross, x.MustNotCross...)
	if x.MaxDepth != nil {
		once(d, &g.MaxDepth, x.MaxDepth, x.MaxDepthPos, "max_depth")
		g.MaxDepthPos = x.MaxDepthPos
	}
	turnOn(&g.Acyclic, &g.AcyclicPos, x.Acyclic, x.AcyclicPos)
	turnOn(&g.SingleRoot, &g.SingleRootPos, x.SingleRoot, x.SingleRootPos)
	turnOn(&g.NoOrphans, &g.NoOrphansPos, x.NoOrphans, x.NoOrphansPos)
	turnOn(&g.Connected, &g.ConnectedPos, x.Connected, x.ConnectedPos)
}

// turnOn adds a check that another table asks for.
func turnOn(into *bool, pos *Pos, from bool, at Pos) {
	if from && !*into {
		*into, *pos = true, at
	}
}

func (d *decoder) mergeCounts(into *expectation, x *CountsExpect) {
	if x == nil {
		return
	}
	if into.Counts == nil {
		into.Counts = &CountsExpect{Pos: x.Pos}
	}
	c := into.Counts
	for _, b := range []struct {
		into **Bound
		from *Bound
		name string
	}{{&c.SpansTotal, x.SpansTotal, "spans_total"}, {&c.EventsTotal, x.EventsTotal, "events_total"}, {&c.ErrorsTotal, x.ErrorsTotal, "errors_total"}} {
		if b.from != nil {
			once(d, b.into, b.from, b.from.Pos, b.name)
		}
	}
	c.ByName = append(c.ByName, x.ByName...)
	c.ByKind = append(c.ByKind, x.ByKind...)
	c.ByService = append(c.ByService, x.ByService...)
}

func (d *decoder) mergeStatus(into *expectation, x *StatusExpect) {
	if x == nil {
		return
	}
	if into.Status == nil {
		into.Status = x
		return
	}
	s := into.Status
	switch {
	case s.All == "":
		s.All, s.AllPos = x.All, x.AllPos
	case x.All != "":
		d.errorf(d.file.places[x.AllPos], "repeated-key", keepOne, "`%s` is expected in [expect] already", "all")
	}
	s.ByName = append(s.ByName, x.ByName...)
	s.Strict = s.Strict || x.Strict
}

func mergeHermeticity(into *expectation, x *HermeticityExpect) {
	if x == nil {
		return
	}
	if into.Hermeticity == nil {
		into.Hermeticity = x
		return
	}
	h := into.Hermeticity
	turnOn(&h.NoExternalServices, &h.NoExternalPos, x.NoExternalServices, x.NoExternalPos)
	h.ResourceAttrs = append(h.ResourceAttrs, x.ResourceAttrs...)
	h.SDKResourceAttrs = append(h.SDKResourceAttrs, x.SDKResourceAttrs...)
	h.ForbidKeys = append(h.ForbidKeys, x.ForbidKeys...)
	if h.ForbidPos.Line == 0 {
		h.ForbidPos = x.ForbidPos
	}
}
