package diff

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// constraints adds what holds for every trace and what only [otel_validation]
// can say.
func (b *builder) constraints(e *spec.Expect) {
	if w := e.EachTrace; w != nil {
		if w.Nested {
			b.node("expect.window.parent_contains_children", w.NestedPos, w.Pos).opaque("", "true", w.NestedPos)
		}
		if d := w.Duration; d != nil {
			n := b.node("expect.window.duration_ms", d.Pos, w.Pos)
			n.limit("min", d.Min, d.Pos)
			n.limit("max", d.Max, d.Pos)
		}
	}
	for _, t := range e.Traces {
		n := b.node("otel_validation.expected_traces", t.NamesPos, t.Pos, strings.Join(t.Names, ", "))
		n.opaque("span_names", strings.Join(t.Names, ", "), t.NamesPos)
		if t.Complete {
			n.opaque("complete", "true", t.Pos)
		}
	}
	for _, v := range e.Values {
		n := b.node("otel_validation.attribute_constraints", v.Pos, v.Pos, v.Key)
		if v.Type != "" {
			n.opaque("data_type", v.Type, v.Pos)
		}
		for i := range v.All {
			a := &v.All[i]
			switch a.Op {
			case spec.AttrGte:
				n.limit("least", &a.Number, a.Pos)
			case spec.AttrLte:
				n.limit("greatest", &a.Number, a.Pos)
			case spec.AttrOneOf:
				n.opaque("allowed_values", strings.Join(a.OneOf, ", "), a.Pos)
			default:
				n.opaque("pattern", a.Value, a.Pos)
			}
		}
	}
	for _, g := range e.Gaps {
		n := b.node("otel_validation.temporal_constraints", g.Pos, g.Pos, g.From, g.To)
		n.opaque("must_complete_before", g.To, g.Pos)
		n.limit("max_gap_ms", g.Max, g.Pos)
	}
	for _, s := range e.Siblings {
		n := b.node("otel_validation.sibling_constraints", s.Pos, s.Pos, s.A, s.B)
		n.opaque("shared_parent", s.Parent, s.Pos)
		if s.Order != "" {
			n.opaque("execution_order", s.Order, s.Pos)
		}
	}
}

// limit adds a bound, if there is one.
func (n *Node) limit(path string, bound *float64, pos diag.Position) {
	if bound != nil {
		n.opaque(path, trace.ValueText(*bound), pos)
	}
}
