package spec

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// decode decodes a plain document.
func decode(text string) (*File, []diag.Diagnostic) {
	return Decode("t.clnrm.toml", []byte(text), PlainText("t.clnrm.toml", []byte(text)))
}

// decodeClean decodes a document that must not give an error.
func decodeClean(t *testing.T, text string) *File {
	t.Helper()
	f, ds := decode(text)
	if errs, _ := diag.Count(ds); errs > 0 {
		t.Fatalf("unexpected errors:\n%s", show(ds))
	}
	return f
}

// show prints diagnostics, one per line.
func show(ds []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%d:%d +%d %s %s: %s", d.Pos.Line, d.Pos.Column, d.Width, d.Severity, d.Code, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&b, " (%s)", d.Hint)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const head = "[meta]\nname = \"t\"\nversion = \"1.0\"\n"

func TestEveryTableDecodesWithPositions(t *testing.T) {
	text, err := os.ReadFile("testdata/shop.toml")
	if err != nil {
		t.Fatal(err)
	}
	f, ds := Decode("shop.toml", text, PlainText("shop.toml", text))
	if len(ds) > 0 {
		t.Fatalf("unexpected diagnostics:\n%s", show(ds))
	}
	got, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	// Positions shrink to line:column so that the golden file stays readable.
	got = compactPositions(got)
	golden := filepath.Join("testdata", "shop.golden.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("decoded file differs from %s; run with -update and look at the difference", golden)
	}
}

func compactPositions(b []byte) []byte {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return b
	}
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			if line, ok := v["Line"]; ok && len(v) == 3 {
				return fmt.Sprintf("%v:%v", line, v["Column"])
			}
			for k := range v {
				if v[k] = walk(v[k]); v[k] == nil || v[k] == "" || v[k] == "0:0" {
					delete(v, k)
				}
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	out, err := json.MarshalIndent(walk(v), "", " ")
	if err != nil {
		return b
	}
	return append(out, '\n')
}

func TestBothGenerationsAndMixedFiles(t *testing.T) {
	f := decodeClean(t, `[test.metadata]
name = "old"
timeout = "90s"

[services.db]
type = "generic_container"
image = "redis:7"
environment = ["A=1", "B=x=y"]

[[steps]]
name = "one"
command = ["true"]

[[steps]]
name = "two"
run = "echo hi"
timeout_ms = 250
`)
	if f.Generation != "v0.4" || f.Name != "old" || f.NamePos.Line != 2 || f.NamePos.Column != 8 {
		t.Errorf("header: %q %q %v", f.Generation, f.Name, f.NamePos)
	}
	if len(f.Scenarios) != 1 || !f.Scenarios[0].Implicit || f.Scenarios[0].Name != "steps" || f.Scenarios[0].Timeout != 90*time.Second {
		t.Fatalf("top-level steps: %+v", f.Scenarios)
	}
	if s := f.Scenarios[0].Steps[1]; !reflect.DeepEqual(s.Command, []string{"echo", "hi"}) || s.Timeout != 250*time.Millisecond {
		t.Errorf("step: %+v", s)
	}
	db := f.Service("db")
	if db == nil || db.Plugin != PluginContainer || len(db.Env) != 2 || db.Env[1].Name != "B" || db.Env[1].Value != "x=y" {
		t.Errorf("service: %+v", db)
	}

	mixed, ds := decode(`[test.metadata]
name = "old"
[meta]
name = "new"
version = "1.0"
[[scenario]]
name = "s"
run = "true"
[[steps]]
name = "first"
command = ["true"]
[services.a]
image = "one:1"
[service.a]
image = "two:2"
[services.b]
image = "b:1"
`)
	if mixed.Name != "new" || mixed.Generation != "v1.0" {
		t.Errorf("[meta] does not win: %q %q", mixed.Name, mixed.Generation)
	}
	if len(mixed.Scenarios) != 2 || !mixed.Scenarios[0].Implicit || mixed.Scenarios[1].Name != "s" {
		t.Errorf("steps do not come first: %+v", mixed.Scenarios)
	}
	if len(mixed.Services) != 2 || mixed.Service("a").Image != "two:2" {
		t.Errorf("[service.a] does not win: %+v", mixed.Services)
	}
	if len(ds) != 2 || ds[0].Code != "not-honoured" || ds[1].Code != "repeated-service" {
		t.Errorf("diagnostics:\n%s", show(ds))
	}
}

// TestShapes holds every spelling that the format has collected over time: the
// same thing said in two ways must decode to the same thing.
func TestShapes(t *testing.T) {
	pairs := []struct{ name, a, b string }{
		{"counts: bare integer", "[expect.counts]\nspans_total = 5", "[expect.counts]\nspans_total = { eq = 5 }"},
		{"counts: min and max", "[expect.counts]\nspans.min = 1\nspans.max = 4", "[expect.counts]\nspans_total = { gte = 1, lte = 4 }"},
		{"counts: by kind", "[expect.counts]\nspans_per_kind = { server = 1 }", "[expect.counts.by_kind]\nserver = { eq = 1 }"},
		{"attrs: list form", "[[expect.span]]\nname = \"a\"\nattrs.all = [\"k=v\", \"x=1=2\"]", "[[expect.span]]\nname = \"a\"\nattrs.all = { k = \"v\", x = \"1=2\" }"},
		{"attrs: key present", "[[expect.span]]\nname = \"a\"\nattrs.any = [\"k\"]", "[[expect.span]]\nname = \"a\"\nattrs.any = { k = { exists = true } }"},
		{"attrs: bare attributes", "[[expect.span]]\nname = \"a\"\nattributes = { k = 1, b = true }", "[[expect.span]]\nname = \"a\"\nattrs.all = { k = \"1\", b = \"true\" }"},
		{"attrs: attributes.any", "[[expect.span]]\nname = \"a\"\nattributes.any = { k = \"v\" }", "[[expect.span]]\nname = \"a\"\nattrs.any = { k = { eq = \"v\" } }"},
		{"span: duration as number", "[[expect.span]]\nname = \"a\"\nduration_ms = 20", "[[expect.span]]\nname = \"a\"\nduration_ms = { lte = 20 }"},
		{"span: count", "[[expect.span]]\nname = \"a\"\ncount = 2", "[[expect.span]]\nname = \"a\"\n[expect.counts.by_name]\na = { eq = 2 }"},
		{"graph: edges", "[expect.graph]\nedges = [{ parent = \"a\", child = \"b\" }]", "[expect.graph]\nmust_include = [[\"a\", \"b\"]]"},
		{"graph: parent_child table", "[expect.graph.parent_child]\nparent = \"a\"\nchild = \"b\"", "[expect.graph]\nmust_include = [[\"a\", \"b\"]]"},
		{"graph: list form", "[[expect.graph]]\nparent = \"a\"\nchild = \"b\"\nrelationship = \"calls\"", "[expect.graph]\nmust_include = [[\"a\", \"b\"]]"},
		{"order: temporal", "[expect.temporal]\nmust_precede = [[\"a\", \"b\"]]", "[expect.order]\nmust_precede = [[\"a\", \"b\"]]"},
		{"order: before and after", "[[expect.temporal]]\nbefore = \"a\"\nafter = \"b\"", "[expect.order]\nmust_precede = [[\"a\", \"b\"]]"},
		{"window: one table", "[expect.window]\nouter = \"a\"\ncontains = [\"b\"]", "[[expect.window]]\nouter = \"a\"\ncontains = [\"b\"]"},
		{"window: a table per outer span", "[expect.window]\n\"a\" = { contains = [\"b\"] }", "[[expect.window]]\nouter = \"a\"\ncontains = [\"b\"]"},
		{"counts: as older macros write them", "[expect.count]\nby_kind.server = { min = 1, max = 2 }", "[expect.counts]\nby_kind.server = { gte = 1, lte = 2 }"},
		{"status: all_ok", "[expect.status]\nall_ok = true", "[expect.status]\nall = \"ok\""},
		{"status: error_count", "[expect.status]\nerror_count = 0", "[expect.counts]\nerrors_total = 0"},
		{"counts: by service", "[expect.counts]\nspans_by_service = { a = 1 }", "[expect.counts.spans_per_service]\na = { eq = 1 }"},
		{"validation: a span", "[[otel_validation.expected_spans]]\nname = \"a\"\nattributes = { k = 1 }\nmin_duration_ms = 1\nmax_duration_ms = 2\nparent = \"p\"", "[[expect.span]]\nname = \"a\"\nattrs.all = { k = 1 }\nduration_ms = { min = 1, max = 2 }\nparent = \"p\""},
		{"validation: keys that must be there", "[[otel_validation.expected_spans]]\nname = \"a\"\nrequired_attributes = { attributes = [\"k\"] }", "[[expect.span]]\nname = \"a\"\nattrs.all = [\"k\"]"},
		{"validation: a count of a name", "[[otel_validation.expected_spans]]\nname = \"a\"\ncount = 2", "[[expect.span]]\nname = \"a\"\ncount = 2"},
		{"span: root, scope, links", "[[expect.span]]\nname = \"a\"\nis_root = false\nscope = \"lib*\"\nlinks = [\"b\"]", "[[expect.span]]\nname = \"a\"\nlinks = [\"b\"]\nscope = \"lib*\"\nis_root = false"},
		{"validation: a root", "[[otel_validation.expected_spans]]\nname = \"a\"\nis_root = true", "[[expect.span]]\nname = \"a\"\nis_root = true"},
		{"validation: at least so many", "[[otel_validation.expected_spans]]\nname = \"a\"\nmin_count = 2", "[[expect.span]]\nname = \"a\"\ncount = { gte = 2 }"},
		{"validation: at least and at most", "[[otel_validation.expected_spans]]\nname = \"a\"\nmin_count = 2\ncount = { lte = 3 }", "[[expect.span]]\nname = \"a\"\ncount = { gte = 2, lte = 3 }"},
		{"validation: counts", "[[otel_validation.span_count_constraints]]\nspan_name = \"a\"\nexact_count = 2\n[[otel_validation.span_count_constraints]]\nservice_name = \"s\"\nmin_count = 1\nmax_count = 3\n[[otel_validation.span_count_constraints]]\nmax_count = 9", "[expect.counts]\nspans_total = { lte = 9 }\nby_name = { a = 2 }\nspans_per_service = { s = { gte = 1, lte = 3 } }"},
		{"validation: order", "[[otel_validation.temporal_constraints]]\nspan_name = \"a\"\nmust_precede = [\"b\", \"c\"]", "[expect.order]\nmust_precede = [[\"a\", \"b\"], [\"a\", \"c\"]]"},
		{"validation: topology", "[[otel_validation.graph_topology_constraints]]\nno_orphaned_spans = true\nno_cycles = true\nsingle_root = true\nmax_depth = 3\n[[otel_validation.graph_topology_constraints.required_paths]]\nfrom = \"a\"\nto = \"c\"\npath = [\"a\", \"b\", \"c\"]", "[expect.graph]\nno_orphans = true\nacyclic = true\nsingle_root = true\nmax_depth = 3\nmust_include = [[\"a\", \"b\"], [\"b\", \"c\"]]"},
		{"validation: an optional span", "[[otel_validation.expected_spans]]\nname = \"a\"\n[[otel_validation.expected_spans]]\nname = \"b\"\nrequired = false", "[[expect.span]]\nname = \"a\""},
		{"validation: edges of a trace", "[[otel_validation.expected_traces]]\nparent_child = [[\"a\", \"b\"]]", "[expect.graph]\nmust_include = [[\"a\", \"b\"]]"},
		{"validation: parts of expect", `[otel_validation]
validate_spans = true
[otel_validation.expect_graph]
acyclic = true
[otel_validation.expect_counts]
spans_total = 1
[[otel_validation.expect_windows]]
outer = "a"
contains = ["b"]
[otel_validation.expect_order]
must_follow = [["a", "b"]]
[otel_validation.expect_status]
all = "OK"
[otel_validation.expect_hermeticity]
no_external_services = true`, `[expect.graph]
acyclic = true
[expect.counts]
spans_total = 1
[[expect.window]]
outer = "a"
contains = ["b"]
[expect.order]
must_follow = [["a", "b"]]
[expect.status]
all = "OK"
[expect.hermeticity]
no_external_services = true`},
		{"validation: every trace", "[otel_validation.expect_windows]\nmax_duration_ms = 3\nparent_contains_children = true", "[expect.window]\nmax_duration_ms = 3\nparent_contains_children = true"},
		{"validation: beside expect", `[[expect.span]]
name = "a"
[expect.graph]
must_include = [["a", "b"]]
[expect.counts]
spans_total = 1
by_name = { a = 1 }
[expect.order]
must_precede = [["a", "b"]]
[expect.status]
by_name = { a = "OK" }
[expect.hermeticity]
span_attrs.forbid_keys = ["k"]
[[otel_validation.expected_spans]]
name = "b"
[otel_validation.expect_graph]
must_include = [["b", "c"]]
must_not_cross = [["c", "d"]]
max_depth = 3
acyclic = true
single_root = true
no_orphans = true
must_be_connected = true
[otel_validation.expect_counts]
errors_total = 0
events_total = 2
by_name = { b = 1 }
by_kind = { server = 1 }
spans_per_service = { s = 1 }
[[otel_validation.expect_windows]]
outer = "a"
contains = ["b"]
[otel_validation.expect_order]
must_precede = [["b", "c"]]
must_follow = [["d", "c"]]
[otel_validation.expect_status]
all = "OK"
strict = true
by_name = { b = "OK" }
[otel_validation.expect_hermeticity]
no_external_services = true
resource_attrs = { k = "v" }
sdk_resource_attrs = { l = "v" }
span_attrs.forbid_keys = ["l"]`, `[[expect.span]]
name = "a"
[[expect.span]]
name = "b"
[expect.graph]
must_include = [["a", "b"], ["b", "c"]]
must_not_cross = [["c", "d"]]
max_depth = 3
acyclic = true
single_root = true
no_orphans = true
must_be_connected = true
[expect.counts]
spans_total = 1
errors_total = 0
events_total = 2
by_name = { a = 1, b = 1 }
by_kind = { server = 1 }
spans_per_service = { s = 1 }
[[expect.window]]
outer = "a"
contains = ["b"]
[expect.order]
must_precede = [["a", "b"], ["b", "c"]]
must_follow = [["d", "c"]]
[expect.status]
all = "OK"
strict = true
by_name = { a = "OK", b = "OK" }
[expect.hermeticity]
no_external_services = true
resource_attrs = { k = "v" }
sdk_resource_attrs = { l = "v" }
span_attrs.forbid_keys = ["k", "l"]`},
		{"hermeticity: flat resource_attrs", "[expect.hermeticity]\nresource_attrs = { k = \"v\" }", "[expect.hermeticity]\nresource_attrs.must_match = { k = \"v\" }"},
		{"hermeticity: flat alias", "[expect.hermeticity]\nresource_attrs_must_match = { k = \"v\" }", "[expect.hermeticity]\nresource_attrs_must_match.must_match = { k = \"v\" }"},
		{"hermeticity: flat forbid_keys", "[expect.hermeticity]\nspan_attrs_forbid_keys = [\"k\"]", "[expect.hermeticity]\nspan_attrs.forbid_keys = [\"k\"]"},
	}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			a, b := decodeClean(t, head+p.a).Expect, decodeClean(t, head+p.b).Expect
			if ja, jb := withoutPositions(t, a), withoutPositions(t, b); ja != jb {
				t.Errorf("%s\n  gives %s\n%s\n  gives %s", p.a, ja, p.b, jb)
			}
		})
	}
}

func withoutPositions(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var x any
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				if strings.HasSuffix(k, "Pos") {
					delete(v, k)
					continue
				}
				v[k] = walk(v[k])
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	b, err = json.Marshal(walk(x))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
