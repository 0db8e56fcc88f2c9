package spec

// graph reads [expect.graph], or the list form [[expect.graph]] parent/child.
func graph(d *decoder, path string, e *entry, x *expectation) bool {
	g := x.graph(d.pos(e.at))
	path = join(path, e.key)
	if e.val.kind != kindArray {
		return graphTable.decode(d, path, e.val, g)
	}
	edges, ok := d.edges(path, e, "parent", "child")
	g.MustInclude = append(g.MustInclude, edges...)
	return ok
}

// graph makes room for [expect.graph], which stands at pos.
func (x *expectation) graph(pos Pos) *GraphExpect {
	if x.Graph == nil {
		x.Graph = &GraphExpect{Pos: pos}
	}
	return x.Graph
}

var graphTable = newTable(unknownExpectation,
	ignored[GraphExpect]("description"),
	edgeList("must_include", func(g *GraphExpect) *[]Edge { return &g.MustInclude }),
	edgeList("must_not_cross", func(g *GraphExpect) *[]Edge { return &g.MustNotCross }),
	edgeList("edges", func(g *GraphExpect) *[]Edge { return &g.MustInclude }),
	edgeList("parent_child", func(g *GraphExpect) *[]Edge { return &g.MustInclude }),
	boolean("acyclic", func(g *GraphExpect) *bool { return &g.Acyclic }).at(func(g *GraphExpect) *Pos { return &g.AcyclicPos }),
	limit("max_depth", func(g *GraphExpect) **int64 { return &g.MaxDepth }).at(func(g *GraphExpect) *Pos { return &g.MaxDepthPos }),
	boolean("single_root", func(g *GraphExpect) *bool { return &g.SingleRoot }).at(func(g *GraphExpect) *Pos { return &g.SingleRootPos }),
	boolean("no_orphans", func(g *GraphExpect) *bool { return &g.NoOrphans }).at(func(g *GraphExpect) *Pos { return &g.NoOrphansPos }),
	boolean("must_be_connected", func(g *GraphExpect) *bool { return &g.Connected }).at(func(g *GraphExpect) *Pos { return &g.ConnectedPos }),
)

// edgeList reads pairs of span names, ["a", "b"] or {parent, child}, and adds
// them to what other spellings gave.
func edgeList[T any](name string, to func(*T) *[]Edge) field[T] {
	return field[T]{name: name, schema: edgePairs, shape: `a list of pairs, [["parent", "child"]]`,
		set: func(d *decoder, path string, e *entry, into *T) bool {
			edges, ok := d.edges(join(path, e.key), e, "parent", "child")
			*to(into) = append(*to(into), edges...)
			return ok
		}}
}

// pair is an edge written as a table; the keys have one of several names.
type pair struct{ from, to *string }

var pairTable = newTable(unknownExpectation,
	field[pair]{name: "parent", schema: text, shape: "a string", set: setPair(func(p *pair) **string { return &p.from })}.or("before", "from"),
	field[pair]{name: "child", schema: text, shape: "a string", set: setPair(func(p *pair) **string { return &p.to })}.or("after", "to"),
	ignored[pair]("relationship"),
	ignored[pair]("description"),
)

func setPair(to func(*pair) **string) func(*decoder, string, *entry, *pair) bool {
	return func(_ *decoder, _ string, e *entry, p *pair) bool {
		*to(p) = &e.val.text
		return e.val.kind == kindString
	}
}

// edges reads a list of pairs; a single pair as a table is a list of one.
func (d *decoder) edges(path string, e *entry, from, to string) ([]Edge, bool) {
	items := e.val.items
	if e.val.kind == kindTable {
		items = []*node{e.val}
	} else if e.val.kind != kindArray {
		return nil, false
	}
	out := make([]Edge, 0, len(items))
	for _, it := range items {
		edge := Edge{Pos: d.pos(it.at)}
		switch it.kind {
		case kindArray:
			names, ok := d.strings(it)
			if !ok || len(names) != 2 {
				d.errorf(it.at, "wrong-type", "", "an element of `%s` is a pair of two span names", path)
				continue
			}
			edge.From, edge.To = names[0], names[1]
		case kindTable:
			var p pair
			pairTable.decode(d, path, it, &p)
			if p.from == nil || p.to == nil {
				d.missing(it.at, "`"+from+"` or `"+to+"` of the pair", "")
				continue
			}
			edge.From, edge.To = *p.from, *p.to
		default:
			return out, false
		}
		out = append(out, edge)
	}
	return out, true
}

var countsTable = newTable(unknownExpectation,
	ignored[CountsExpect]("description"),
	boundField("spans_total", func(c *CountsExpect) **Bound { return &c.SpansTotal }).or("spans"),
	boundField("events_total", func(c *CountsExpect) **Bound { return &c.EventsTotal }),
	boundField("errors_total", func(c *CountsExpect) **Bound { return &c.ErrorsTotal }),
	namedBounds("by_name", func(c *CountsExpect) *[]NamedBound { return &c.ByName }),
	namedBounds("by_kind", func(c *CountsExpect) *[]NamedBound { return &c.ByKind }).or("spans_by_kind", "spans_per_kind"),
	namedBounds("spans_per_service", func(c *CountsExpect) *[]NamedBound { return &c.ByService }).or("by_service", "spans_by_service"),
)

const boundShape = "a count, or a table with gte, lte or eq"

func boundField[T any](name string, to func(*T) **Bound) field[T] {
	return field[T]{name: name, schema: boundShapes, shape: boundShape, set: func(d *decoder, path string, e *entry, into *T) bool {
		b, ok := d.bound(path, e)
		*to(into) = &b
		return ok
	}}
}

func namedBounds[T any](name string, to func(*T) *[]NamedBound) field[T] {
	return field[T]{name: name, schema: mapOf(boundShapes), shape: "a table of counts", set: func(d *decoder, path string, e *entry, into *T) bool {
		if e.val.kind != kindTable {
			return false
		}
		for i := range e.val.entries {
			el := &e.val.entries[i]
			b, ok := d.bound(join(path, e.key), el)
			if !ok {
				d.wrongType(join(path, e.key), el, boundShape)
				continue
			}
			b.Pos = d.pos(el.at)
			*to(into) = append(*to(into), NamedBound{Name: el.key, Bound: b})
		}
		return true
	}}
}

var boundTable = newTable(unknownExpectation,
	ignored[Bound]("description"),
	limit("gte", func(b *Bound) **int64 { return &b.Gte }).or("min"),
	limit("lte", func(b *Bound) **int64 { return &b.Lte }).or("max"),
	limit("eq", func(b *Bound) **int64 { return &b.Eq }),
)

func limit[T any](name string, to func(*T) **int64) field[T] {
	return field[T]{name: name, schema: natural, shape: "an integer from 0 up", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		n := e.val.num
		*to(into) = &n
		return e.val.kind == kindInt && n >= 0
	}}
}

// bound reads n, or a table of gte, lte, eq.
func (d *decoder) bound(path string, e *entry) (Bound, bool) {
	b := Bound{Pos: d.pos(e.val.at)}
	if e.val.kind == kindInt && e.val.num >= 0 {
		n := e.val.num
		b.Eq = &n
		return b, true
	}
	return b, boundTable.decode(d, join(path, e.key), e.val, &b)
}
