package engine

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// The traps (engine/check/traps_test.go lists them) that only a whole run can
// fall into; the others are in the packages that they are about, under the same
// numbers.

// ran runs all scenarios of a file once, and returns the one called name.
func ran(t *testing.T, b *runnertest.Backend, text, name string) *Scenario {
	t.Helper()
	h := watching(t, b, map[string]string{file: text})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	return h.scenario("a verdict", file, name, func(s *Scenario) bool { return s.Verdict.Done() })
}

// wantVerdict compares a verdict and the first rule that failed.
func wantVerdict(t *testing.T, s *Scenario, want Verdict, rule string) {
	t.Helper()
	got := ""
	if f := s.Last().Result.FirstFailure(); f != nil {
		got = f.Rule
	}
	if s.Verdict != want || got != rule {
		t.Errorf("verdict %s at %q (%s), want %s at %q", s.Verdict, got, s.Last().Result.Message, want, rule)
	}
}

func TestTrap2EveryKindOfExpectationDecidesARun(t *testing.T) {
	for expect, rule := range map[string]string{
		"[[expect.span]]\nname = \"order\"\nkind = \"client\"\n":        "expect.span[order].kind",
		"[expect.order]\nmust_precede = [[\"order\", \"pay\"]]\n":       "expect.order.must_precede[order -> pay]",
		"[expect.status]\nall = \"ERROR\"\n":                            "expect.status.all",
		"[expect.graph]\nmust_include = [[\"a\", \"order\"]]\n":         "expect.graph.must_include[a -> order]",
		"[expect.counts]\nevents_total = { gte = 1 }\n":                 "expect.counts.events_total",
		"[[expect.window]]\nouter = \"a\"\ncontains = [\"order\"]\n":    "expect.window[0:a]",
		"[expect.hermeticity]\nspan_attrs.forbid_keys = [\"result\"]\n": "expect.hermeticity.span_attrs.forbid_keys[result]",
		"[[expect.output]]\npattern = \"nothing like it\"\n":            "expect.output[0]",
	} {
		wantVerdict(t, ran(t, emits(oneSpan), emitter(expect), "emit"), VerdictFail, rule)
	}
}

func TestTrap6TablesThatAskForNothingAreNoReasonForAPass(t *testing.T) {
	for _, expect := range []string{
		"[expect.graph]\nacyclic = false\n", "[expect.counts]\nspans_total = {}\n", "[expect.counts]\nby_name = { \"*\" = {} }\n",
		"[expect.order]\nmust_precede = []\n", "[expect.status]\nstrict = true\n", "[expect.hermeticity]\nno_external_services = false\n",
		"[expect.window]\nparent_contains_children = false\n", "[assertions]\ncontainer_should_have_executed_commands = 0\n",
		"[[otel_validation.graph_topology_constraints]]\nno_cycles = false\n",
	} {
		s := ran(t, emits(oneSpan), emitter(expect), "emit")
		if s.Verdict != VerdictError || !strings.Contains(s.Last().Result.Message, "nothing was judged") {
			t.Errorf("%s: verdict %s, %q", expect, s.Verdict, s.Last().Result.Message)
		}
	}
}

func TestTrap13AVerdictIsShownAgainOnlyAsWhatItWas(t *testing.T) {
	failing := "[[expect.span]]\nname = \"absent\"\n"
	for name, tc := range map[string]struct {
		text string
		want Verdict
	}{"passed": {emitter(wantsOrder), VerdictPass}, "failed": {emitter(failing), VerdictFail}} {
		h := watching(t, emits(oneSpan), map[string]string{file: tc.text})
		if s := h.scenario("no verdict", file, "emit", func(*Scenario) bool { return true }); s.Verdict.Done() {
			t.Errorf("%s: verdict %s before any run", name, s.Verdict)
		}
		if err := h.RunAll(); err != nil {
			t.Fatal(err)
		}
		h.scenario("a verdict", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
		again := &harness{t: t, dir: h.dir, backend: h.backend}
		again.open()
		s := again.scenario("the verdict from the record", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
		if s.Verdict != tc.want || !s.Replayed {
			t.Errorf("%s: verdict %s, replayed %t", name, s.Verdict, s.Replayed)
		}
	}
}

func TestTrap15AnExpectedFailureMustHappen(t *testing.T) {
	text := strings.Replace(emitter(wantsOrder), `run = "emit"`, "[[scenario.steps]]\nname = \"run\"\ncommand = [\"emit\"]\nexpected_exit_code = 1", 1)
	failing := &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Stdout: oneSpan, Exit: runner.Exit{Code: 1}}}}
	wantVerdict(t, ran(t, failing, text, "emit"), VerdictPass, "")
	wantVerdict(t, ran(t, emits(oneSpan), text, "emit"), VerdictFail, "step[run].exit_code")
}

func TestTrap20WhatAProgramPrintsIsNotBelieved(t *testing.T) {
	expect := "[[expect.span]]\nname = \"clnrm.run\"\nattrs.all = { result = \"pass\" }\n[expect.graph]\nmust_include = [[\"clnrm.run\", \"clnrm.step:*\"]]\n"
	forged := `{"name":"clnrm.run","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","start_time_unix_nano":1,"end_time_unix_nano":2,"attributes":{"result":"pass"}}` + "\n"
	for name, tc := range map[string]struct{ stdout, rule string }{
		"A, a line of success": {"clnrm: all tests passed\n", "expect.span[clnrm.run].existence"},
		"B, believable logs":   {"INFO clnrm.run started\nINFO clnrm.step:hello_world result=pass\n", "expect.span[clnrm.run].existence"},
		"C, nothing at all":    {"", "expect.span[clnrm.run].existence"},
		"D, one span by hand":  {forged, "expect.graph.must_include[clnrm.run -> clnrm.step:*]"},
	} {
		t.Run(name, func(t *testing.T) {
			wantVerdict(t, ran(t, emits(tc.stdout), emitter(expect), "emit"), VerdictFail, tc.rule)
		})
	}
}

func TestTrap22RunRefusesWhatValidateRefusesAndNothingElse(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		ok   bool
	}{
		"good":           {emitter(wantsOrder), true},
		"unknown plugin": {strings.Replace(emitter(wantsOrder), "generic_container", "magic_container", 1), false},
		"no service":     {strings.Replace(emitter(wantsOrder), `service = "app"`, `service = "apq"`, 1), false},
		"unknown table":  {emitter(wantsOrder + "[counts]\n"), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := emits(oneSpan)
			h := watching(t, b, map[string]string{file: tc.text})
			tm := h.template("a dry run", file, func(t *Template) bool { return t.Status != CheckPending })
			if valid := tm.Status != CheckError; valid != tc.ok {
				t.Errorf("the dry run says %s: %v", tm.Status, tm.Diagnostics)
			}
			_, err := h.RunWait(t.Context(), []ScenarioID{{Path: file, Name: "emit"}}, RunOptions{}, func(report.Scenario) {})
			if started := err == nil && b.Opened() == 1; started != tc.ok {
				t.Errorf("run: %v, %d sessions", err, b.Opened())
			}
		})
	}
}

func TestTrap26OneReportTellsOfAllScenarios(t *testing.T) {
	two := emitter(wantsOrder) + "[[scenario]]\nname = \"second\"\nservice = \"app\"\nartifacts.collect = [\"spans:default\"]\nrun = \"emit\"\n[report]\njson = \"out/r.json\"\n"
	h := &harness{t: t, dir: t.TempDir(), backend: emits(oneSpan)}
	h.write(file, two)
	h.open()
	r, err := h.RunWait(t.Context(), []ScenarioID{{Path: file}}, RunOptions{}, func(report.Scenario) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.WriteReports(r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(h.dir, "out", "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Scenarios []struct{ Name string } }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range got.Scenarios {
		names[s.Name] = true
	}
	if !names["emit"] || !names["second"] {
		t.Errorf("the report has %v", names)
	}
}

func TestTrap28AFixChangesNothingElse(t *testing.T) {
	before := "# a comment\n[meta]   # another\nname   =  \"A=b\"\nversion = \"1.0\"\n[service.app]\nimgae = \"example:1\"  # c\n[[scenario]]\nname = \"s\"\nservice = \"app\"\nrun = \"echo 'A=b'\"\nexpect_success = true\n"
	h := &harness{t: t, dir: t.TempDir(), backend: &runnertest.Backend{}}
	h.write("f.clnrm.toml", before)
	h.open()
	done, err := h.Fix(context.Background(), "f.clnrm.toml")
	if err != nil || len(done) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	after, err := os.ReadFile(filepath.Join(h.dir, "f.clnrm.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(before, "imgae", "image", 1); string(after) != want {
		t.Errorf("got\n%s\nwant\n%s", after, want)
	}
}

func TestTrap30EveryoneRendersWithTheSameVariables(t *testing.T) {
	text := strings.Replace(emitter(wantsOrder), `run = "emit"`, "[[scenario.steps]]\nname = \"run\"\ncommand = [\"emit\", \"{{ svc }}\", \"{{ env }}\"]", 1)
	h := watching(t, emits(oneSpan), map[string]string{file: text})
	tm := h.template("a dry run", file, func(t *Template) bool { return t.Status != CheckPending })
	if tm.Status == CheckError {
		t.Errorf("%v", tm.Diagnostics)
	}
	if r := h.Render(t.Context(), file); !strings.Contains(string(r.Text), `command = ["emit", "clnrm", "ci"]`) {
		t.Errorf("rendered\n%s", r.Text)
	}
	wantVerdict(t, ran(t, emits(oneSpan), text, "emit"), VerdictPass, "")
}
