package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

func TestOnlyARecordedPassIsLeftOut(t *testing.T) {
	good := emits(oneSpan)
	down := &runnertest.Backend{OpenErr: &runner.EnvironmentError{What: "busy"}}
	mounted := strings.Replace(emitter(wantsOrder), "image = ", "volumes = [\"./data:/data\"]\nimage = ", 1)
	const macro = "{% macro order() %}[[expect.span]]\nname = \"order\"\n{% endmacro %}"
	uses := "{% import \"_macros.toml.tera\" as m %}\n" + emitter("{{ m::order() }}")
	tests := []struct {
		name    string
		backend *unsteady
		options RunOptions
		first   string // the file as it was run
		then    func(t *testing.T, dir string)
		want    string // why it is run again; "" when it is left out
	}{
		{"nothing changed", inTurn(good), RunOptions{}, emitter(wantsOrder), nil, ""},
		{"a comment changed", inTurn(good), RunOptions{}, emitter(wantsOrder), put(file, emitter(wantsOrder)+"# more\n"), ""},
		{"an expectation changed", inTurn(good), RunOptions{}, emitter(wantsOrder), put(file, emitter(wantsOrder+"kind = \"server\"\n")), "its file changed"},
		{"an included file changed", inTurn(good), RunOptions{}, uses, put("_macros.toml.tera", strings.Replace(macro, "[[", "\n[[expect.span]]\nname = \"*\"\n[[", 1)), "its file changed"},
		{"it failed", inTurn(emits("")), RunOptions{}, emitter(wantsOrder), nil, "its last run did not pass: fail"},
		{"it was an error", inTurn(down), RunOptions{}, emitter(wantsOrder), nil, "its last run did not pass: error"},
		{"it was flaky", inTurn(down, good), RunOptions{Retries: 1}, emitter(wantsOrder), nil, "its last pass was flaky"},
		{"one repetition failed", inTurn(good, emits(""), good), RunOptions{Repeat: 3}, emitter(wantsOrder), nil, "its last run did not pass: fail"},
		{"the record is gone", inTurn(good), RunOptions{}, emitter(wantsOrder), func(t *testing.T, dir string) { _ = os.RemoveAll(filepath.Join(dir, ".clnrm")) }, "there is no recorded run"},
		{"its image is another now", inTurn(good), RunOptions{}, emitter(wantsOrder), func(*testing.T, string) { good.Tag("sha256:1") }, "the image example:1 is not the one of the recorded run"},
		{"it mounts a folder", inTurn(good), RunOptions{}, mounted, nil, "it can write to ./data, whose content is not tracked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good.Tag("")
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
				t.Fatal(err)
			}
			e := scanned(t, tt.backend, dir, nil, map[string]string{file: tt.first, "_macros.toml.tera": macro})
			runAll(t, e, tt.options)
			if tt.then != nil {
				tt.then(t, dir)
			}
			e = scanned(t, good, dir, nil, nil)
			run, unchanged := e.SplitUnchanged(t.Context(), []ScenarioID{{file, "emit"}})
			if len(run)+len(unchanged) != 1 {
				t.Fatalf("run %v, unchanged %v", run, unchanged)
			}
			if tt.want == "" && len(run) > 0 {
				t.Errorf("it is run: %s", run[0].Why)
			}
			if tt.want != "" && (len(run) == 0 || run[0].Why != tt.want) {
				t.Errorf("run %v, want %q", run, tt.want)
			}
		})
	}
}

func put(name, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAServiceIsBuiltFromDecidesToo(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	put("main.go", "package main")(t, dir)
	b := emits(oneSpan)
	b.Built = func() ([]string, string) { return []string{source}, "not the fingerprint of it" }
	e := scanned(t, b, dir, nil, map[string]string{file: emitter(wantsOrder)})
	runAll(t, e, RunOptions{})
	run, _ := scanned(t, b, dir, nil, nil).SplitUnchanged(t.Context(), []ScenarioID{{file, "emit"}})
	if len(run) != 1 || !strings.Contains(run[0].Why, "what app is built from changed") {
		t.Errorf("%v", run)
	}
}

// What cannot be told to be as it was is executed.
func TestWhatCannotBeToldIsExecuted(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sees  func(c *runner.Container)
		later func(b *runnertest.Backend)
		want  string
	}{
		{"a mount that is too large", func(c *runner.Container) {
			c.Mounts = []runner.Mount{{Host: "/data", Container: "/in", ReadOnly: true, Inputs: []string{"/data/**"}}}
		}, nil, "it cannot be told whether what app sees at /in changed: it is too large, or not readable"},
		{"inputs without a fingerprint", func(c *runner.Container) { c.Inputs = []string{"/src/"} }, nil,
			"it cannot be told whether what app is built from changed"},
		{"programs of the machine", func(c *runner.Container) { c.Image, c.Digest = "this machine", "" }, nil,
			"it cannot be told whether the programs of app changed: it ran on this machine"},
		{"a network that is open", nil, nil, "what it can reach may have changed, for its last run was not hermetic: the network is open"},
		{"a backend that shares the host", nil, func(b *runnertest.Backend) { b.Shared = true },
			"its last run was hermetic, and another would not be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			b := emits(oneSpan)
			b.Sees = tt.sees
			if strings.Contains(tt.name, "open") {
				b.Exceptions = []string{"the network is open"}
			}
			runAll(t, scanned(t, b, dir, nil, map[string]string{file: emitter(wantsOrder)}), RunOptions{})
			if tt.later != nil {
				tt.later(b)
			}
			run, _ := scanned(t, b, dir, nil, nil).SplitUnchanged(t.Context(), []ScenarioID{{file, "emit"}})
			if len(run) != 1 || run[0].Why != tt.want {
				t.Errorf("run %v, want %q", run, tt.want)
			}
		})
	}
}

func TestScenariosThatAreJudgedTogetherAreLeftOutTogether(t *testing.T) {
	text := several("a", "b") + "[[expect.span]]\nname = \"clnrm.run\"\n"
	dir := t.TempDir()
	b := &runnertest.Backend{}
	e := scanned(t, b, dir, nil, map[string]string{file: text})
	ids := []ScenarioID{{file, "a"}, {file, "b"}}
	if r := runAll(t, e, RunOptions{}); r.Verdict != report.Pass {
		t.Fatalf("%+v", r)
	}
	if run, unchanged := scanned(t, b, dir, nil, nil).SplitUnchanged(t.Context(), ids); len(run) != 0 || len(unchanged) != 2 {
		t.Errorf("run %v", run)
	}
	b.Steps = map[string]runnertest.Step{"b": {Exit: runner.Exit{Code: 1}}}
	runAll(t, scanned(t, b, dir, nil, nil), RunOptions{})
	run, _ := scanned(t, b, dir, nil, nil).SplitUnchanged(t.Context(), ids)
	if len(run) != 2 || run[0].Why != `it is judged together with "b": its last run did not pass: fail` {
		t.Errorf("run %v", run)
	}
}

func TestWhatIsLeftOutIsReportedAsSkippedWithItsEvidence(t *testing.T) {
	dir := t.TempDir()
	b := emits(oneSpan)
	runAll(t, scanned(t, b, dir, nil, map[string]string{file: emitter(wantsOrder)}), RunOptions{})
	e := scanned(t, b, dir, nil, nil)
	_, unchanged := e.SplitUnchanged(t.Context(), []ScenarioID{{file, "emit"}})
	s := e.UnchangedReport(unchanged[0])
	if s.Verdict != report.Skipped || !s.Unchanged || s.Digest == "" || s.TracedAt == nil || s.Attempts != 0 || s.Judged != 0 || len(s.Steps) != 0 {
		t.Errorf("%+v", s)
	}
	if r := report.NewRun("", false, 0, "", []report.Scenario{s}); r.Verdict != report.Pass || r.Summary.Unchanged != 1 {
		t.Errorf("all is unchanged: %s, %+v", r.Verdict, r.Summary)
	}
	other := report.Scenario{Verdict: report.Skipped}
	if r := report.NewRun("", false, 0, "", []report.Scenario{s, other}); r.Verdict != report.Error {
		t.Errorf("something was skipped for another reason and nothing ran: %s", r.Verdict)
	}
}

// A service that runs elsewhere can change without anything here telling.
func TestAServiceElsewhereIsAskedAgain(t *testing.T) {
	dir := t.TempDir()
	b := emits(oneSpan)
	text := strings.Replace(emitter(wantsOrder), "image =", "depends_on = [\"db\"]\nimage =", 1)
	text = strings.Replace(text, "[[scenario]]", "[service.db]\nplugin = \"network_service\"\nendpoint = \"db.example:5432\"\n\n[[scenario]]", 1)
	runAll(t, scanned(t, b, dir, nil, map[string]string{file: text}), RunOptions{})
	run, _ := scanned(t, b, dir, nil, nil).SplitUnchanged(t.Context(), []ScenarioID{{file, "emit"}})
	if want := "it uses db at db.example:5432, which may have changed"; len(run) != 1 || run[0].Why != want {
		t.Errorf("run %v, want %q", run, want)
	}
}
