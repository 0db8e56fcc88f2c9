package engine

import (
	"encoding/json"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// What is decoded again is what was decoded first, with the places in the
// template, although the files on disk are other ones by then.
func TestAKeptFileIsDecodedAgainAsItWas(t *testing.T) {
	h := watching(t, &runnertest.Backend{}, map[string]string{
		"_m.toml.tera": "{% macro span(name) %}[[expect.span]]\nname = \"{{ name }}\"\n{% endmacro %}",
		"a.clnrm.toml.tera": "{% import \"_m.toml.tera\" as m %}\n" + pings("{{ m::span(name=\"one\") }}\n{{ m::span(name=\"two\") }}\n") +
			"[matrix]\nregion = [\"eu\", \"us\"]\n",
	})
	h.mu.Lock()
	list := h.entries["a.clnrm.toml.tera"].kept
	h.mu.Unlock()
	if len(list) != 2 {
		t.Fatalf("%d files are kept, want one per combination", len(list))
	}
	first := filesOf(list)
	h.write("_m.toml.tera", "{% macro span(name) %}{% endmacro %}")
	h.template("the template without expectations", "a.clnrm.toml.tera", func(t *Template) bool { return t.Generation > 1 })
	for i, k := range list {
		again := (&kept{path: k.path, cell: k.cell, packed: k.packed, recent: k.recent}).file()
		if again == first[i] {
			t.Fatal("nothing was decoded")
		}
		was, is := described(t, first[i]), described(t, again)
		if was != is {
			t.Errorf("first\n%s\nthen\n%s", was, is)
		}
	}
	if sameFiles(list, list[:1]) || !sameFiles(list, list) {
		t.Error("versions are not told apart")
	}
}

// described is all of a file, with what diagnostics would show of its places.
func described(t *testing.T, f *spec.File) string {
	t.Helper()
	type place struct {
		Width int
		Line  string
		Via   int
	}
	var places []place
	at := func(pos spec.Pos) {
		width, line, via := f.Source(pos)
		places = append(places, place{width, line, len(via)})
	}
	at(f.NamePos)
	for _, s := range f.Expect.Spans {
		at(s.Pos)
	}
	for _, sc := range f.Scenarios {
		at(sc.Pos)
	}
	text, err := json.MarshalIndent([]any{f, places}, "", " ")
	if err != nil || len(places) < 4 || places[2].Line == "" {
		t.Fatalf("%v, %+v", err, places)
	}
	return string(text)
}
