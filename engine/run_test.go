package engine

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

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
