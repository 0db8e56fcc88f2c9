package trace

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// readWhole reads a document from its complete tree of values, as grouped
// reading must do without one.
func readWhole(data string) ([]Span, error) {
	r := jsonReader{recorded: true}
	v, err := r.scan.only([]byte(data), r.scan.value)
	if err != nil {
		return nil, err
	}
	return r.document(grouped(&r, v, 0))
}

// grouped puts span groups into the places where grouped reading puts them.
func grouped(r *jsonReader, v any, level int) any {
	keys := [][]string{keysGroups, keysScopes, {"spans"}}
	o, ok := v.(object)
	if !ok {
		return v
	}
	out := append(object(nil), o...)
	for i, m := range out {
		list, isList := m.value.([]any)
		if !isList || !slices.Contains(keys[level], m.key) {
			continue
		}
		if level == 2 {
			g := &spanGroup{}
			for n, e := range list {
				if g.err == nil {
					g.add(r, e, n)
				}
			}
			out[i].value = g
			continue
		}
		inner := make([]any, len(list))
		for k, e := range list {
			inner[k] = grouped(r, e, level+1)
		}
		out[i].value = inner
	}
	return out
}

// TestGroupsAreReadAsTheyStand compares reading in groups with reading the whole
// tree, over damaged and ordinary documents.
func TestGroupsAreReadAsTheyStand(t *testing.T) {
	parts := []string{
		`{`, `}`, `[`, `]`, `,`, `:`, `"resourceSpans"`, `"scopeSpans"`, `"spans"`, `"resource"`, `"attributes"`, `"name"`, `"spanId"`, `"a"`, `1`, `null`,
		`{"name":"x","spanId":"1","kind":1}`, `{"name":"y","spanId":"2","kind":9}`, `[{"key":"k","value":{"stringValue":"v"}}]`, `"scope":{"name":"s"}`,
	}
	documents := []string{
		formatC,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","spanId":"1"}],"scope":{"name":"late"}}],"resource":{"attributes":[{"key":"k","value":{"stringValue":"late"}}]}}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[],"spans":[{"name":"a","spanId":"1"}]},{"spans":[{"name":"b","spanId":"2"},{"name":"c","spanId":"3"}]}]},{"scopeSpans":[{"spans":[{"name":"d","spanId":"4"}]}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","spanId":"1","kind":99}]}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}`, `{"resourceSpans":[7]}`, `{"resourceSpans":{"a":1}}`, `{"resourceSpans":[{"scopeSpans":[{"spans":7}]}]}`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","attributes":{"spans":[{"name":"n","spanId":"9"}],"resourceSpans":[]}}]}]}]}`,
		`{"name":"a","spanId":"1","attributes":{"spans":[{"name":"n","spanId":"9"}],"scopeSpans":[{"spans":[]}]}}`,
		`{"spans":[{"name":"a","span_id":"1"}],"scopeSpans":[]}`,
	}
	g := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		d := documents[g.IntN(3)]
		for range 1 + g.IntN(2) {
			at := g.IntN(len(d))
			d = d[:at] + parts[g.IntN(len(parts))] + d[min(len(d), at+g.IntN(12)):]
		}
		documents = append(documents, d)
	}
	usable := 0
	for _, d := range documents {
		want, wantErr := readWhole(d)
		r := jsonReader{recorded: true}
		v, err := r.decode([]byte(d))
		var got []Span
		if err == nil {
			got, err = r.document(v)
		}
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\ngot  %v %v\nwant %v %v", d, got, err, want, wantErr)
		}
		if err == nil {
			usable++
		}
	}
	if usable < 100 {
		t.Errorf("%d documents could be read: the test damages too much", usable)
	}
}
