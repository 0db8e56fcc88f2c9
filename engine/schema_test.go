package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The examples are what people copy: as they render, they are valid under the
// schema that editors check them by.
func TestExamplesAreValidUnderTheSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("clnrm.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("clnrm.json")
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Paths: []string{"../examples"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	templates := e.Snapshot().Templates
	if len(templates) == 0 {
		t.Fatal("no examples")
	}
	for _, tmpl := range templates {
		r := e.Render(t.Context(), e.TypedPath(tmpl.Path))
		if r.Text == nil {
			t.Errorf("%s does not render: %v %v", tmpl.Path, r.Diagnostics, r.Combinations)
			continue
		}
		var file map[string]any
		if err := toml.Unmarshal(r.Text, &file); err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", tmpl.Path, err)
		}
	}
}
