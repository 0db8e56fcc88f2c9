package spec

import (
	"encoding/json"
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// object is a JSON Schema, or a part of one.
type object = map[string]any

// schemaURI is the draft of JSON Schema that JSONSchema writes.
const schemaURI = "https://json-schema.org/draft/2020-12/schema"

// JSONSchema returns the JSON Schema (draft 2020-12) of a rendered test file, for
// editors that complete and check TOML by one. It is made from the same tables
// that decode files. What only the dry run can know (references, bounds that
// contradict each other, patterns that do not compile) is not in it; a file that
// has no error is valid under it.
func JSONSchema() ([]byte, error) {
	g := newSchemaWriter()
	root := rootTable.describe(g, "")
	root["$schema"] = schemaURI
	root["title"] = "clnrm test file"
	root["description"] = "A hermetic integration test whose proof is telemetry, after its template has been rendered."
	root["$defs"] = g.defs
	root["allOf"] = []any{
		object{"anyOf": []any{object{"required": []string{"meta"}}, object{"required": []string{"test"}}}},
		object{"anyOf": []any{object{"required": []string{"scenario"}}, object{"required": []string{"steps"}}}},
	}
	out, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	return append(out, '\n'), nil
}

// schemaWriter collects the definitions of tables, each under the path at which
// it was met first.
type schemaWriter struct {
	named map[any]string
	defs  object
	names map[string][]string // of each definition: the keys that hints propose
}

func newSchemaWriter() *schemaWriter {
	return &schemaWriter{defs: object{}, names: map[string][]string{}, named: map[any]string{
		expectTable: "expect", stepTable: "steps", windowTable: "expect.window", eachTraceTable: "expect.window.trace",
		pairTable: "pair", boundTable: "bound", operatorTable: "operators", limitsTable: "limits",
	}}
}

// shaped is what a field's value may be, for JSON Schema; path is that of the
// field.
type shaped func(g *schemaWriter, path string) any

// of is a shape that does not depend on other tables.
func of(o object) shaped { return func(*schemaWriter, string) any { return o } }

// The shapes of single values.
var (
	text       = of(object{"type": "string"})
	truth      = of(object{"type": "boolean"})
	whole      = of(object{"type": "integer"})
	natural    = of(object{"type": "integer", "minimum": 0})
	positive   = of(object{"type": "number", "minimum": 0})
	texts      = listOf(text)
	anything   = of(object{})
	nothing    = func(*schemaWriter, string) any { return false }
	scalar     = of(object{"type": []string{"string", "number", "boolean"}})
	onlyTrue   = of(object{"const": true})
	onlyFalse  = of(object{"const": false})
	onlyEmpty  = of(object{"enum": []any{false, 0, "", []any{}, object{}}})
	numeric    = of(object{"type": "number"})
	lasting    = of(object{"type": []string{"string", "number"}})
	assignment = of(object{"type": "string", "pattern": "="})
)

func listOf(item shaped) shaped {
	return func(g *schemaWriter, path string) any {
		return object{"type": "array", "items": item(g, path)}
	}
}

// mapOf is a table whose keys the user chooses.
func mapOf(value shaped) shaped {
	return func(g *schemaWriter, path string) any {
		return object{"type": "object", "additionalProperties": value(g, path)}
	}
}

func anyOf(shapes ...shaped) shaped {
	return func(g *schemaWriter, path string) any {
		var out []any
		for _, s := range shapes {
			out = append(out, s(g, path))
		}
		return object{"anyOf": out}
	}
}

// inTable is a nested table.
func inTable[T any](t *table[T]) shaped {
	return func(g *schemaWriter, path string) any { return t.reference(g, path) }
}

// reference points to the definition of a table, which it writes when it is met
// for the first time.
func (t *table[T]) reference(g *schemaWriter, path string) object {
	name, known := g.named[t]
	if !known {
		for name = path; g.defs[name] != nil; {
			name += ".item" // of a list form beside the table form
		}
		g.named[t] = name
	}
	if g.defs[name] == nil {
		g.defs[name] = object{} // for tables that contain themselves
		g.names[name] = t.names
		g.defs[name] = t.describe(g, name)
	}
	return object{"$ref": "#/$defs/" + name}
}

// describe writes the schema of a table.
func (t *table[T]) describe(g *schemaWriter, path string) object {
	properties := object{}
	for i := range t.fields {
		f := &t.fields[i]
		value := f.schema(g, join(path, f.name))
		properties[f.name] = described(value, descriptions[join(path, f.name)])
		for _, name := range f.also {
			properties[name] = described(f.schema(g, join(path, f.name)), "Another spelling of `"+f.name+"`.")
		}
	}
	o := object{"type": "object", "properties": properties}
	if !t.unknown.free && t.unknown.severity == diag.Error {
		o["additionalProperties"] = false
		o["patternProperties"] = object{"^x[-_]": true}
	}
	if keys := requiredKeys[path]; keys != nil {
		o["required"] = keys
	}
	return o
}

// described adds a description to a schema; `false` cannot have one.
func described(schema any, description string) any {
	o, ok := schema.(object)
	if !ok || description == "" {
		return schema
	}
	out := object{"description": description}
	for k, v := range o {
		out[k] = v
	}
	return out
}

// requiredKeys are the keys without which a table is an error.
var requiredKeys = map[string][]string{
	"meta":                           {"name"},
	"scenario":                       {"name"},
	"steps":                          {"name"},
	"expect.span":                    {"name"},
	"expect.output":                  {"pattern"},
	"service.build":                  {"context"},
	"otel_validation.expected_spans": {"name"},
}

// The shapes of values that have a grammar of their own.
var (
	edge         = anyOf(of(object{"type": "array", "items": object{"type": "string"}, "minItems": 2, "maxItems": 2}), inTable(pairTable))
	edgePairs    = anyOf(inTable(pairTable), listOf(edge))
	boundShapes  = anyOf(natural, inTable(boundTable))
	attrShape    = anyOf(scalar, listOf(scalar), inTable(operatorTable))
	attrShapes   = anyOf(texts, mapOf(attrShape))
	windowShapes = anyOf(listOf(inTable(windowTable)), inTable(windowTable), inTable(eachTraceTable), mapOf(inTable(windowTable)))
	matchShapes  = anyOf(texts, mapOf(attrShape), func(g *schemaWriter, path string) any {
		return object{"type": "object", "properties": object{"must_match": attrShapes(g, path)}, "required": []string{"must_match"}}
	})
	requiredAttrs = func(g *schemaWriter, path string) any {
		return object{"type": "object", "properties": object{"attributes": texts(g, path)}, "required": []string{"attributes"}, "additionalProperties": false}
	}
	assertionShapes = func(*schemaWriter, string) any {
		properties := object{AssertCommands: object{"type": "integer", "minimum": 0}}
		for _, name := range []string{AssertHermetic, AssertSucceeded, AssertSteps, AssertScenarios, AssertNoFailed} {
			properties[name] = object{"const": true}
		}
		return object{"type": "object", "properties": properties}
	}
)
