package expect

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// keyCase says how a key of [expect] shows its effect: two values of it, of
// which the real judge accepts the one and not the other over the same spans.
type keyCase struct {
	green, red string
	change     func([]trace.Span) []trace.Span // of the crafted trace; nil for none
}

// span writes the two values as those of one [[expect.span]].
func span(green, red string) keyCase {
	head := "[[expect.span]]\nname = \"step\"\n"
	return keyCase{green: head + green, red: head + red}
}

// below writes the two values as those of one table.
func below(table, green, red string) keyCase {
	return keyCase{green: table + "\n" + green, red: table + "\n" + red}
}

// over is the case over a changed trace.
func (c keyCase) over(change func([]trace.Span) []trace.Span) keyCase {
	c.change = change
	return c
}

// craftedTrace has something for every key to hold on to.
func craftedTrace() []trace.Span {
	spans := tree("run 10 100\n  step 20 40\n  pay 50 60\n    charge 52 58\n")
	spans[1].Kind, spans[1].Scope = trace.KindClient, "lib"
	spans[1].Attrs = attrs("a", "1", "b", "x", "n", int64(5))
	spans[1].Events = []trace.Event{{Name: "e1"}, {Name: "e2"}}
	spans[1].Links = []trace.Link{{TraceID: "t1", SpanID: spans[2].ID}}
	spans[2].Status = trace.StatusError
	spans[2].Attrs = attrs("server.address", "api.example.com", "password", "p")
	return spans
}

// allFine is the trace without an error, its steps without a status.
func allFine(spans []trace.Span) []trace.Span {
	spans[1].Status, spans[2].Status = trace.StatusUnset, trace.StatusOK
	return spans
}

// looped makes a cycle of the last two spans.
func looped(spans []trace.Span) []trace.Span {
	spans[2].ParentID = spans[3].ID
	return spans
}

// orphaned has a span whose parent was not collected.
func orphaned(spans []trace.Span) []trace.Span {
	spans[3].ParentID = "feed"
	return spans
}

// escaping has a child that ends after its parent.
func escaping(spans []trace.Span) []trace.Span {
	spans[3].End = spans[2].End + 1
	return spans
}

// keyCases are the keys of [expect] that decide something, by their paths in the
// schema.
var keyCases = map[string]keyCase{
	"expect.span":                 below("", "[[expect.span]]\nname = \"step\"", "[[expect.span]]\nname = \"stop\""),
	"expect.graph":                below("[expect]", `graph = [{parent = "run", child = "step"}]`, `graph = [{parent = "step", child = "run"}]`),
	"expect.counts":               below("[expect]", "counts = {spans_total = 4}", "counts = {spans_total = 3}"),
	"expect.count":                below("[expect]", "count = {spans_total = 4}", "count = {spans_total = 3}"),
	"expect.window":               below("[expect]", `window = [{outer = "run", contains = ["step"]}]`, `window = [{outer = "step", contains = ["run"]}]`),
	"expect.order":                below("[expect]", `order = [{before = "step", after = "pay"}]`, `order = [{before = "pay", after = "step"}]`),
	"expect.temporal":             below("[expect]", `temporal = [{before = "step", after = "pay"}]`, `temporal = [{before = "pay", after = "step"}]`),
	"expect.status":               below("[expect]", `status = {by_name = {pay = "ERROR"}}`, `status = {by_name = {pay = "OK"}}`),
	"expect.hermeticity":          below("[expect]", "hermeticity = {no_external_services = false}", "hermeticity = {no_external_services = true}"),
	"expect.span.name":            below("[[expect.span]]", `name = "st*"`, `name = "sx*"`),
	"expect.span.parent":          span(`parent = "run"`, `parent = "pay"`),
	"expect.span.kind":            span(`kind = "client"`, `kind = "server"`),
	"expect.span.status":          span(`status = "OK"`, `status = "ERROR"`),
	"expect.span.exists":          span("exists = true", "exists = false"),
	"expect.span.attrs":           span(`attrs = {all = {a = "1"}}`, `attrs = {all = {a = "2"}}`),
	"expect.span.is_root":         span("is_root = false", "is_root = true"),
	"expect.span.scope":           span(`scope = "lib"`, `scope = "other"`),
	"expect.span.links":           span(`links = ["pay"]`, `links = ["run"]`),
	"expect.span.count":           span("count = 1", "count = 2"),
	"expect.span.events":          span(`events = {all = ["e1"]}`, `events = {all = ["e9"]}`),
	"expect.span.attrs.all":       span(`attrs.all = {a = "1", b = "x"}`, `attrs.all = {a = "1", b = "y"}`),
	"expect.span.attrs.any":       span(`attrs.any = {a = "1", b = "y"}`, `attrs.any = {a = "2", b = "y"}`),
	"expect.span.attributes":      span(`attributes = {a = "1"}`, `attributes = {a = "2"}`),
	"expect.span.duration_ms":     span("duration_ms = 20", "duration_ms = 19"),
	"expect.span.events.all":      span(`events.all = ["e1", "e2"]`, `events.all = ["e1", "e9"]`),
	"expect.span.events.any":      span(`events.any = ["e1", "e9"]`, `events.any = ["e8", "e9"]`),
	"expect.span.duration_ms.min": span("duration_ms.min = 20", "duration_ms.min = 21"),
	"expect.span.duration_ms.gte": span("duration_ms.gte = 20", "duration_ms.gte = 21"),
	"expect.span.duration_ms.max": span("duration_ms.max = 20", "duration_ms.max = 19"),
	"expect.span.duration_ms.lte": span("duration_ms.lte = 20", "duration_ms.lte = 19"),

	"operators.exists": span("attrs.all = {a = {exists = true}}", "attrs.all = {a = {exists = false}}"),
	"operators.eq":     span("attrs.all = {n = {eq = 5}}", "attrs.all = {n = {eq = 6}}"),
	"operators.gte":    span("attrs.all = {n = {gte = 5}}", "attrs.all = {n = {gte = 6}}"),
	"operators.lte":    span("attrs.all = {n = {lte = 5}}", "attrs.all = {n = {lte = 4}}"),
	"operators.regex":  span(`attrs.all = {b = {regex = "^x$"}}`, `attrs.all = {b = {regex = "^y$"}}`),

	"expect.graph.must_include":      below("[expect.graph]", `must_include = [["run", "step"]]`, `must_include = [["step", "run"]]`),
	"expect.graph.edges":             below("[expect.graph]", `edges = [["run", "step"]]`, `edges = [["step", "run"]]`),
	"expect.graph.parent_child":      below("[expect.graph]", `parent_child = [["run", "step"]]`, `parent_child = [["step", "run"]]`),
	"expect.graph.must_not_cross":    below("[expect.graph]", `must_not_cross = [["step", "pay"]]`, `must_not_cross = [["run", "charge"]]`),
	"expect.graph.max_depth":         below("[expect.graph]", "max_depth = 3", "max_depth = 2"),
	"expect.graph.acyclic":           below("[expect.graph]", "acyclic = false", "acyclic = true").over(looped),
	"expect.graph.single_root":       below("[expect.graph]", "single_root = false", "single_root = true").over(orphaned),
	"expect.graph.no_orphans":        below("[expect.graph]", "no_orphans = false", "no_orphans = true").over(orphaned),
	"expect.graph.must_be_connected": below("[expect.graph]", "must_be_connected = false", "must_be_connected = true").over(orphaned),

	"pair.parent": below("[expect.graph]", `must_include = [{parent = "run", child = "step"}]`, `must_include = [{parent = "pay", child = "step"}]`),
	"pair.child":  below("[expect.graph]", `must_include = [{parent = "run", child = "step"}]`, `must_include = [{parent = "run", child = "charge"}]`),
	"pair.from":   below("[expect.graph]", `must_include = [{from = "run", to = "step"}]`, `must_include = [{from = "pay", to = "step"}]`),
	"pair.to":     below("[expect.graph]", `must_include = [{from = "run", to = "step"}]`, `must_include = [{from = "run", to = "charge"}]`),
	"pair.before": below("[expect]", `order = [{before = "step", after = "pay"}]`, `order = [{before = "charge", after = "pay"}]`),
	"pair.after":  below("[expect]", `order = [{before = "step", after = "pay"}]`, `order = [{before = "step", after = "run"}]`),

	"expect.counts.spans_total":       below("[expect.counts]", "spans_total = 4", "spans_total = 5"),
	"expect.counts.spans":             below("[expect.counts]", "spans = 4", "spans = 5"),
	"expect.counts.events_total":      below("[expect.counts]", "events_total = 2", "events_total = 1"),
	"expect.counts.errors_total":      below("[expect.counts]", "errors_total = 1", "errors_total = 0"),
	"expect.counts.by_name":           below("[expect.counts]", "by_name = {step = 1}", "by_name = {step = 2}"),
	"expect.counts.by_kind":           below("[expect.counts]", "by_kind = {client = 1}", "by_kind = {client = 2}"),
	"expect.counts.spans_by_kind":     below("[expect.counts]", "spans_by_kind = {client = 1}", "spans_by_kind = {client = 2}"),
	"expect.counts.spans_per_kind":    below("[expect.counts]", "spans_per_kind = {client = 1}", "spans_per_kind = {client = 2}"),
	"expect.counts.by_service":        below("[expect.counts]", "by_service = {shop = 4}", "by_service = {shop = 3}"),
	"expect.counts.spans_by_service":  below("[expect.counts]", "spans_by_service = {shop = 4}", "spans_by_service = {shop = 3}"),
	"expect.counts.spans_per_service": below("[expect.counts]", "spans_per_service = {shop = 4}", "spans_per_service = {shop = 3}"),
	"bound.gte":                       below("[expect.counts]", "spans_total = {gte = 4}", "spans_total = {gte = 5}"),
	"bound.min":                       below("[expect.counts]", "spans_total = {min = 4}", "spans_total = {min = 5}"),
	"bound.lte":                       below("[expect.counts]", "spans_total = {lte = 4}", "spans_total = {lte = 3}"),
	"bound.max":                       below("[expect.counts]", "spans_total = {max = 4}", "spans_total = {max = 3}"),
	"bound.eq":                        below("[expect.counts]", "spans_total = {eq = 4}", "spans_total = {eq = 3}"),

	"expect.window.outer":                          below("[[expect.window]]\ncontains = [\"charge\"]", `outer = "pay"`, `outer = "step"`),
	"expect.window.contains":                       below("[[expect.window]]\nouter = \"pay\"", `contains = ["charge"]`, `contains = ["step"]`),
	"expect.window.max_duration_ms":                below("[[expect.window]]\nouter = \"pay\"", "max_duration_ms = 10", "max_duration_ms = 9"),
	"expect.window.min_duration_ms":                below("[[expect.window]]\nouter = \"pay\"", "min_duration_ms = 10", "min_duration_ms = 11"),
	"expect.window.trace.max_duration_ms":          below("[expect.window]", "max_duration_ms = 90", "max_duration_ms = 89"),
	"expect.window.trace.min_duration_ms":          below("[expect.window]", "min_duration_ms = 90", "min_duration_ms = 91"),
	"expect.window.trace.parent_contains_children": below("[expect.window]", "parent_contains_children = false", "parent_contains_children = true").over(escaping),
	"expect.order.must_precede":                    below("[expect.order]", `must_precede = [["step", "pay"]]`, `must_precede = [["pay", "step"]]`),
	"expect.order.must_follow":                     below("[expect.order]", `must_follow = [["pay", "step"]]`, `must_follow = [["step", "pay"]]`),

	"expect.status.all":         below("[expect.status]", `all = "OK"`, `all = "ERROR"`).over(allFine),
	"expect.status.all_ok":      keyCase{green: `expect.status.by_name.pay = "ERROR"`, red: "expect.status.all_ok = true"},
	"expect.status.by_name":     below("[expect.status]", `by_name = {pay = "ERROR"}`, `by_name = {pay = "OK"}`),
	"expect.status.error_count": below("[expect.status]", "error_count = 1", "error_count = 0"),
	"expect.status.strict":      below("[expect.status]\nall = \"OK\"", "strict = false", "strict = true").over(allFine),

	"expect.hermeticity.no_external_services":          below("[expect.hermeticity]", "no_external_services = false", "no_external_services = true"),
	"expect.hermeticity.resource_attrs":                below("[expect.hermeticity]", `resource_attrs.must_match = {"service.name" = "shop"}`, `resource_attrs.must_match = {"service.name" = "shed"}`),
	"expect.hermeticity.resource_attrs_must_match":     below("[expect.hermeticity]", `resource_attrs_must_match = {"service.name" = "shop"}`, `resource_attrs_must_match = {"service.name" = "shed"}`),
	"expect.hermeticity.sdk_resource_attrs":            below("[expect.hermeticity]", `sdk_resource_attrs.must_match = {"telemetry.sdk.language" = "go"}`, `sdk_resource_attrs.must_match = {"telemetry.sdk.language" = "rust"}`),
	"expect.hermeticity.sdk_resource_attrs_must_match": below("[expect.hermeticity]", `sdk_resource_attrs_must_match = {"telemetry.sdk.language" = "go"}`, `sdk_resource_attrs_must_match = {"telemetry.sdk.language" = "rust"}`),
	"expect.hermeticity.span_attrs":                    below("[expect.hermeticity]", `span_attrs = ["token"]`, `span_attrs = ["password"]`),
	"expect.hermeticity.span_attrs_forbid_keys":        below("[expect.hermeticity]", `span_attrs_forbid_keys = ["token"]`, `span_attrs_forbid_keys = ["password"]`),
	"expect.hermeticity.span_attrs.forbid_keys":        below("[expect.hermeticity]", `span_attrs.forbid_keys = ["token"]`, `span_attrs.forbid_keys = ["password"]`),
}

// refusedKeys are the keys of [expect] that are known and never judged: each is
// an error in the file.
var refusedKeys = map[string]string{
	"expect.resource": "[expect.resource]\nx = 1", "expect.chaos": "[expect.chaos]\nx = 1", "expect.isolation": "[expect.isolation]\nx = 1",
	"expect.timeouts": "[expect.timeouts]\nx = 1", "expect.determinism": "[expect.determinism]\nx = 1",
	"expect.concurrent": "[expect.concurrent]\nx = 1", "expect.suite": "[expect.suite]\nx = 1",
	"expect.window.parent_contains_children": "[[expect.window]]\nouter = \"run\"\ncontains = [\"step\"]\nparent_contains_children = true",
}

// conditionKeys are the keys of [expect] that are about what the steps did, not
// about spans: they become conditions of the scenario.
var conditionKeys = map[string]struct {
	text string
	has  func(*spec.Scenario) bool
}{
	"expect.output":                {"[[expect.output]]\npattern = \"done\"", hasOutput},
	"expect.output.pattern":        {"[[expect.output]]\npattern = \"done\"", hasOutput},
	"expect.status.item.exit_code": {"[[expect.status]]\nexit_code = 3", func(s *spec.Scenario) bool { return s.Steps[0].ExitCode == 3 }},
}

func hasOutput(s *spec.Scenario) bool { return len(s.Outputs) == 1 && s.Outputs[0].Pattern == "done" }

// decodeExpect decodes a file of one step and what is asked of it.
func decodeExpect(text string) (*spec.File, []diag.Diagnostic) {
	whole := []byte("meta = {name = \"t\", version = \"1\"}\nsteps = [{name = \"s\", run = \"true\"}]\n" + text + "\n")
	return spec.Decode("t.clnrm.toml", whole, spec.PlainText("t.clnrm.toml", whole))
}

// expectKeys are the paths of all keys that the schema has in [expect].
func expectKeys(t *testing.T) []string {
	t.Helper()
	text, err := spec.JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for table, def := range root.Defs {
		top, _, _ := strings.Cut(table, ".")
		if slices.Contains([]string{"expect", "bound", "pair", "operators"}, top) {
			for key := range def.Properties {
				keys = append(keys, table+"."+key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// TestEveryKeyOfExpectDecides holds the schema against the judge: a key that is
// read and then dropped would be a green without evidence.
func TestEveryKeyOfExpectDecides(t *testing.T) {
	left := map[string]bool{}
	for key := range keyCases {
		left[key] = true
	}
	for key := range refusedKeys {
		left[key] = true
	}
	for key := range conditionKeys {
		left[key] = true
	}
	for _, key := range expectKeys(t) {
		delete(left, key)
		last := key[strings.LastIndexByte(key, '.')+1:]
		c, judged := keyCases[key]
		text, refused := refusedKeys[key]
		condition, ofScenario := conditionKeys[key]
		switch {
		case last == "description", key == "pair.relationship": // for the reader of the file
		case judged:
			t.Run(key, func(t *testing.T) { c.flips(t, last) })
		case refused:
			if _, ds := decodeExpect(text); !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code == "unsupported-expectation" }) {
				t.Errorf("%s is neither judged nor refused", key)
			}
		case ofScenario:
			f, ds := decodeExpect(condition.text)
			if n, _ := diag.Count(ds); n > 0 || !condition.has(f.Scenarios[0]) {
				t.Errorf("%s did not reach the scenario: %v", key, ds)
			}
		default:
			t.Errorf("the schema knows %s: add a case that shows where it decides", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("the schema does not know %s", key)
	}
}

// flips wants the one value accepted and the other one not, with the key in both.
func (c keyCase) flips(t *testing.T, key string) {
	if !strings.Contains(c.red, key) {
		t.Fatalf("%q does not use the key", c.red)
	}
	for _, text := range []string{c.green, c.red} {
		f, ds := decodeExpect(text)
		if n, _ := diag.Count(ds); n > 0 {
			t.Fatalf("%s: %v", text, ds)
		}
		spans := craftedTrace()
		if c.change != nil {
			spans = c.change(spans)
		}
		failures := judgeSpans(f.Expect, spans).Failures()
		if passed := len(failures) == 0; passed != (text == c.green) {
			t.Errorf("passed = %v: %s\n%+v", passed, text, failures)
		}
	}
}
