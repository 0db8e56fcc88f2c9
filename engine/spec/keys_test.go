package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// describing are the keys, by table, that decide nothing: each says something to
// the reader of a file, is what happens always, or is written for the template
// and read before this package. Every `description` is one, too.
var describing = map[string][]string{
	"":         {"vars", "matrix", "template"}, // the template's: read before it is rendered
	"template": {"vars", "matrix", "otel"},
	"test":     {"author"},
	"report":   {"comment"},
	"pair":     {"relationship"},
	"scenario": {"isolation_id", "require_fresh_container"}, // always so
	"service":  {"wait_for_ready", "wait_strategy"},         // always so; what is waited for says how
	"steps":    {"capture_stdout", "capture_stderr"},        // always captured

	"otel_validation.graph_topology_constraints": {"reason"},
	"otel_validation.span_count_constraints":     {"reason"},
	"otel_validation.temporal_constraints":       {"reason"},
	"otel_validation.attribute_constraints":      {"reason"},
	"otel_validation.hermeticity_constraints":    {"reason", "no_cross_container_pollution"}, // always so
	"otel_validation.resource_attributes":        {"reason"},
	"otel_validation.sibling_constraints":        {"reason"},
}

// company is what a key of a table needs beside it to mean something, where the
// table's required keys are not enough.
var company = map[string][]map[string]any{
	"pair":          {{"parent": "a", "child": "b"}, {"child": "b"}},
	"expect.window": {{"outer": "a", "contains": []any{"b"}}},
	"service":       {{"type": "surrealdb"}, {"type": "vllm"}},
	"service.ready": {{"http": "/"}, {"log": "x"}, {"grpc": 80}, {"tcp": 80}},
	"test":          {{"name": "t"}},
	"scenario":      {{"name": "s", "steps": []any{map[string]any{"name": "a", "run": "false"}}}},

	"otel_validation.expected_traces":                           {{"span_names": []any{"a"}}},
	"otel_validation.span_count_constraints":                    {{"exact_count": 1}},
	"otel_validation.temporal_constraints":                      {{"span_name": "a"}},
	"otel_validation.attribute_constraints":                     {{"attribute_name": "a"}},
	"otel_validation.sibling_constraints":                       {{"span_a": "a", "span_b": "b"}, {"span_a": "a"}, {"span_b": "b"}},
	"otel_validation.resource_attributes":                       {{"attributes": map[string]any{"a": "b"}}},
	"otel_validation.graph_topology_constraints.required_paths": {{"path": []any{"a", "b"}}},
}

// around is what the table of a key must have for what is below the key to mean
// something.
var around = map[string]map[string]any{"service.scenarios": {"type": "chaos_engine"}}

// keyProbe sets every key that the schema knows, one in each file.
type keyProbe struct {
	t    *testing.T
	defs map[string]any
	seen map[string]bool
	// dropped are the keys of which no value was reported or changed anything.
	dropped []string
	keys    int
}

// TestNoKeyIsReadAndDropped sets each key of the schema in a file that is whole
// without it: some value of it must be reported, or change what is decoded.
func TestNoKeyIsReadAndDropped(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	p := &keyProbe{t: t, defs: root["$defs"].(map[string]any), seen: map[string]bool{}}
	base := map[string]any{
		"meta":     map[string]any{"name": "t", "version": "1"},
		"services": map[string]any{"db": map[string]any{"image": "a:1"}},
		"scenario": []any{map[string]any{"name": "s", "steps": []any{map[string]any{"name": "a", "run": "true"}}}},
	}
	p.table("", root, base, func(o map[string]any) map[string]any {
		if o["test"] != nil { // [meta] would be the header in its stead
			o = maps.Clone(o)
			delete(o, "meta")
		}
		return o
	})
	if p.keys < 300 {
		t.Errorf("only %d keys were tried", p.keys)
	}
	excused := map[string]bool{}
	for table, keys := range describing {
		for _, key := range keys {
			excused[join(table, key)] = true
		}
	}
	for _, path := range p.dropped {
		if !excused[path] && !strings.HasSuffix(path, ".description") {
			t.Errorf("%s is read and dropped", path)
		}
		delete(excused, path)
	}
	for _, path := range slices.Sorted(maps.Keys(excused)) {
		t.Errorf("%s is said to decide nothing, and is reported, or changes what is decoded", path)
	}
}

// table tries every key of a table. like is a table of its kind that is whole,
// and within puts such a table where it belongs in a file.
func (p *keyProbe) table(path string, schema, like map[string]any, within func(map[string]any) map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		p.key(join(path, key), key, properties[key], like, within)
	}
}

func (p *keyProbe) key(path, key string, schema any, like map[string]any, within func(map[string]any) map[string]any) {
	with := func(v any) map[string]any {
		o := maps.Clone(like)
		maps.Copy(o, around[path])
		o[key] = v
		return within(o)
	}
	if !p.seen[path] {
		p.seen[path] = true
		p.keys++
		table := strings.TrimSuffix(strings.TrimSuffix(path, key), ".")
		if !p.used(key, schema, append([]map[string]any{like}, company[table]...), within) {
			p.dropped = append(p.dropped, path)
		}
	}
	p.descend(path, schema, like[key], with)
}

// used reports whether some value of a key is reported or changes what is decoded.
func (p *keyProbe) used(key string, schema any, likes []map[string]any, within func(map[string]any) map[string]any) bool {
	for _, like := range likes {
		o := maps.Clone(like)
		delete(o, key)
		faults, file := p.decode(within(o))
		for _, v := range p.samples(schema, like[key], 0) {
			o[key] = v
			if nowFaults, now := p.decode(within(o)); now != file || nowFaults != faults {
				return true
			}
		}
	}
	return false
}

// descend tries the keys of the tables that a value may be.
func (p *keyProbe) descend(path string, schema any, like any, with func(any) map[string]any) {
	o, _ := schema.(map[string]any)
	if ref, ok := o["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		if p.seen["table "+name] {
			return
		}
		p.seen["table "+name] = true
		def := p.defs[name].(map[string]any)
		whole, _ := like.(map[string]any)
		if whole == nil {
			whole = p.whole(def)
		}
		p.table(name, def, whole, func(t map[string]any) map[string]any { return with(t) })
		return
	}
	for _, a := range list(o["anyOf"]) {
		p.descend(path, a, nil, with)
	}
	if items, ok := o["items"]; ok {
		var first any
		if l, _ := like.([]any); len(l) > 0 {
			first = l[0]
		}
		p.descend(path, items, first, func(v any) map[string]any { return with([]any{v}) })
	}
	if values, ok := o["additionalProperties"].(map[string]any); ok {
		inner, _ := like.(map[string]any)
		name := "x"
		for k := range inner {
			name = k
		}
		p.descend(path, values, inner[name], func(v any) map[string]any { return with(map[string]any{name: v}) })
	}
}

// whole is a table with what it requires.
func (p *keyProbe) whole(schema map[string]any) map[string]any {
	o := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for _, key := range list(schema["required"]) {
		o[key.(string)] = p.samples(properties[key.(string)], nil, 0)[0]
	}
	return o
}

// tables are tables of a kind: with what it requires, with what a key of it may
// need, and each with one of its keys.
func (p *keyProbe) tables(name string, depth int) []any {
	def := p.defs[name].(map[string]any)
	out := []any{p.whole(def)}
	for _, o := range company[name] {
		out = append(out, o)
	}
	if depth > 1 {
		return out
	}
	properties, _ := def["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		for _, v := range p.samples(properties[key], nil, depth+2) {
			o := p.whole(def)
			o[key] = v
			out = append(out, o)
		}
	}
	return out
}

// samples are values that the schema allows, and some of another kind when it
// allows none or any.
func (p *keyProbe) samples(schema, like any, depth int) (out []any) {
	o, ok := schema.(map[string]any)
	if like != nil {
		out = append(out, like)
	}
	if _, typed := o["type"]; !ok || depth > 6 || !typed && o["$ref"] == nil && o["anyOf"] == nil && o["enum"] == nil && o["const"] == nil {
		return append(out, "y", true, 7, []any{"y"}, map[string]any{"y": "z"})
	}
	if ref, ok := o["$ref"].(string); ok {
		return append(out, p.tables(strings.TrimPrefix(ref, "#/$defs/"), depth)...)
	}
	if v, ok := o["const"]; ok {
		return append(out, v, v != true)
	}
	if vs, ok := o["enum"]; ok {
		return append(out, append(list(vs), "y", true)...)
	}
	for _, a := range list(o["anyOf"]) {
		out = append(out, p.samples(a, nil, depth+1)...)
	}
	kinds := list(o["type"])
	if one, ok := o["type"].(string); ok {
		kinds = []any{one}
	}
	for _, kind := range kinds {
		switch kind {
		case "string":
			out = append(out, "y", "y=z", "5s")
		case "integer", "number":
			out = append(out, 7)
		case "boolean":
			out = append(out, true, false)
		case "array":
			for _, v := range p.samples(o["items"], nil, depth+1) {
				out = append(out, []any{v}, []any{v, v})
			}
		case "object":
			out = append(out, map[string]any{})
			if values, ok := o["additionalProperties"].(map[string]any); ok {
				for _, v := range p.samples(values, nil, depth+1) {
					out = append(out, map[string]any{"y": v})
				}
			}
		}
	}
	return out
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// decode returns what is complained about and what is decoded, without places.
func (p *keyProbe) decode(o map[string]any) (faults, file string) {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(o)) {
		fmt.Fprintf(&text, "%s = %s\n", strconv.Quote(key), inline(o[key]))
	}
	whole := []byte(text.String())
	f, ds := Decode("t.clnrm.toml", whole, PlainText("t.clnrm.toml", whole))
	for _, d := range ds {
		faults += d.Code + " " + d.Message + "\n"
	}
	var b strings.Builder
	dump(&b, reflect.ValueOf(f))
	return faults, b.String()
}

// inline writes a value as TOML.
func inline(v any) string {
	var parts []string
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, strconv.Quote(key)+" = "+inline(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, x := range v {
			parts = append(parts, inline(x))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return strconv.Quote(v)
	default:
		return fmt.Sprint(v)
	}
}

// dump writes a value, all of it but the places in the file.
func dump(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dump(b, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Pos]() {
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || strings.HasSuffix(f.Name, "Hash") {
				continue
			}
			b.WriteString(f.Name + "=")
			dump(b, v.Field(i))
			b.WriteString(" ")
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			dump(b, v.Index(i))
			b.WriteString(",")
		}
	default:
		fmt.Fprintf(b, "%v", v)
	}
}
