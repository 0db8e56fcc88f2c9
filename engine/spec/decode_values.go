package spec

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// The constraints of [otel_validation] on attributes, resources, peers and
// siblings.

// valueConstraint is one [[otel_validation.attribute_constraints]].
type valueConstraint struct {
	ValueExpect
	keyPos Pos
}

var valueConstraintTable = newTable(notEvaluatedKey,
	str("attribute_name", func(c *valueConstraint) *string { return &c.Key }).at(func(c *valueConstraint) *Pos { return &c.keyPos }),
	field[valueConstraint]{name: "data_type", schema: of(object{"enum": dataTypes()}), shape: "string, integer, number or boolean", set: func(_ *decoder, _ string, e *entry, c *valueConstraint) (ok bool) {
		c.Type, ok = dataType[e.val.text]
		return ok && e.val.kind == kindString
	}},
	field[valueConstraint]{name: "allowed_values", schema: listOf(scalar), shape: "a list of strings, numbers or booleans", set: func(d *decoder, path string, e *entry, c *valueConstraint) bool {
		if e.val.kind == kindArray {
			c.All = append(c.All, d.attr(path, e)...)
		}
		return e.val.kind == kindArray
	}},
	field[valueConstraint]{name: "valid_range", schema: of(object{"type": "array", "items": object{"type": "number"}, "minItems": 2, "maxItems": 2}), shape: "two numbers, [least, greatest]", set: func(d *decoder, _ string, e *entry, c *valueConstraint) bool {
		if e.val.kind != kindArray || len(e.val.items) != 2 {
			return false
		}
		for i, op := range [...]AttrOp{AttrGte, AttrLte} {
			n, ok := e.val.items[i].number()
			if !ok {
				return false
			}
			c.All = append(c.All, AttrExpect{Pos: d.pos(e.val.items[i].at), Op: op, Number: n})
		}
		return true
	}},
	field[valueConstraint]{name: "pattern", schema: text, shape: "a regular expression", set: func(d *decoder, _ string, e *entry, c *valueConstraint) bool {
		c.All = append(c.All, AttrExpect{Pos: d.pos(e.val.at), Op: AttrRegex, Value: e.val.text})
		return e.val.kind == kindString
	}},
	ignored[valueConstraint]("reason"),
	ignored[valueConstraint]("description"),
)

// dataType maps the words for the type of a value to those of ValueExpect.
var dataType = map[string]string{
	"string": "string", "integer": "integer", "int": "integer", "boolean": "boolean", "bool": "boolean",
	"number": "number", "float": "number", "double": "number",
}

func dataTypes() []string {
	return []string{"string", "integer", "int", "number", "float", "double", "boolean", "bool"}
}

func addValueConstraint(d *decoder, v *validation, c valueConstraint, n *node) {
	c.Pos = d.pos(n.at)
	switch {
	case c.Key == "":
		d.missing(n.at, "`attribute_name` of the constraint", "")
	case c.Type == "" && len(c.All) == 0:
		d.missing(n.at, "what the values must be", "add data_type, allowed_values, valid_range or pattern")
	default:
		for i := range c.All {
			c.All[i].Key = c.Key
		}
		v.Values = append(v.Values, &c.ValueExpect)
	}
}

// hermeticConstraint is one [[otel_validation.hermeticity_constraints]].
type hermeticConstraint struct {
	sealed bool
	at     Pos
}

const provedNetwork = `write [isolation] network = "sealed": every container proves it`

var hermeticConstraintTable = newTable(notEvaluatedKey,
	boolean("no_external_network", func(c *hermeticConstraint) *bool { return &c.sealed }).at(func(c *hermeticConstraint) *Pos { return &c.at }),
	notEvaluated[hermeticConstraint]("internal_dns_only", provedNetwork),
	notEvaluated[hermeticConstraint]("resource_limits_enforced", "write [limits]: the containers have them"),
	ignored[hermeticConstraint]("no_cross_container_pollution"), // always so: no container is shared
	ignored[hermeticConstraint]("reason"),
	ignored[hermeticConstraint]("description"),
)

func addHermeticConstraint(d *decoder, v *validation, c hermeticConstraint, n *node) {
	if !c.sealed {
		return
	}
	if v.Hermeticity == nil {
		v.Hermeticity = &HermeticityExpect{Pos: d.pos(n.at)}
	}
	turnOn(&v.Hermeticity.NoExternalServices, &v.Hermeticity.NoExternalPos, true, c.at)
}

// resourceConstraint is one [[otel_validation.resource_attributes]].
type resourceConstraint struct {
	attrs    []AttrExpect
	optional bool
}

var resourceConstraintTable = newTable(notEvaluatedKey,
	field[resourceConstraint]{name: "required", schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, c *resourceConstraint) bool {
		c.optional = e.val.empty()
		return e.val.kind == kindBool
	}},
	field[resourceConstraint]{name: "attributes", schema: mapOf(anyOf(attrShape, of(object{"type": "object", "properties": object{"required": object{"type": "boolean"}}, "required": []string{"required"}, "additionalProperties": false}))), shape: "a table of attributes", set: func(d *decoder, path string, e *entry, c *resourceConstraint) bool {
		if e.val.kind != kindTable {
			return false
		}
		for i := range e.val.entries {
			a := &e.val.entries[i]
			required := a.val.child("required")
			switch {
			case required == nil || len(a.val.entries) > 1:
				c.attrs = append(c.attrs, d.attr(join(path, e.key), a)...)
			case required.kind != kindBool:
				d.wrongType(join(path, e.key), &a.val.entries[0], "true or false")
			case required.empty():
				d.report(diag.Info, a.at, "not-evaluated", "a resource attribute that is not required is not judged", "")
			default:
				c.attrs = append(c.attrs, AttrExpect{Pos: d.pos(a.at), Key: a.key, Op: AttrPresent})
			}
		}
		return true
	}},
	ignored[resourceConstraint]("reason"),
	ignored[resourceConstraint]("description"),
)

func addResourceConstraint(d *decoder, v *validation, c resourceConstraint, n *node) {
	switch {
	case c.optional && len(c.attrs) > 0:
		d.report(diag.Warning, n.at, "not-evaluated", "resource attributes that are not required are not judged", "")
	case len(c.attrs) > 0:
		if v.Hermeticity == nil {
			v.Hermeticity = &HermeticityExpect{Pos: d.pos(n.at)}
		}
		v.Hermeticity.ResourceAttrs = append(v.Hermeticity.ResourceAttrs, c.attrs...)
	}
}

// siblingConstraint is one [[otel_validation.sibling_constraints]].
type siblingConstraint struct{ SiblingExpect }

var siblingConstraintTable = newTable(notEvaluatedKey,
	str("span_a", func(c *siblingConstraint) *string { return &c.A }),
	str("span_b", func(c *siblingConstraint) *string { return &c.B }),
	str("shared_parent", func(c *siblingConstraint) *string { return &c.Parent }),
	field[siblingConstraint]{name: "execution_order", schema: of(object{"enum": []string{OrderParallel, OrderSequential}}), shape: "parallel or sequential", set: func(_ *decoder, _ string, e *entry, c *siblingConstraint) bool {
		c.Order = strings.ToLower(e.val.text)
		return c.Order == OrderParallel || c.Order == OrderSequential
	}},
	ignored[siblingConstraint]("reason"),
	ignored[siblingConstraint]("description"),
)

func addSiblingConstraint(d *decoder, v *validation, c siblingConstraint, n *node) {
	if c.A == "" || c.B == "" {
		d.missing(n.at, "`span_a` or `span_b` of the constraint", "")
		return
	}
	c.Pos = d.pos(n.at)
	v.Siblings = append(v.Siblings, &c.SiblingExpect)
}
