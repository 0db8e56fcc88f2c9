package engine

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// matrixFile has two combinations; only the second one's expectation holds.
const matrixFile = `[meta]
name = "m"
version = "1.0"
[matrix]
span = ["sale", "order"]
[service.app]
plugin = "generic_container"
image = "example:1"
[[scenario]]
name = "emit"
service = "app"
artifacts.collect = ["spans:default"]
run = "emit"
[[expect.span]]
name = "{{ matrix.span }}"
`

func TestEachCombinationIsATestOfItsOwn(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: matrixFile})
	tm := h.template("two scenarios", file, func(t *Template) bool { return len(t.Scenarios) == 2 })
	if tm.Name != "m" || tm.Scenarios[0].ID.Name != "emit[span=sale]" || tm.Scenarios[1].ID.Name != "emit[span=order]" {
		t.Errorf("%q: %v, %v", tm.Name, tm.Scenarios[0].ID, tm.Scenarios[1].ID)
	}
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("the failure", file, "emit[span=sale]", func(s *Scenario) bool { return s.Verdict == VerdictFail && !s.Replayed })
	h.scenario("the pass", file, "emit[span=order]", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Replayed })

	h.write(file, strings.Replace(matrixFile, `"sale", `, "", 1))
	tm = h.template("one scenario", file, func(t *Template) bool { return len(t.Scenarios) == 1 })
	if s := tm.Scenarios[0]; s.Verdict != VerdictPass {
		t.Errorf("the other combination: %s", s.Verdict)
	}
	if n := h.backend.Opened(); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestAFaultOfOneCombinationNamesIt(t *testing.T) {
	text := strings.Replace(matrixFile, `version = "1.0"`, "version = \"1.0\"\n{% if matrix.span == \"order\" %}{{ missing }}{% endif %}{{ both }}", 1)
	h := watching(t, &runnertest.Backend{}, map[string]string{file: strings.Replace(text, "{{ both }}", "", 1)})
	tm := h.template("an error", file, func(t *Template) bool { return t.Status == CheckError })
	if m := tm.Diagnostics[0].Message; len(tm.Diagnostics) != 1 || !strings.Contains(m, "missing") || !strings.HasSuffix(m, "with [span=order]") {
		t.Errorf("%q", tm.Diagnostics)
	}
	h.write(file, strings.Replace(text, "{{ missing }}", "", 1))
	tm = h.template("an error in all", file, func(t *Template) bool { return strings.Contains(t.Diagnostics[0].Message, "both") })
	if len(tm.Diagnostics) != 1 || strings.Contains(tm.Diagnostics[0].Message, "with [") {
		t.Errorf("a fault of every combination: %q", tm.Diagnostics)
	}
}

func TestMacroFileOfOneCombinationIsWatched(t *testing.T) {
	text := strings.Replace(matrixFile, `[[expect.span]]`, "{% if matrix.span == \"sale\" %}{% include \"_sale.tera\" %}{% endif %}\n[[expect.span]]", 1)
	h := watching(t, &runnertest.Backend{}, map[string]string{file: text, "_sale.tera": "# nothing\n"})
	h.write("_sale.tera", "{{ missing }}\n")
	h.template("an error from the included file", file, func(t *Template) bool { return t.Status == CheckError })
	h.write("_sale.tera", "# again\n")
	h.template("none", file, func(t *Template) bool { return t.Status != CheckError })
}

func TestFileExpectationsStayWithinACombination(t *testing.T) {
	text := strings.Replace(twoScenarios, "[service.app]", "[matrix]\nn = [2, 3]\n[service.app]", 1)
	text = strings.Replace(text, "eq = 2", "eq = {{ matrix.n }}", 1)
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{
		"emit a": {Stdout: oneSpan},
		"emit b": {Stdout: strings.ReplaceAll(oneSpan, "0000000000000001\"", "0000000000000002\"")},
	}}
	h := watching(t, b, map[string]string{file: text})
	if err := h.Run([]ScenarioID{{file, FileScope + "[n=2]"}}); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, FileScope+"[n=2]", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if n := b.Opened(); n != 2 {
		t.Errorf("%d scenarios ran, want those of one combination", n)
	}
	if s := findScenario(lookup(h.Snapshot(), file), ScenarioID{file, FileScope + "[n=3]"}); s.Verdict != VerdictNone {
		t.Errorf("the other combination: %s", s.Verdict)
	}
}
