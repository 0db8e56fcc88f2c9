package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

// patience bounds every wait of these tests; none of them waits that long
// unless it fails.
const patience = 20 * time.Second

// harness is an engine that watches real files in a folder of its own.
type harness struct {
	*Engine
	t       *testing.T
	dir     string
	backend *runnertest.Backend
	env     map[string]string
	options func(*Options) // changes what open starts with; nil changes nothing
}

// watching starts an engine over files (name → text) with a scripted backend.
func watching(t *testing.T, b *runnertest.Backend, files map[string]string) *harness {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir(), backend: b}
	for name, text := range files {
		h.write(name, text)
	}
	h.open()
	return h
}

// open starts an engine over the folder; Close ends it at the end of the test.
func (h *harness) open() {
	h.t.Helper()
	o := Options{Dir: h.dir, Env: func(name string) (string, bool) { v, ok := h.env[name]; return v, ok },
		backend: func() (runner.Backend, error) { return h.backend, nil }}
	if h.options != nil {
		h.options(&o)
	}
	e, err := New(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Engine = e
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Watch(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("Watch: %v", err)
		}
		if err := e.Close(context.Background()); err != nil {
			h.t.Errorf("Close: %v", err)
		}
	})
	h.until("the first pass", func(s *Snapshot) bool { return s.Ready })
}

func (h *harness) write(name, text string) {
	h.t.Helper()
	file := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// until waits for a snapshot that ok accepts.
func (h *harness) until(what string, ok func(*Snapshot) bool) *Snapshot {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		if s := h.Snapshot(); ok(s) {
			return s
		}
		select {
		case <-h.Changed():
		case <-deadline:
			h.t.Fatalf("waited in vain for %s; state:\n%s", what, describe(h.Snapshot()))
		}
	}
}

// template waits until the template at path satisfies ok.
func (h *harness) template(what, path string, ok func(*Template) bool) *Template {
	h.t.Helper()
	var found *Template
	h.until(what, func(s *Snapshot) bool {
		found = lookup(s, path)
		return found != nil && ok(found)
	})
	return found
}

// scenario waits until a scenario satisfies ok.
func (h *harness) scenario(what, path, name string, ok func(*Scenario) bool) *Scenario {
	h.t.Helper()
	var found *Scenario
	h.template(what, path, func(t *Template) bool {
		found = findScenario(t, ScenarioID{path, name})
		return found != nil && ok(found)
	})
	return found
}

func lookup(s *Snapshot, path string) *Template {
	i := slices.IndexFunc(s.Templates, func(t *Template) bool { return t.Path == path })
	if i < 0 {
		return nil
	}
	return s.Templates[i]
}

func describe(s *Snapshot) string {
	var b strings.Builder
	for _, t := range s.Templates {
		fmt.Fprintf(&b, "%s gen=%d %s %v\n", t.Path, t.Generation, t.Status, t.Diagnostics)
		for _, sc := range t.Scenarios {
			fmt.Fprintf(&b, "  %s %s stale=%q replayed=%v", sc.ID.Name, sc.Verdict, sc.Last().StaleReason, sc.Replayed)
			if f := sc.Last().Result.FirstFailure(); f != nil {
				fmt.Fprintf(&b, " %s: %s", f.Rule, f.Message)
			}
			if sc.Last().Result != nil {
				fmt.Fprintf(&b, " %s", sc.Last().Result.Message)
			}
			b.WriteByte('\n')
		}
	}
	for _, n := range s.Notices {
		fmt.Fprintf(&b, "notice: %s\n", n.Text)
	}
	return b.String()
}

const file = "t.clnrm.toml.tera"

// emitter is a template whose step prints spans to stdout; the text after it is
// its expectations.
func emitter(expect string) string {
	return `[meta]
name = "t"
version = "1.0"

[service.app]
plugin = "generic_container"
image = "example:1"

[[scenario]]
name = "emit"
service = "app"
artifacts.collect = ["spans:default"]
run = "emit"
` + expect
}

// oneSpan is what the scripted program prints.
const oneSpan = `{"name":"order","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","kind":"server","start_time_unix_nano":1000000,"end_time_unix_nano":2000000,"attributes":{"result":"pass"}}` + "\n"

func emits(text string) *runnertest.Backend {
	return &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Stdout: text}}}
}

const wantsOrder = "[[expect.span]]\nname = \"order\"\n"

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

func TestRunPassesWithEvidence(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.Run([]ScenarioID{{file, "emit"}}); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("a verdict", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
	r := s.Last().Result
	if s.Verdict != VerdictPass || s.Replayed || s.Stale {
		t.Fatalf("verdict %s, replayed %v, stale %v, %+v", s.Verdict, s.Replayed, s.Stale, r.Checks)
	}
	if r.Spans != 1 || r.Judged < 2 || len(r.Evidence.Containers) != 1 || r.Digest == "" || r.SpecHash == "" {
		t.Errorf("evidence is incomplete: %+v", r)
	}
	if w := h.Log(s.ID, 0, 100); !slices.ContainsFunc(w.Lines, func(l LogLine) bool { return strings.HasPrefix(l.Text, `{"name":"order"`) }) {
		t.Errorf("the log lacks the output: %+v", w.Lines)
	}
}

func TestEditedExpectationIsReplayedWithoutAContainer(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })

	h.write(file, emitter(wantsOrder+"kind = \"client\"\n"))
	s := h.scenario("a replayed failure", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictFail })
	if !s.Replayed || s.Last().TracedAt.IsZero() {
		t.Errorf("replayed %v, traced at %v", s.Replayed, s.Last().TracedAt)
	}
	if f := s.Last().Result.FirstFailure(); f == nil || f.Rule != "expect.span[order].kind" || f.Pos.Line != 16 {
		t.Errorf("first failure %+v, want expect.span[order].kind at line 16", f)
	}
	h.write(file, emitter(wantsOrder+"kind = \"server\"\n"))
	s = h.scenario("a replayed pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if !s.Replayed {
		t.Error("a pass over a recorded trace is not shown as replayed")
	}
	h.write(file, emitter(wantsOrder))
	h.scenario("the pass of the run", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Replayed })
	if n := h.backend.Opened(); n != 1 {
		t.Errorf("%d sessions were opened, want only that of the run", n)
	}
}

func TestChangedCommandMakesTheVerdictStale(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	h.write(file, strings.Replace(emitter(wantsOrder), `run = "emit"`, `run = "emit twice"`, 1))
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if s.Last().StaleReason == "" {
		t.Error("stale without a reason")
	}
	if c := h.Snapshot().Counts; c.Passed != 0 || c.Stale != 1 {
		t.Errorf("counts %+v: a stale pass must not count as passed", c)
	}
	h.write(file, "[meta\n")
	h.scenario("stale because of an error", file, "emit", func(s *Scenario) bool { return s.Stale && s.Last().StaleReason == "the template has errors" })
}

func TestChangedSourceMakesTheVerdictStale(t *testing.T) {
	b := emits(oneSpan)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder), "cmd/app/main.go": "package main\n"})
	b.Built = func() ([]string, string) {
		inputs := []string{filepath.Join(h.dir, "cmd/app") + "/"}
		return inputs, service.Fingerprint(inputs, func(path string) ([32]byte, bool) {
			data, err := os.ReadFile(path)
			return sha256.Sum256(data), err == nil
		})
	}
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Stale })
	h.write("cmd/app/main.go", "package main // changed\n")
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if want := "what app is built from changed since the run"; s.Last().StaleReason != want {
		t.Errorf("reason %q, want %q", s.Last().StaleReason, want)
	}
	h.write("cmd/app/main.go", "package main\n")
	h.scenario("right again", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Stale })
	h.write("cmd/app/main_test.go", "package main\n")
	h.write(file, emitter(wantsOrder+"kind = \"server\"\n"))
	h.scenario("a test beside the program changes nothing", file, "emit", func(s *Scenario) bool { return s.Replayed && !s.Stale })
}

func TestRecordedRunSurvivesARestartAsReplayed(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	again := &harness{t: t, dir: h.dir, backend: &runnertest.Backend{}}
	again.open()
	s := again.scenario("a verdict", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if !s.Replayed {
		t.Error("a verdict from an earlier process is not shown as replayed")
	}
}

func TestDamagedRecordIsSetAsideAndReported(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	records, err := filepath.Glob(filepath.Join(h.dir, ".clnrm/runs/*/record.ndjson"))
	if err != nil || len(records) != 1 {
		t.Fatalf("records %v, %v", records, err)
	}
	if err := os.WriteFile(records[0], []byte("{\"schema\": \x00"), 0o644); err != nil {
		t.Fatal(err)
	}
	again := &harness{t: t, dir: h.dir, backend: &runnertest.Backend{}}
	again.open()
	again.until("a notice", func(s *Snapshot) bool { return len(s.Notices) > 0 })
	if s := findScenario(lookup(again.Snapshot(), file), ScenarioID{file, "emit"}); s.Verdict != VerdictNone {
		t.Errorf("verdict %s from a damaged record", s.Verdict)
	}
	if _, err := os.Stat(records[0] + ".damaged"); err != nil {
		t.Error(err)
	}
}

// TestNoGreenWithoutEvidence runs scenarios that must not pass.
func TestNoGreenWithoutEvidence(t *testing.T) {
	lossy := func(tl runner.Telemetry) *runnertest.Backend {
		b := emits(oneSpan)
		b.Lossy, b.Telemetry = true, tl
		return b
	}
	tests := []struct {
		name    string
		backend *runnertest.Backend
		text    string
		verdict Verdict
		rule    string // first failing rule, or a part of the message of an error
	}{
		{"the span is there", emits(oneSpan), emitter(wantsOrder), VerdictPass, ""},
		{"no span at all", emits("all tests passed\n"), emitter(wantsOrder), VerdictFail, "expect.span[order].existence"},
		{"no span and only status.all", emits(""), emitter("[expect.status]\nall = \"OK\"\n"), VerdictFail, "expect.status.all"},
		{"a span that looks like the runner's own", emits(""), emitter("[[expect.span]]\nname = \"clnrm.run\"\n"), VerdictFail, "expect.span[clnrm.run].existence"},
		{"telemetry dropped", lossy(runner.Telemetry{Complete: true, Dropped: 1}), emitter(wantsOrder), VerdictError, "dropped"},
		{"telemetry rejected", lossy(runner.Telemetry{Complete: true, Rejected: 2}), emitter(wantsOrder), VerdictError, "rejected"},
		{"spans without ids", lossy(runner.Telemetry{Complete: true, Invalid: 3}), emitter(wantsOrder), VerdictError, "3 spans have no valid ids"},
		{"spans over a limit", lossy(runner.Telemetry{Complete: true, Over: 4}), emitter(wantsOrder), VerdictError, "4 spans over the limit"},
		{"end of stream not seen", lossy(runner.Telemetry{}), emitter(wantsOrder), VerdictError, "end of the stream"},
		{"nothing is asked for", emits(oneSpan), emitter(""), VerdictError, "declares no expectation"},
		{"an empty table of expectations", emits(oneSpan), emitter("[scenario.expect]\n"), VerdictError, "declares no expectation"},
		{"a service died", lossy(runner.Telemetry{Complete: true, Died: []runner.Death{{Service: "app", How: "its process ended with status 3"}}}), emitter(wantsOrder), VerdictFail, "service.app.running"},
		{"step failed", &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Stdout: oneSpan, Exit: runner.Exit{Code: 2}}}}, emitter(wantsOrder), VerdictFail, "step[run].exit_code"},
		{"step cannot be executed", &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Err: context.DeadlineExceeded}}}, emitter(wantsOrder), VerdictError, "deadline"},
		{"no image", &runnertest.Backend{OpenErr: &runner.EnvironmentError{What: "image example:1 is not here"}}, emitter(wantsOrder), VerdictError, "not here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := watching(t, tt.backend, map[string]string{file: tt.text})
			if err := h.RunAll(); err != nil {
				t.Fatal(err)
			}
			s := h.scenario("a verdict", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
			got := s.Last().Result.Message
			if f := s.Last().Result.FirstFailure(); f != nil && s.Verdict == VerdictFail {
				got = f.Rule
			}
			if s.Verdict != tt.verdict || !strings.Contains(got, tt.rule) {
				t.Errorf("verdict %s (%s), want %s (%s)", s.Verdict, got, tt.verdict, tt.rule)
			}
		})
	}
}

func TestStopInterruptsAndRecordsNothing(t *testing.T) {
	b := emits("")
	b.Steps["run"] = runnertest.Step{Hang: true}
	b.Started = make(chan string, 1)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	<-b.Started
	if err := h.Stop(nil); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("an interrupted row", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictInterrupted })
	if s.Last().Result.Duration <= 0 {
		t.Errorf("stopped after %s", s.Last().Result.Duration)
	}
	if c := h.Snapshot().Counts; c.Stopped != 1 || c.Never != 0 || c.Failed != 0 {
		t.Errorf("counted as %+v", c)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return !s.Run.Active })
	if now, _ := b.Containers(); now != 0 {
		t.Errorf("%d containers left", now)
	}
	if records, _ := filepath.Glob(filepath.Join(h.dir, ".clnrm/runs/*/record.ndjson")); len(records) != 0 {
		t.Errorf("an interrupted run was recorded: %v", records)
	}
}

func TestTheSameScenarioIsNotRunTwiceAtOnce(t *testing.T) {
	b := emits(oneSpan)
	b.Steps["run"] = runnertest.Step{Stdout: oneSpan, Hang: true}
	b.Release, b.Started = make(chan struct{}), make(chan string, 2)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	if err := h.RunAll(); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("the second run: %v", err)
	}
	<-b.Started
	close(b.Release)
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if n := b.Opened(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestRunWithoutABackendSaysWhatIsMissing(t *testing.T) {
	b := emits("")
	b.ReadyErr = &runner.EnvironmentError{What: "Docker does not answer", Remedy: "start it"}
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	s := h.until("a notice", func(s *Snapshot) bool { return len(s.Notices) > 0 })
	if n := s.Notices[0].Text; !strings.Contains(n, "Docker does not answer") || !strings.Contains(n, "start it") {
		t.Errorf("notice %q", n)
	}
	if sc := findScenario(lookup(s, file), ScenarioID{file, "emit"}); sc.Verdict != VerdictNone {
		t.Errorf("verdict %s although nothing ran", sc.Verdict)
	}
	b.ReadyErr = nil // Docker was started meanwhile
	if err := h.RunAll(); err != nil {
		t.Errorf("after a run that could not start: %v", err)
	}
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
