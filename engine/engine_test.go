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

func TestSaveIsCheckedAgain(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	h.template("a green template", file, func(t *Template) bool { return t.Status == CheckOK || t.Status == CheckWarning })

	h.write(file, emitter("[[expect.span]]\nname = \"{{ missing }}\"\n"))
	tm := h.template("a red template", file, func(t *Template) bool { return t.Status == CheckError })
	d := tm.Diagnostics[0]
	if d.Pos.File != file || d.Pos.Line != 15 || d.Pos.Column != 12 {
		t.Errorf("the error is at %s, want %s:15:12", d.Pos, file)
	}
	if !strings.Contains(d.Message, "missing") || d.Line != `name = "{{ missing }}"` {
		t.Errorf("message %q, line %q", d.Message, d.Line)
	}

	h.write(file, emitter(wantsOrder))
	tm = h.template("green again", file, func(t *Template) bool { return t.Status != CheckError })
	if !tm.Cache.Hit {
		t.Errorf("going back to an earlier content: cache %+v, want a hit", tm.Cache)
	}
}

func TestSaveWithoutAChangeDoesNoWork(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	before := lookup(h.Snapshot(), file)
	h.write(file, emitter(wantsOrder))
	s := h.until("an unchanged save", func(s *Snapshot) bool { return s.Cache.Unchanged == 1 })
	if after := lookup(s, file); after != before {
		t.Errorf("the row was made anew: generation %d after %d", after.Generation, before.Generation)
	}
}

func TestSavingAMacroFileChecksItsUsersOnly(t *testing.T) {
	macro := "{% macro order() %}[[expect.span]]\nname = \"order\"\n{% endmacro %}"
	user := "{% import \"_macros.toml.tera\" as m %}\n" + emitter("{{ m::order() }}")
	h := watching(t, emits(oneSpan), map[string]string{"_macros.toml.tera": macro, "user.clnrm.toml.tera": user, "other.clnrm.toml": emitter(wantsOrder)})
	s := h.Snapshot()
	other := lookup(s, "other.clnrm.toml")
	gen := lookup(s, "user.clnrm.toml.tera").Generation

	h.write("_macros.toml.tera", strings.ReplaceAll(macro, "order\"", "sale\""))
	u := h.template("the user checked again", "user.clnrm.toml.tera", func(t *Template) bool { return t.Generation > gen })
	if u.Generation != 2 {
		t.Errorf("generation %d, want 2: that the macro file came under watch is no change", u.Generation)
	}
	if want := "_macros.toml.tera changed"; u.Cache.Reason != want {
		t.Errorf("reason = %q, want %q", u.Cache.Reason, want)
	}
	if lookup(h.Snapshot(), "other.clnrm.toml") != other {
		t.Error("a template that does not include the macro file was checked again")
	}
}

func TestBrokenMacroFileIsMended(t *testing.T) {
	user := "{% import \"_macros.toml.tera\" as m %}\n" + emitter("{{ m::order() }}")
	h := watching(t, emits(oneSpan), map[string]string{"user.clnrm.toml.tera": user})
	h.template("a red template", "user.clnrm.toml.tera", func(t *Template) bool { return t.Status == CheckError })
	h.write("_macros.toml.tera", "{% macro order() %}[[expect.span]]\nname = \"order\"\n{% endmacro %}")
	h.template("green once the missing file is there", "user.clnrm.toml.tera", func(t *Template) bool { return t.Status != CheckError })
}

const twoScenarios = `[meta]
name = "two"
version = "1.0"

[service.app]
plugin = "generic_container"
image = "example:1"

[[scenario]]
name = "a"
service = "app"
artifacts.collect = ["spans:default"]
[[scenario.steps]]
name = "emit a"
command = ["emit"]

[[scenario]]
name = "b"
service = "app"
artifacts.collect = ["spans:default"]
[[scenario.steps]]
name = "emit b"
command = ["emit"]

[expect.counts]
spans_total = { eq = 2 }
`

func TestFileExpectationsCoverAllScenarios(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{
		"emit a": {Stdout: oneSpan},
		"emit b": {Stdout: strings.ReplaceAll(oneSpan, "0000000000000001\"", "0000000000000002\"")},
	}}
	h := watching(t, b, map[string]string{file: twoScenarios})
	if err := h.Run([]ScenarioID{{file, "a"}}); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("a verdict over the file", file, FileScope, func(s *Scenario) bool { return s.Verdict.Done() })
	if s.Verdict != VerdictPass || s.Last().Result.Spans != 2 {
		t.Errorf("verdict %s over %d spans: %+v", s.Verdict, s.Last().Result.Spans, s.Last().Result.Checks)
	}
	if n := b.Opened(); n != 2 {
		t.Errorf("%d scenarios ran, want the other one too: it had no recorded run", n)
	}
	h.write(file, strings.Replace(twoScenarios, "eq = 2", "eq = 3", 1))
	h.scenario("a replayed failure over the file", file, FileScope, func(s *Scenario) bool { return s.Verdict == VerdictFail && s.Replayed })
}

func TestFileExpectationsAreNotGreenOverIncompleteSpans(t *testing.T) {
	for name, spoil := range map[string]func(*runnertest.Backend){
		"loss": func(b *runnertest.Backend) { b.Lossy, b.Telemetry = true, runner.Telemetry{Complete: true, Dropped: 1} },
		"a death": func(b *runnertest.Backend) {
			b.Lossy, b.Telemetry = true, runner.Telemetry{Complete: true, Died: []runner.Death{{Service: "app", How: "it crashed"}}}
		},
		"a step": func(b *runnertest.Backend) { b.Steps["emit b"] = runnertest.Step{Err: os.ErrNotExist} },
	} {
		t.Run(name, func(t *testing.T) {
			b := &runnertest.Backend{Steps: map[string]runnertest.Step{"emit a": {Stdout: oneSpan}}}
			spoil(b)
			h := watching(t, b, map[string]string{file: strings.Replace(twoScenarios, "eq = 2", "lte = 9", 1)})
			if err := h.RunAll(); err != nil {
				t.Fatal(err)
			}
			h.scenario("no pass over the file", file, FileScope, func(s *Scenario) bool { return s.Verdict == VerdictError })
		})
	}
}

func TestFileExpectationsOverTheRunnersOwnSpans(t *testing.T) {
	text := strings.ReplaceAll(twoScenarios, "artifacts.collect = [\"spans:default\"]\n", "")
	text = strings.Replace(text, "spans_total = { eq = 2 }", "by_name = { \"clnrm.run\" = { eq = 1 }, \"clnrm.step:*\" = { eq = 2 } }", 1)
	h := watching(t, &runnertest.Backend{}, map[string]string{file: text})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, FileScope, func(s *Scenario) bool { return s.Verdict == VerdictPass })
}

func TestFileChangedDuringItsRun(t *testing.T) {
	b := emits(oneSpan)
	b.Steps["run"] = runnertest.Step{Stdout: oneSpan, Hang: true}
	b.Release, b.Started = make(chan struct{}), make(chan string, 1)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	sub := h.Subscribe()
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	<-b.Started
	h.write(file, strings.Replace(emitter(wantsOrder), `run = "emit"`, `run = "emit -exit 2"`, 1))
	h.template("the second version", file, func(t *Template) bool { return t.Generation == 2 })
	close(b.Release)
	s := h.scenario("a stale verdict", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
	if !s.Stale || s.Verdict != VerdictPass || s.Last().Result == nil || s.Last().Result.Judged == 0 {
		t.Errorf("stale %v, verdict %s, result %+v", s.Stale, s.Verdict, s.Last().Result)
	}
	for {
		ev, ok := sub.Next(t.Context())
		if !ok {
			t.Fatal("no end of the scenario")
		}
		if f, ok := ev.(ScenarioFinished); ok {
			// What passed proves nothing about the file that is there now.
			if r := h.ScenarioReport(f.Scenario); !r.Stale || r.Verdict != report.Skipped || r.Judged != 0 {
				t.Errorf("report %+v", r)
			}
			break
		}
	}
	if c := h.Snapshot().Counts; c.Passed != 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestTemplateRemovedDuringItsRun(t *testing.T) {
	b := emits("")
	b.Steps["run"] = runnertest.Step{Hang: true}
	b.Started = make(chan string, 1)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	<-b.Started
	if err := os.Remove(filepath.Join(h.dir, file)); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return len(s.Templates) == 0 && !s.Run.Active && s.Run.Done == 1 })
}

func TestRemovedTemplateIsGone(t *testing.T) {
	h := watching(t, emits(""), map[string]string{file: emitter(wantsOrder), "b.clnrm.toml": emitter(wantsOrder)})
	if err := os.Remove(filepath.Join(h.dir, file)); err != nil {
		t.Fatal(err)
	}
	s := h.until("one template", func(s *Snapshot) bool { return len(s.Templates) == 1 })
	if c := s.Counts; c.Templates != 1 || c.Scenarios != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestUnreadableThingsAreDiagnosed(t *testing.T) {
	h := watching(t, emits(""), map[string]string{file: "\xff\xfe\x00binary", "d.clnrm.toml/x": ""})
	for path, code := range map[string]string{file: "file-encoding", "d.clnrm.toml": "file-unreadable"} {
		tm := h.template("a diagnostic of "+path, path, func(t *Template) bool { return t.Status == CheckError })
		if tm.Diagnostics[0].Code != code {
			t.Errorf("%s: %v, want %s", path, tm.Diagnostics[0], code)
		}
	}
}

func TestPausedWatchingCatchesUp(t *testing.T) {
	h := watching(t, emits(""), map[string]string{file: emitter(wantsOrder)})
	h.SetWatching(false)
	h.until("the pause", func(s *Snapshot) bool { return s.Watch.Mode == "paused" })
	h.write(file, "[meta\n")
	h.SetWatching(true)
	h.template("the save made meanwhile", file, func(t *Template) bool { return t.Status == CheckError })
}

func TestRunWaitReports(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir(), backend: emits(oneSpan)}
	h.write(file, emitter(wantsOrder)+"[report]\njson = \"out/report.json\"\n")
	h.write("broken.clnrm.toml", "[meta\n")
	e, err := New(Options{Dir: h.dir, backend: func() (runner.Backend, error) { return h.backend, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := e.BrokenReports(); len(got) != 1 || got[0].Verdict != report.Error {
		t.Errorf("broken = %+v", got)
	}
	var each []string
	r, err := e.RunWait(t.Context(), []ScenarioID{{Path: file}}, RunOptions{}, func(s report.Scenario) { each = append(each, s.Name) })
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != report.Pass || len(r.Scenarios) != 1 || len(each) != 1 || r.Scenarios[0].Steps[0].Stdout != oneSpan {
		t.Errorf("report %+v, each %v", r, each)
	}
	if err := e.WriteReports(r); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "out/report.json")); err != nil {
		t.Error(err)
	}
}
