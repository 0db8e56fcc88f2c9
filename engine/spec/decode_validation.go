package spec

import (
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// validation is [otel_validation], the v0.4 dialect of expectations, while it
// is decoded. All it asks for becomes part of File.Expect.
type validation struct{ expectation }

// notEvaluatedKey is what a key of [otel_validation] is that nothing translates. It
// is an error: in that table, what is not judged would count as met.
var notEvaluatedKey = unknownRule{severity: diag.Error, code: "not-evaluated", text: "`{key}` in [{table}] is not evaluated"}

// notEvaluated is a known key of that kind, with a hint at what to write instead.
func notEvaluated[T any](name, hint string) field[T] {
	return field[T]{name: name, schema: onlyEmpty, quiet: true, set: func(d *decoder, path string, e *entry, _ *T) bool {
		if !e.val.empty() {
			d.errorf(e.at, "not-evaluated", hint, "`%s` is not evaluated", join(path, e.key))
		}
		return true
	}}
}

// validationPart is a part of the table that has the shape of one of [expect].
func validationPart(name, shape string, schema shaped, set func(*decoder, string, *entry, *expectation) bool) field[validation] {
	return field[validation]{name: name, schema: schema, shape: shape, set: func(d *decoder, path string, e *entry, v *validation) bool {
		return set(d, path, e, &v.expectation)
	}}
}

// validationSwitch is a switch of a family of checks that other keys declare:
// what is declared is judged whatever the switch says.
func validationSwitch(name string) field[validation] {
	return field[validation]{name: name, schema: truth, quiet: true, shape: "true or false", set: func(d *decoder, path string, e *entry, _ *validation) bool {
		if e.val.kind == kindBool && e.val.empty() {
			d.warnf(e.at, "not-honoured", "remove the expectations that are not meant", "`%s = false` has no effect: what is declared is judged", join(path, e.key))
		}
		return e.val.kind == kindBool
	}}
}

const (
	unmeasured   = "the overhead of instrumentation is not measured"
	onlyDeclared = "what is judged are expected_spans, expected_traces and expect_*"
)

var validationTable = newTable(notEvaluatedKey,
	field[validation]{name: "enabled", schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, _ *validation) bool {
		return e.val.kind == kindBool // otelValidation has read it
	}},
	each("expected_spans", expectedSpanTable, addExpectedSpan),
	each("expected_traces", expectedTraceTable, addExpectedTrace),
	validationPart("expect_graph", "a table", anyOf(inTable(graphTable), edgePairs), graph),
	validationPart("expect_counts", "a table", inTable(countsTable), func(d *decoder, path string, e *entry, x *expectation) bool {
		x.counts().Pos = d.pos(e.at)
		return countsTable.decode(d, join(path, e.key), e.val, x.Counts)
	}),
	validationPart("expect_windows", "a list of tables, written [[{path}]]", windowShapes, window),
	validationPart("expect_hermeticity", "a table", inTable(hermeticityTable), func(d *decoder, path string, e *entry, x *expectation) bool {
		x.Hermeticity = &HermeticityExpect{Pos: d.pos(e.at)}
		return hermeticityTable.decode(d, join(path, e.key), e.val, x.Hermeticity)
	}),
	validationPart("expect_order", "a table", anyOf(inTable(orderTable), edgePairs), order),
	validationPart("expect_status", "a table", anyOf(inTable(statusTable), listOf(inTable(exitTable))), status),
	validationSwitch("validate_spans"),
	validationSwitch("validate_traces"),
	unhonoured[validation]("validate_performance", diag.Warning, unmeasured),
	notEvaluated[validation]("max_overhead_ms", "bound the duration of a span: [[expect.span]] duration_ms"),
	unhonoured[validation]("validate_exports", diag.Warning, "spans that were lost make every run an error"),
	unhonoured[validation]("validate_temporal_ordering", diag.Warning, onlyDeclared),
	unhonoured[validation]("validate_cardinality", diag.Warning, onlyDeclared),
	unhonoured[validation]("validate_hermeticity", diag.Warning, onlyDeclared),
	unhonoured[validation]("validate_attributes", diag.Warning, onlyDeclared),
	unhonoured[validation]("validate_graph_topology", diag.Warning, onlyDeclared),
	unhonoured[validation]("collector_url", diag.Warning, "spans go to the built-in receiver"),
	each("span_count_constraints", countConstraintTable, addCountConstraint),
	each("temporal_constraints", temporalConstraintTable, addTemporalConstraint),
	each("attribute_constraints", valueConstraintTable, addValueConstraint),
	each("hermeticity_constraints", hermeticConstraintTable, addHermeticConstraint),
	each("graph_topology_constraints", topologyConstraintTable, addTopologyConstraint),
	each("sibling_constraints", siblingConstraintTable, addSiblingConstraint),
	notEvaluated[validation]("tree_structure", "write [expect.graph] must_include"),
	each("resource_attributes", resourceConstraintTable, addResourceConstraint),
)

// otelValidation decodes [otel_validation] unless it is switched off.
func otelValidation(d *decoder, path string, e *entry, t *document) bool {
	if on := e.val.child("enabled"); on != nil && on.kind == kindBool && on.empty() {
		d.report(diag.Info, e.at, "not-evaluated", "[otel_validation] is switched off: nothing of it is judged", "")
		return true
	}
	v := &validation{}
	v.Pos = d.pos(e.at)
	before := len(d.diags)
	if !validationTable.decode(d, join(path, e.key), e.val, v) {
		return false
	}
	if v.Empty() && len(v.exits) == 0 {
		if len(d.diags) == before {
			d.warnf(e.at, "empty-expectation", "add [[otel_validation.expected_spans]], or remove the table", "[otel_validation] expects nothing")
		}
		return true
	}
	t.validation = &v.expectation
	return true
}

// expectedSpan is one [[otel_validation.expected_spans]].
type expectedSpan struct {
	spanDraft
	optional bool
	countAt  span
}

var expectedSpanTable = newTable(notEvaluatedKey,
	str("name", func(s *expectedSpan) *string { return &s.Name }).at(func(s *expectedSpan) *Pos { return &s.Pos }),
	field[expectedSpan]{name: "attributes", schema: mapOf(attrShape), shape: "a table of attributes", set: func(d *decoder, path string, e *entry, s *expectedSpan) bool {
		more, ok := d.attrs(join(path, e.key), e.val, false)
		s.AttrsAll = append(s.AttrsAll, more...)
		return ok && e.val.kind == kindTable
	}},
	field[expectedSpan]{name: "required_attributes", schema: requiredAttrs, quiet: true, shape: `a table with attributes = ["key"]`, set: func(d *decoder, _ string, e *entry, s *expectedSpan) bool {
		list := e.val.child("attributes")
		if list == nil || len(e.val.entries) != 1 {
			return false
		}
		keys, ok := d.strings(list)
		for i, key := range keys {
			s.AttrsAll = append(s.AttrsAll, AttrExpect{Pos: d.pos(list.items[i].at), Key: key, Op: AttrPresent})
		}
		return ok
	}},
	field[expectedSpan]{name: "required", schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, s *expectedSpan) bool {
		s.optional = e.val.empty()
		return e.val.kind == kindBool
	}},
	millis("min_duration_ms", func(s *expectedSpan) **float64 { return &made(&s.Duration).Min }).at(func(s *expectedSpan) *Pos { return &s.Duration.Pos }),
	millis("max_duration_ms", func(s *expectedSpan) **float64 { return &made(&s.Duration).Max }).at(func(s *expectedSpan) *Pos { return &s.Duration.Pos }),
	str("parent", func(s *expectedSpan) *string { return &s.Parent }).at(func(s *expectedSpan) *Pos { return &s.ParentPos }),
	field[expectedSpan]{name: "count", schema: boundShapes, quiet: true, shape: boundShape, set: func(d *decoder, path string, e *entry, s *expectedSpan) bool {
		b, ok := d.bound(path, e)
		if s.count != nil && b.Gte == nil { // min_count came first
			b.Gte = s.count.Gte
		}
		s.count, s.countAt = &b, e.at
		return ok
	}},
	field[expectedSpan]{name: "min_count", schema: natural, quiet: true, shape: "an integer from 0 up", set: func(d *decoder, _ string, e *entry, s *expectedSpan) bool {
		if s.count == nil {
			s.count, s.countAt = &Bound{Pos: d.pos(e.val.at)}, e.at
		}
		n := e.val.num
		s.count.Gte = &n
		return e.val.kind == kindInt && n >= 0
	}},
	truthOrNot("is_root", func(s *expectedSpan) **bool { return &s.Root }).at(func(s *expectedSpan) *Pos { return &s.RootPos }),
	ignored[expectedSpan]("description"),
)

// addExpectedSpan adds what one expected span asks for. An optional one asks for
// nothing; whoever declares it is told.
func addExpectedSpan(d *decoder, v *validation, s expectedSpan, n *node) {
	if s.optional {
		severity := diag.Info
		if len(s.AttrsAll) > 0 || s.Duration != nil || s.count != nil || s.Parent != "" || s.Root != nil {
			severity = diag.Warning
		}
		d.report(severity, n.at, "not-evaluated", "an expected span that is not required is not judged", "")
		return
	}
	if s.count != nil && (len(s.AttrsAll) > 0 || s.Duration != nil || s.Parent != "" || s.Root != nil) {
		d.errorf(s.countAt, "not-evaluated", "write [expect.counts] by_name for the spans of a name, whatever their attributes",
			"a count of spans that are told apart by more than their name is not evaluated")
		s.count = nil
	}
	addSpan(d, &v.expectation, s.spanDraft, n)
}

// expectedTrace is one [[otel_validation.expected_traces]].
type expectedTrace struct {
	TraceExpect
	edges []Edge
}

var expectedTraceTable = newTable(notEvaluatedKey,
	strList("span_names", func(t *expectedTrace) *[]string { return &t.Names }).at(func(t *expectedTrace) *Pos { return &t.NamesPos }),
	boolean("complete", func(t *expectedTrace) *bool { return &t.Complete }),
	edgeList("parent_child", func(t *expectedTrace) *[]Edge { return &t.edges }),
	notEvaluated[expectedTrace]("trace_id", "trace ids differ from run to run"),
	notEvaluated[expectedTrace]("ordered", "write [expect.order] must_precede"),
	notEvaluated[expectedTrace]("is_tree", "write [expect.graph] acyclic, no_orphans or single_root"),
	notEvaluated[expectedTrace]("trace_count", "write [expect.counts] by_name"),
	ignored[expectedTrace]("description"),
)

// addExpectedTrace adds what one expected trace asks for: its edges are those of
// [expect.graph].
func addExpectedTrace(d *decoder, v *validation, t expectedTrace, n *node) {
	t.Pos = d.pos(n.at)
	if len(t.Names) > 0 {
		v.Traces = append(v.Traces, &t.TraceExpect)
	} else if len(t.edges) == 0 || t.Complete {
		d.missing(n.at, "`span_names` of the trace", `add span_names = ["…"]`)
	}
	if len(t.edges) > 0 {
		g := v.graph(t.edges[0].Pos)
		g.MustInclude = append(g.MustInclude, t.edges...)
	}
}
