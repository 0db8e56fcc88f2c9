package spec

import (
	"strings"
)

// spanDraft is one [[expect.span]] while it is decoded.
type spanDraft struct {
	SpanExpect
	count *Bound
}

var spanTable = newTable(unknownExpectation,
	str("name", func(s *spanDraft) *string { return &s.Name }).at(func(s *spanDraft) *Pos { return &s.Pos }),
	str("parent", func(s *spanDraft) *string { return &s.Parent }).at(func(s *spanDraft) *Pos { return &s.ParentPos }),
	word("kind", strings.ToLower, func(s *spanDraft) *string { return &s.Kind }).at(func(s *spanDraft) *Pos { return &s.KindPos }),
	word("status", strings.ToUpper, func(s *spanDraft) *string { return &s.Status }).at(func(s *spanDraft) *Pos { return &s.StatusPos }),
	truthOrNot("exists", func(s *spanDraft) **bool { return &s.Exists }),
	field[spanDraft]{name: "attrs", schema: inTable(attrsTable), shape: "a table with all or any", set: func(d *decoder, path string, e *entry, s *spanDraft) bool {
		return attrsTable.decode(d, join(path, e.key), e.val, &s.SpanExpect)
	}},
	field[spanDraft]{name: "attributes", schema: anyOf(inTable(attrsTable), attrShapes), shape: "a table of attributes", set: func(d *decoder, path string, e *entry, s *spanDraft) (ok bool) {
		all, any := e.val.child("all"), e.val.child("any")
		if (all != nil && all.kind != kindString) || (any != nil && any.kind != kindString) {
			return attrsTable.decode(d, join(path, e.key), e.val, &s.SpanExpect)
		}
		more, ok := d.attrs(join(path, e.key), e.val, false)
		s.AttrsAll = append(s.AttrsAll, more...)
		return ok
	}},
	field[spanDraft]{name: "events", schema: inTable(eventsTable), shape: "a table with any or all, lists of event names", set: func(d *decoder, path string, e *entry, s *spanDraft) bool {
		s.EventsPos = d.pos(e.at)
		return eventsTable.decode(d, join(path, e.key), e.val, &s.SpanExpect)
	}},
	field[spanDraft]{name: "duration_ms", schema: anyOf(positive, inTable(durationTable)), shape: "a number of milliseconds, or a table with min and max", set: func(d *decoder, path string, e *entry, s *spanDraft) bool {
		s.Duration = &DurationExpect{Pos: d.pos(e.val.at)}
		if n, ok := e.val.number(); ok {
			s.Duration.Max = &n
			return n >= 0
		}
		return durationTable.decode(d, join(path, e.key), e.val, s.Duration)
	}},
	truthOrNot("is_root", func(s *spanDraft) **bool { return &s.Root }).at(func(s *spanDraft) *Pos { return &s.RootPos }),
	str("scope", func(s *spanDraft) *string { return &s.Scope }).at(func(s *spanDraft) *Pos { return &s.ScopePos }),
	strList("links", func(s *spanDraft) *[]string { return &s.Links }).at(func(s *spanDraft) *Pos { return &s.LinksPos }),
	boundField("count", func(s *spanDraft) **Bound { return &s.count }),
	ignored[spanDraft]("description"),
)

// truthOrNot is a switch that says something in either position.
func truthOrNot[T any](name string, to func(*T) **bool) field[T] {
	return field[T]{name: name, schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		on := e.val.num == 1
		*to(into) = &on
		return e.val.kind == kindBool
	}}
}

// addSpan adds a decoded span; its count is an expectation of its own.
func addSpan(d *decoder, x *expectation, s spanDraft, n *node) {
	if s.Pos.Line == 0 {
		s.Pos = d.pos(n.at)
		d.missing(n.at, "`name` of the span", `add name = "…"`)
		return
	}
	x.Spans = append(x.Spans, &s.SpanExpect)
	if s.count != nil {
		c := x.counts()
		c.ByName = append(c.ByName, NamedBound{Name: s.Name, Bound: *s.count})
	}
}

var attrsTable = newTable(unknownExpectation,
	attrsField("all", false, func(s *SpanExpect) *[]AttrExpect { return &s.AttrsAll }),
	attrsField("any", true, func(s *SpanExpect) *[]AttrExpect { return &s.AttrsAny }),
)

func attrsField(name string, any bool, to func(*SpanExpect) *[]AttrExpect) field[SpanExpect] {
	return field[SpanExpect]{name: name, schema: attrShapes, shape: `a table of attributes, or a list of "key=value"`,
		set: func(d *decoder, path string, e *entry, s *SpanExpect) bool {
			more, ok := d.attrs(join(path, e.key), e.val, any)
			*to(s) = append(*to(s), more...)
			return ok
		}}
}

var eventsTable = newTable(unknownExpectation,
	strList("all", func(s *SpanExpect) *[]string { return &s.EventsAll }),
	strList("any", func(s *SpanExpect) *[]string { return &s.EventsAny }),
)

var durationTable = newTable(unknownExpectation,
	millis("min", func(x *DurationExpect) **float64 { return &x.Min }).or("gte"),
	millis("max", func(x *DurationExpect) **float64 { return &x.Max }).or("lte"),
)

func millis[T any](name string, to func(*T) **float64) field[T] {
	return field[T]{name: name, schema: positive, shape: "a number of milliseconds", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		n, ok := e.val.number()
		*to(into) = &n
		return ok && n >= 0
	}}
}

// attrs reads attribute constraints: a table, or a list of "key=value". With
// alternatives (attrs.any) a constraint of several operators has no meaning.
func (d *decoder) attrs(path string, n *node, alternatives bool) ([]AttrExpect, bool) {
	out := make([]AttrExpect, 0, max(len(n.entries), len(n.items)))
	switch n.kind {
	case kindArray:
		for _, it := range n.items {
			if it.kind != kindString {
				return nil, false
			}
			key, value, given := strings.Cut(it.text, "=")
			a := AttrExpect{Pos: d.pos(it.at), Key: strings.TrimSpace(key), Op: AttrPresent}
			if given {
				a.Op, a.Value = AttrEq, value
			}
			out = append(out, a)
		}
	case kindTable:
		for i := range n.entries {
			more := d.attr(path, &n.entries[i])
			if alternatives && len(more) > 1 {
				d.errorf(n.entries[i].at, "unsupported-expectation", "use attrs.all", "several operators for one attribute are not supported in `any`")
			}
			out = append(out, more...)
		}
	default:
		return nil, false
	}
	return out, true
}

// attr reads the constraints on one attribute.
func (d *decoder) attr(path string, e *entry) []AttrExpect {
	base := AttrExpect{Pos: d.pos(e.at), Key: e.key}
	switch e.val.kind {
	case kindArray:
		base.Op = AttrOneOf
		for _, it := range e.val.items {
			text, ok := it.scalar()
			if !ok {
				d.wrongType(path, e, "a list of strings, numbers or booleans")
				return nil
			}
			base.OneOf = append(base.OneOf, text)
		}
		if len(base.OneOf) == 0 {
			d.errorf(e.val.at, "contradictory-bounds", "", "no value can be one of an empty list")
		}
		return []AttrExpect{base}
	case kindTable:
		ops := operators{attr: base}
		operatorTable.decode(d, join(path, e.key), e.val, &ops)
		if len(e.val.entries) == 0 {
			d.errorf(e.val.at, "unsupported-expectation", "known operators: exists, eq, gte, lte, regex", "an empty table says nothing about `%s`", e.key)
		}
		return ops.list
	default:
		base.Op = AttrEq
		base.Value, _ = e.val.scalar()
		return []AttrExpect{base}
	}
}

// operators collects the operator table of one attribute.
type operators struct {
	attr AttrExpect
	list []AttrExpect
}

var operatorTable = newTable(unknownExpectation,
	operator("exists", "true or false", truth, func(a *AttrExpect, n *node) bool {
		a.Op = AttrPresent
		if n.empty() {
			a.Op = AttrAbsent
		}
		return n.kind == kindBool
	}),
	operator("eq", "a string, a number, or true or false", scalar, func(a *AttrExpect, n *node) (ok bool) {
		a.Op = AttrEq
		a.Value, ok = n.scalar()
		return ok
	}),
	operator("gte", "a number", numeric, func(a *AttrExpect, n *node) (ok bool) {
		a.Op = AttrGte
		a.Number, ok = n.number()
		return ok
	}),
	operator("lte", "a number", numeric, func(a *AttrExpect, n *node) (ok bool) {
		a.Op = AttrLte
		a.Number, ok = n.number()
		return ok
	}),
	operator("regex", "a string", text, func(a *AttrExpect, n *node) bool {
		a.Op, a.Value = AttrRegex, n.text
		return n.kind == kindString
	}),
)

func operator(name, shape string, schema shaped, read func(*AttrExpect, *node) bool) field[operators] {
	return field[operators]{name: name, schema: schema, shape: shape, set: func(d *decoder, _ string, e *entry, o *operators) bool {
		a := o.attr
		a.Pos = d.pos(e.at)
		if !read(&a, e.val) {
			return false
		}
		o.list = append(o.list, a)
		return true
	}}
}
