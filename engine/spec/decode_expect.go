package spec

import "strings"

// expectation is an [expect] table while it is decoded: beside what is judged
// over spans, the conditions that older files put here and that belong to the
// steps of a scenario.
type expectation struct {
	Expect
	outputs []output
	exits   []exit
}

type output struct {
	pattern string
	pos     Pos
	at      span
}

type exit struct {
	code int
	pos  Pos
	at   span
}

// expect decodes an [expect] table.
func (d *decoder) expect(e *entry, path string, into *expectation) bool {
	into.Pos = d.pos(e.at)
	return expectTable.decode(d, path, e.val, into)
}

var expectTable = newTable(unknownExpectation,
	ignored[expectation]("description"),
	each("span", spanTable, addSpan),
	field[expectation]{name: "graph", schema: anyOf(inTable(graphTable), edgePairs), shape: "a table", set: graph},
	sub("counts", countsTable, (*expectation).counts).at(func(x *expectation) *Pos { return &x.Counts.Pos }),
	sub("count", countsTable, (*expectation).counts).unproposed(), // as older macros write it
	field[expectation]{name: "window", schema: windowShapes, shape: "a list of tables, written [[{path}]]", set: window},
	field[expectation]{name: "order", schema: anyOf(inTable(orderTable), edgePairs), shape: "a table", set: order}.or("temporal"),
	field[expectation]{name: "status", schema: anyOf(inTable(statusTable), listOf(inTable(exitTable))), shape: "a table", set: status},
	sub("hermeticity", hermeticityTable, func(x *expectation) *HermeticityExpect {
		x.Hermeticity = &HermeticityExpect{}
		return x.Hermeticity
	}).at(func(x *expectation) *Pos { return &x.Hermeticity.Pos }),
	each("output", outputTable, func(d *decoder, x *expectation, o output, n *node) {
		o.at = n.at
		x.outputs = append(x.outputs, o)
	}),
	unsupported[expectation]("resource", "resource attributes are [expect.hermeticity] resource_attrs.must_match"),
	unsupported[expectation]("chaos", ""),
	unsupported[expectation]("isolation", ""),
	unsupported[expectation]("timeouts", "durations are duration_ms of a span"),
	unsupported[expectation]("determinism", ""),
	unsupported[expectation]("concurrent", ""),
	unsupported[expectation]("suite", ""),
)

var outputTable = newTable(unknownExpectation,
	str("pattern", func(o *output) *string { return &o.pattern }).at(func(o *output) *Pos { return &o.pos }),
	ignored[output]("description"),
)

var exitTable = newTable(unknownExpectation,
	integer("exit_code", func(x *exit) *int { return &x.code }).at(func(x *exit) *Pos { return &x.pos }),
	ignored[exit]("description"),
)

// counts makes room for [expect.counts].
func (x *expectation) counts() *CountsExpect {
	if x.Counts == nil {
		x.Counts = &CountsExpect{Pos: x.Pos}
	}
	return x.Counts
}

// conditions hands exit codes and output patterns of [expect] to what they are
// about: the one command, or the one scenario, that is meant. It returns what is
// left to be judged over spans, nil when that is nothing.
func (d *decoder) conditions(x *expectation, scenarios []*Scenario) *Expect {
	for i, c := range x.exits {
		if s := d.onlyStep(c.at, scenarios, i == 0, "exit_code", "expected_exit_code"); s != nil {
			s.ExitCode, s.ExitCodePos = c.code, c.pos
		}
	}
	for _, o := range x.outputs {
		switch {
		case o.pos.Line == 0:
			d.missing(o.at, "`pattern`", `add pattern = "…"`)
		case len(scenarios) == 1:
			scenarios[0].Outputs = append(scenarios[0].Outputs, OutputExpect{Pattern: o.pattern, Pos: o.pos})
		case !d.partial:
			d.errorf(o.at, "unsupported-expectation", "write [[scenario.expect.output]] below the scenario that is meant",
				"an output pattern of a whole file is supported for one scenario, not for %d", len(scenarios))
		}
	}
	if x.Empty() && len(x.exits)+len(x.outputs) > 0 {
		return nil
	}
	return &x.Expect
}

// onlyStep returns the single step of the single scenario, or reports why a
// condition has no unambiguous owner.
func (d *decoder) onlyStep(at span, scenarios []*Scenario, first bool, what, instead string) *Step {
	if d.partial {
		return nil
	}
	if !first || len(scenarios) != 1 || len(scenarios[0].Steps) != 1 {
		d.errorf(at, "unsupported-expectation", "write "+instead+" at the step that is meant",
			"an %s under [expect] is supported once, for a scenario of one command", what)
		return nil
	}
	return scenarios[0].Steps[0]
}

// window reads [[expect.window]]. As a table it is one window; or, the form of
// older macros, a window per outer span; or, without an outer span, a bound for
// every trace.
func window(d *decoder, path string, e *entry, x *expectation) bool {
	path = join(path, e.key)
	switch {
	case e.val.kind == kindArray:
		for _, it := range e.val.items {
			if !d.window(path, it, "", x) {
				return false
			}
		}
		return true
	case e.val.kind == kindTable && e.val.child("outer") == nil && e.val.child("contains") == nil && e.val.holdsTables():
		for i := range e.val.entries {
			el := &e.val.entries[i]
			d.window(join(path, el.key), el.val, el.key, x)
		}
		return true
	case e.val.kind == kindTable && e.val.child("outer") == nil && e.val.child("contains") == nil && !e.val.empty():
		x.EachTrace = &EachTraceExpect{Pos: d.pos(e.at)}
		d.warnf(e.at, "trace-window", "to bound single spans write [[expect.window]] with outer = \"…\"", "[%s] without an outer span bounds every trace", path)
		return eachTraceTable.decode(d, path, e.val, x.EachTrace)
	default:
		return d.window(path, e.val, "", x)
	}
}

// eachTraceTable is [expect.window] without an outer span.
var eachTraceTable = newTable(unknownExpectation,
	ignored[EachTraceExpect]("description"),
	millis("min_duration_ms", func(x *EachTraceExpect) **float64 { return &made(&x.Duration).Min }).at(func(x *EachTraceExpect) *Pos { return &x.Duration.Pos }),
	millis("max_duration_ms", func(x *EachTraceExpect) **float64 { return &made(&x.Duration).Max }).at(func(x *EachTraceExpect) *Pos { return &x.Duration.Pos }),
	boolean("parent_contains_children", func(x *EachTraceExpect) *bool { return &x.Nested }).at(func(x *EachTraceExpect) *Pos { return &x.NestedPos }),
)

// made returns the bounds at p, which it makes when there are none.
func made(p **DurationExpect) *DurationExpect {
	if *p == nil {
		*p = &DurationExpect{}
	}
	return *p
}

// window reads one window; outer is its outer span where a key names it.
func (d *decoder) window(path string, n *node, outer string, x *expectation) bool {
	w, before := &WindowExpect{Pos: d.pos(n.at), Outer: outer}, len(d.diags)
	if !windowTable.decode(d, path, n, w) {
		return false
	}
	if at := n.child("outer"); at != nil {
		w.Pos = d.pos(at.at)
	}
	if w.Outer != "" && (len(w.Contains) > 0 || w.Duration != nil) {
		x.Windows = append(x.Windows, w)
	} else if len(d.diags) == before {
		d.missing(n.at, "`outer` or `contains` of the window", `write outer = "a", contains = ["b"]`)
	}
	return true
}

var windowTable = newTable(unknownExpectation,
	str("outer", func(w *WindowExpect) *string { return &w.Outer }),
	strList("contains", func(w *WindowExpect) *[]string { return &w.Contains }).at(func(w *WindowExpect) *Pos { return &w.ContainsPos }),
	ignored[WindowExpect]("description"),
	millis("max_duration_ms", func(w *WindowExpect) **float64 { return &made(&w.Duration).Max }).at(func(w *WindowExpect) *Pos { return &w.Duration.Pos }),
	millis("min_duration_ms", func(w *WindowExpect) **float64 { return &made(&w.Duration).Min }).at(func(w *WindowExpect) *Pos { return &w.Duration.Pos }),
	unsupported[WindowExpect]("parent_contains_children", "write it in [expect.window] without an outer span, or name the spans: outer = …, contains = […]"),
)

// order reads [expect.order], or the list form before/after.
func order(d *decoder, path string, e *entry, x *expectation) bool {
	x.Order = &OrderExpect{Pos: d.pos(e.at)}
	path = join(path, e.key)
	if e.val.kind != kindArray {
		return orderTable.decode(d, path, e.val, x.Order)
	}
	edges, ok := d.edges(path, e, "before", "after")
	x.Order.MustPrecede = edges
	return ok
}

var orderTable = newTable(unknownExpectation,
	ignored[OrderExpect]("description"),
	edgeList("must_precede", func(o *OrderExpect) *[]Edge { return &o.MustPrecede }),
	edgeList("must_follow", func(o *OrderExpect) *[]Edge { return &o.MustFollow }),
)

// status reads [expect.status], or exit codes from [[expect.status]].
func status(d *decoder, path string, e *entry, x *expectation) bool {
	path = join(path, e.key)
	if e.val.kind == kindArray {
		for _, it := range e.val.items {
			c := exit{at: it.at}
			if !exitTable.decode(d, path, it, &c) {
				return false
			}
			if c.pos.Line > 0 {
				x.exits = append(x.exits, c)
			}
		}
		return true
	}
	draft := statusDraft{StatusExpect: StatusExpect{Pos: d.pos(e.at)}, x: x}
	ok := statusTable.decode(d, path, e.val, &draft)
	if e.val.child("error_count") == nil || len(e.val.entries) > 1 {
		x.Status = &draft.StatusExpect
	}
	return ok
}

type statusDraft struct {
	StatusExpect
	x *expectation
}

var statusTable = newTable(unknownExpectation,
	ignored[statusDraft]("description"),
	word("all", strings.ToUpper, func(s *statusDraft) *string { return &s.All }).at(func(s *statusDraft) *Pos { return &s.AllPos }),
	field[statusDraft]{name: "by_name", schema: mapOf(text), shape: `a table of "OK", "ERROR" or "UNSET"`, set: func(d *decoder, path string, e *entry, s *statusDraft) bool {
		for i := range e.val.entries {
			el := &e.val.entries[i]
			if el.val.kind != kindString {
				d.wrongType(join(path, e.key), el, `"OK", "ERROR" or "UNSET"`)
				continue
			}
			s.ByName = append(s.ByName, NamedStatus{Pos: d.pos(el.at), Name: el.key, Status: strings.ToUpper(el.val.text)})
		}
		return e.val.kind == kindTable
	}},
	boolean("strict", func(s *statusDraft) *bool { return &s.Strict }),
	field[statusDraft]{name: "all_ok", schema: onlyTrue, shape: "true", set: func(d *decoder, _ string, e *entry, s *statusDraft) bool {
		s.All, s.AllPos = "OK", d.pos(e.val.at)
		return e.val.kind == kindBool && !e.val.empty()
	}},
	field[statusDraft]{name: "error_count", schema: boundShapes, shape: boundShape, set: func(d *decoder, path string, e *entry, s *statusDraft) bool {
		b, ok := d.bound(path, e)
		s.x.counts().ErrorsTotal = &b
		return ok
	}},
)

var hermeticityTable = newTable(unknownExpectation,
	ignored[HermeticityExpect]("description"),
	boolean("no_external_services", func(h *HermeticityExpect) *bool { return &h.NoExternalServices }).at(func(h *HermeticityExpect) *Pos { return &h.NoExternalPos }),
	mustMatch("resource_attrs", func(h *HermeticityExpect) *[]AttrExpect { return &h.ResourceAttrs }).or("resource_attrs_must_match"),
	mustMatch("sdk_resource_attrs", func(h *HermeticityExpect) *[]AttrExpect { return &h.SDKResourceAttrs }).or("sdk_resource_attrs_must_match"),
	field[HermeticityExpect]{name: "span_attrs", schema: anyOf(texts, inTable(forbidTable)), shape: "a table with forbid_keys, a list of keys", set: func(d *decoder, path string, e *entry, h *HermeticityExpect) (ok bool) {
		if e.val.kind == kindTable {
			return forbidTable.decode(d, join(path, e.key), e.val, h)
		}
		h.ForbidPos = d.pos(e.val.at)
		h.ForbidKeys, ok = d.strings(e.val)
		return ok
	}}.or("span_attrs_forbid_keys"),
)

var forbidTable = newTable(unknownExpectation,
	strList("forbid_keys", func(h *HermeticityExpect) *[]string { return &h.ForbidKeys }).at(func(h *HermeticityExpect) *Pos { return &h.ForbidPos }),
)

// mustMatch reads attributes below must_match, or flat.
func mustMatch(name string, to func(*HermeticityExpect) *[]AttrExpect) field[HermeticityExpect] {
	return field[HermeticityExpect]{name: name, schema: matchShapes, shape: "a table of attributes", set: func(d *decoder, path string, e *entry, h *HermeticityExpect) (ok bool) {
		n, path := e.val, join(path, e.key)
		if m := n.child("must_match"); m != nil {
			for i := range n.entries {
				if el := &n.entries[i]; el.key != "must_match" {
					d.unknown(unknownExpectation, path, el, []string{"must_match"}, n.has)
				}
			}
			n, path = m, join(path, "must_match")
		}
		*to(h), ok = d.attrs(path, n, false)
		return ok
	}}
}
