package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// kit is the folder of test files from outside of the project that hold the
// red-team and fake-green kits.
func kit(t *testing.T, path ...string) string {
	t.Helper()
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	return filepath.Join(append([]string{root, "tests"}, path...)...)
}

// analyzed judges a trace, given as text, by a file of a kit.
func analyzed(t *testing.T, file, traceText string) (*report.Analysis, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trace.ndjson")
	if err := os.WriteFile(name, []byte(traceText), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Dir: t.TempDir(), Paths: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Attacks print what they like; only what can be read as spans counts.
	return e.Analyze(file, []string{name}, func(string) {})
}

// selfTest is what an honest self-test emits, or a forgery of it: spans by name,
// each a function of the text that stands for it.
type selfTest struct {
	run, registry, step string // the ids
	times               map[string][2]int
	result, status      string
	events, attrs       string // of the step
	resource            string
	parent              string // of the step
	without             string // the span that is missing
}

func honest() selfTest {
	return selfTest{
		run: "a1", registry: "a2", step: "a3", parent: "a1", result: "pass", status: "OK",
		times:    map[string][2]int{"run": {100, 200}, "registry": {110, 112}, "step": {120, 150}},
		events:   `"container.start", "container.exec", "container.stop"`,
		attrs:    `"step.name": "hello_world", "status": "ok"`,
		resource: `"service.name": "clnrm", "service.version": "1.0.0", "env": "ci"`,
	}
}

func (s selfTest) text() string {
	var b strings.Builder
	span := func(key, name, id, parent, attrs, events string) {
		if s.without == key {
			return
		}
		const ms = 1_000_000
		status := "OK"
		if key == "step" {
			status = s.status
		}
		fmt.Fprintf(&b, `{"name":%q,"trace_id":"7e","span_id":%q,"parent_span_id":%q,"kind":"internal","start_time_unix_nano":%d,"end_time_unix_nano":%d,`+
			`"status":{"code":%q},"attributes":{%s},"events":[%s],"resource":{"attributes":{%s}}}`+"\n",
			name, id, parent, s.times[key][0]*ms, s.times[key][1]*ms, status, attrs, events, s.resource)
	}
	span("run", "clnrm.run", s.run, "", `"result": "`+s.result+`"`, "")
	span("registry", "clnrm.plugin.registry", s.registry, s.run, `"component": "plugin.registry"`, "")
	span("step", "clnrm.step:hello_world", s.step, s.parent, s.attrs, s.events)
	return b.String()
}

// TestRedTeamAttacksStayRed: no attack of the red-team kit is green, and each
// falls at the rule that the files themselves name.
func TestRedTeamAttacksStayRed(t *testing.T) {
	for name, tc := range map[string]struct{ file, prints string }{
		"A: a line of success":      {"attack_a_echo.clnrm.toml", "✅ All tests passed\n"},
		"B: believable logs":        {"attack_b_logs.clnrm.toml", "🚀 Executing test: test_1\n✅ test_1 - PASS (123ms)\nTest Results: 1 passed, 0 failed\n"},
		"C: variables and no spans": {"attack_c_empty_otel.clnrm.toml", "OTEL_TRACES_EXPORTER=stdout\n"},
		"a line, against 8 layers":  {"clnrm_redteam_catch_verbose.clnrm.toml", "PASSED\n"},
		"JSON that is no span":      {"attack_a_echo.clnrm.toml", `{"level":"info","msg":"clnrm.run pass","span_id":"a1","trace_id":"7e"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := analyzed(t, kit(t, "red_team", tc.file), tc.prints)
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdict == report.Pass || a.FirstFailure == nil || a.FirstFailure.Rule != "expect.span[clnrm.run].existence" {
				t.Errorf("%s: %+v", a.Verdict, a.FirstFailure)
			}
			if a.FirstFailure != nil && !strings.Contains(a.FirstFailure.Message, "no spans collected") {
				t.Errorf("%s", a.FirstFailure.Message)
			}
		})
	}
}

// TestOneForgedSpanIsNotEnough is the kit's attack D: a hand-made line of JSON
// that says what the first expectation wants.
func TestOneForgedSpanIsNotEnough(t *testing.T) {
	forged := honest()
	forged.without = "step"
	one := strings.SplitAfter(forged.text(), "\n")[0]
	for file, rule := range map[string]string{
		kit(t, "red_team", "clnrm_redteam_catch_verbose.clnrm.toml"):             "expect.span[clnrm.step:hello_world].existence",
		kit(t, "fake_green_detection", "fake_green_case_study.clnrm.toml"):       "expect.span[clnrm.step:hello_world].existence",
		kit(t, "red_team", "attack_b_logs.clnrm.toml"):                           "expect.span[clnrm.step:test_1].existence",
		kit(t, "readme_examples", "feature_fake_green_detection.clnrm.toml"):     "",
		kit(t, "fake_green_detection", "clnrm_otel_full_surface.clnrm.toml"):     "",
		filepath.Join(kit(t), "..", "tests/fake_green/missing_edges.clnrm.toml"): "",
	} {
		a, err := analyzed(t, file, one)
		switch {
		case a.Verdict == report.Pass:
			t.Errorf("%s is green", file)
		case rule != "" && (err != nil || a.FirstFailure.Rule != rule):
			t.Errorf("%s: %v %+v", file, err, a.FirstFailure)
		}
	}
}

// TestFakeGreenLayers takes one thing away from an honest trace at a time: the
// case study must be green on the honest one, and name the layer otherwise.
func TestFakeGreenLayers(t *testing.T) {
	file := kit(t, "fake_green_detection", "fake_green_case_study.clnrm.toml")
	for name, tc := range map[string]struct {
		change func(*selfTest)
		rules  string // of all failures, in order; "" for green
	}{
		"honest":         {func(*selfTest) {}, ""},
		"span structure": {func(s *selfTest) { s.result = "bypass" }, "expect.span[clnrm.run].attrs.all"},
		"lifecycle events": {func(s *selfTest) { s.events = "" },
			"expect.span[clnrm.step:hello_world].events.any expect.counts.events_total"},
		"graph": {func(s *selfTest) { s.parent = s.registry },
			"expect.span[clnrm.step:hello_world].parent expect.graph.must_include[clnrm.run -> clnrm.step:hello_world] expect.graph.must_not_cross[clnrm.step:hello_world -> clnrm.plugin.registry]"},
		"counts": {func(s *selfTest) { s.events = `"container.start"` }, "expect.counts.events_total"},
		"window": {func(s *selfTest) { s.times["step"] = [2]int{120, 250} }, "expect.window[0:clnrm.run]"},
		"order": {func(s *selfTest) { s.times["registry"] = [2]int{121, 122} },
			"expect.order.must_precede[clnrm.plugin.registry -> clnrm.step:hello_world]"},
		"status": {func(s *selfTest) { s.status = "ERROR" },
			"expect.counts.errors_total expect.status.all expect.status.by_name[clnrm.*]"},
		"hermeticity: resource": {func(s *selfTest) { s.resource = `"service.name": "clnrm"` }, "expect.hermeticity.resource_attrs.must_match[env]"},
		"hermeticity: outside": {func(s *selfTest) { s.attrs += `, "net.peer.name": "example.com"` },
			"expect.hermeticity.no_external_services expect.hermeticity.span_attrs.forbid_keys[net.peer.name]"},
		"no step at all": {func(s *selfTest) { s.without = "step" },
			"expect.span[clnrm.step:hello_world].existence expect.graph.must_include[clnrm.run -> clnrm.step:hello_world] " +
				"expect.counts.events_total expect.counts.by_name[clnrm.step:hello_world] expect.window[0:clnrm.run] " +
				"expect.order.must_precede[clnrm.plugin.registry -> clnrm.step:hello_world] expect.order.must_follow[clnrm.step:hello_world -> clnrm.run]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := honest()
			tc.change(&s)
			a, err := analyzed(t, file, s.text())
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range a.Failures {
				rules = append(rules, f.Rule)
			}
			if got := strings.Join(rules, " "); got != tc.rules || (a.Verdict == report.Pass) != (tc.rules == "") {
				t.Errorf("%s: %s", a.Verdict, got)
			}
		})
	}
}

// TestFakeGreenFilesAreRefused: their expectations stand in a table that nobody
// would read, so none of them may be judged, the legitimate one included.
func TestFakeGreenFilesAreRefused(t *testing.T) {
	for _, name := range []string{"legitimate", "no_execution", "missing_edges", "wrong_counts", "status_mismatch"} {
		a, err := analyzed(t, kit(t, "fake_green", name+".clnrm.toml"), honest().text())
		var invalid *InvalidError
		if !errors.As(err, &invalid) || a.Verdict != report.Error {
			t.Errorf("%s: %v, %s", name, err, a.Verdict)
			continue
		}
		found := false
		for _, d := range invalid.Diagnostics {
			found = found || d.Code == "unknown-table" && strings.Contains(d.Message, "otel_expectations")
		}
		if !found {
			t.Errorf("%s: %v", name, invalid.Diagnostics)
		}
	}
}

func TestTheLegitimateSelfTestIsGreen(t *testing.T) {
	a, err := analyzed(t, kit(t, "red_team", "legitimate_self_test.clnrm.toml"), honest().text())
	if err != nil || a.Verdict != report.Pass {
		t.Errorf("%v: %s %+v", err, a.Verdict, a.FirstFailure)
	}
}
