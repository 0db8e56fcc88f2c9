package spec

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// definitions calls visit with every table of the schema, by its path.
func definitions(t *testing.T, visit func(path string, table map[string]any)) {
	t.Helper()
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	visit("", root)
	for path, def := range root["$defs"].(map[string]any) {
		visit(path, def.(map[string]any))
	}
}

func TestSchemaDescribesWhatHintsPropose(t *testing.T) {
	used := map[string]bool{}
	definitions(t, func(path string, table map[string]any) {
		properties, _ := table["properties"].(map[string]any)
		for name, p := range properties {
			used[join(path, name)] = true
			o, ok := p.(map[string]any)
			if !ok {
				continue
			}
			if _, has := descriptions[join(path, name)]; has && o["description"] == "" {
				t.Errorf("%s has lost its description", join(path, name))
			}
		}
	})
	var missing []string
	g := newSchemaWriter()
	rootTable.describe(g, "")
	g.names[""] = rootTable.names
	for path, names := range g.names {
		for _, name := range names {
			if descriptions[join(path, name)] == "" {
				missing = append(missing, join(path, name))
			}
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("without a description:\n%s", strings.Join(missing, "\n"))
	}
	for path := range descriptions {
		if !used[path] {
			t.Errorf("%s is described and does not exist", path)
		}
	}
}
