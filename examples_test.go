package main_test

import (
	"encoding/json"
	"encoding/xml"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// builtProgram compiles the program and gives it a copy of the examples to work
// on.
func builtProgram(t *testing.T) (bin, clone string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "clnrm-tui")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	clone = t.TempDir()
	cloneExamples(t, clone)
	return bin, clone
}

// run executes `run` and returns its standard output.
func run(t *testing.T, bin, dir string, exit int, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, append([]string{"run"}, args...)...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != exit {
		t.Fatalf("run %v: status %d (%v), want %d\n%s\n%s", args, code, err, exit, out, stderr.String())
	}
	return out
}

// The shop's suites are green, and between them they judge every kind of rule.
func TestShopExamplesJudgeEveryKindOfRule(t *testing.T) {
	needDocker(t)
	bin, clone := builtProgram(t)
	var suites struct {
		Suites []struct {
			Cases []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(run(t, bin, clone, 0, "examples/shop", "--format", "junit"), &suites); err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, s := range suites.Suites {
		for _, c := range s.Cases {
			rules = append(rules, c.Name)
		}
	}
	for _, want := range []string{
		"].existence", "].parent", "].kind", "].status", "].attrs.all", "].attrs.any", "].events.all", "].events.any",
		"].duration_ms.min", "].duration_ms.max",
		"expect.graph.must_include[", "expect.graph.must_not_cross[", "expect.graph.acyclic",
		"expect.counts.spans_total", "expect.counts.events_total", "expect.counts.errors_total",
		"expect.counts.by_name[", "expect.counts.by_kind[",
		"expect.window[", "expect.order.must_precede[", "expect.order.must_follow[",
		"expect.status.all", "expect.status.by_name[",
		"expect.hermeticity.no_external_services", "expect.hermeticity.resource_attrs.must_match[",
		"expect.hermeticity.sdk_resource_attrs.must_match[", "expect.hermeticity.span_attrs.forbid_keys[",
	} {
		if !slices.ContainsFunc(rules, func(r string) bool { return strings.Contains(r, want) }) {
			t.Errorf("no example judges %s", want)
		}
	}
}

// The red example fails by the three rules that it was made for, and by nothing
// else.
func TestRedExampleFailsAsItSays(t *testing.T) {
	needDocker(t)
	bin, clone := builtProgram(t)
	var r report.Run
	if err := json.Unmarshal(run(t, bin, clone, 1, "examples/red/wrong.clnrm.toml.tera", "--format", "json"), &r); err != nil {
		t.Fatal(err)
	}
	if r.Verdict != report.Fail || len(r.Scenarios) != 1 {
		t.Fatalf("verdict %s, %d scenarios", r.Verdict, len(r.Scenarios))
	}
	var got []string
	for _, f := range r.Scenarios[0].Failures {
		got = append(got, f.Rule)
		if f.File != "examples/red/wrong.clnrm.toml.tera" || f.Line == 0 {
			t.Errorf("%s stands at %s:%d", f.Rule, f.File, f.Line)
		}
	}
	want := []string{
		"expect.span[cart.price].attrs.all",
		"expect.graph.must_include[stock.reserve -> payment.charge]",
		"expect.counts.by_name[HTTP POST]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("failed by %q, want %q", got, want)
	}
}

// The rough example meets the faults that its seed draws, and the report says which.
func TestRoughExampleReportsWhatItsChaosEngineInjected(t *testing.T) {
	needDocker(t)
	bin, clone := builtProgram(t)
	var r report.Run
	if err := json.Unmarshal(run(t, bin, clone, 0, "examples/shop/rough.clnrm.toml.tera", "--format", "json"), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != 1 || r.Scenarios[0].Evidence == nil {
		t.Fatalf("%+v", r)
	}
	when := regexp.MustCompile(`, for [0-9.]+m?s from [0-9:.]+Z, drawn by ([a-z_]+) of weather with seed 1(: .*)?$`)
	var got []string
	for _, f := range r.Scenarios[0].Evidence.Faults {
		m := when.FindStringSubmatch(f)
		if m == nil {
			t.Errorf("%q does not say when, by what and with which seed", f)
			continue
		}
		got = append(got, strings.TrimSuffix(f, m[0])+" by "+m[1])
	}
	slices.Sort(got)
	want := []string{
		"cpu of payments during step pay by cpu_stress_percent",
		"latency of payments from shop during step order by latency_ms",
		"latency of payments from shop during step pay by latency_ms",
		"loss of payments from shop during step order by packet_loss_percent",
		"loss of payments from shop during step pay by packet_loss_percent",
		"pause of payments during step order by failure_rate",
	}
	if !slices.Equal(got, want) {
		t.Errorf("injected:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
