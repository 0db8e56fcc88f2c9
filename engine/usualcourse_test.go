package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// What the settings say of retries and of the end of a run holds for every surface.
func TestRunsGoByTheSettings(t *testing.T) {
	b := inTurn(emits("nothing\n"), emits(oneSpan))
	h := &harness{t: t, dir: t.TempDir(), options: func(o *Options) { o.backend = func() (runner.Backend, error) { return b, nil } }}
	h.write(file, emitter(wantsOrder))
	h.write("cleanroom.toml", "[test_execution]\nretry_on_failure = true\nretry_count = 2\n")
	h.open()
	if got, want := h.Snapshot().Course, (RunOptions{Retries: 2, RetryFailures: true}); got != want {
		t.Errorf("shown is %+v, want %+v", got, want)
	}
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("the verdict", file, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
	if s.Verdict != VerdictPass || !s.Last().Result.Flaky || s.Last().Result.Attempts != 2 || len(s.Last().Result.Earlier) != 1 || s.Last().Result.Earlier[0].Cause != causeAssertion {
		t.Errorf("%s, %+v", s.Verdict, s.Last().Result)
	}
}

func TestARunThatEndsAtAFailureSaysWhose(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"a": {Exit: runner.Exit{Code: 1}}}}
	h := watching(t, b, map[string]string{file: several("a", "b", "c"), "cleanroom.toml": "[cli]\nfail_fast = true\njobs = 1\n"})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	why := file + " › a failed, and the run"
	for _, name := range []string{"b", "c"} {
		s := h.scenario("the end of "+name, file, name, func(s *Scenario) bool { return s.Verdict.Done() })
		if s.Verdict != VerdictSkipped || !strings.HasPrefix(s.Last().Result.Message, why) {
			t.Errorf("%s: %s %q", name, s.Verdict, s.Last().Result.Message)
		}
	}
	h.until("the notice", noticed(why+" ended then (fail-fast): 2 of its scenarios are skipped"))
	h.until("the end of the run", func(s *Snapshot) bool { return !s.Run.Active && s.Run.Done == 3 })
}

func TestTheCourseOfASessionStandsAboveTheSettingsUntilTheyChange(t *testing.T) {
	h := watching(t, emits(""), map[string]string{file: emitter(wantsOrder), "cleanroom.toml": "[cli]\nfail_fast = true\n"})
	if err := h.SetCourse(RunOptions{Retries: 1, Repeat: 2}); err == nil {
		t.Error("a contradiction was accepted")
	}
	if err := h.SetCourse(RunOptions{Retries: 1}); err != nil {
		t.Fatal(err)
	}
	// At once, as editors do: settings that are read half-written are settings that changed.
	save := func(text string) {
		t.Helper()
		whole := filepath.Join(t.TempDir(), "new")
		if err := os.WriteFile(whole, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(whole, filepath.Join(h.dir, "cleanroom.toml")); err != nil {
			t.Fatal(err)
		}
	}
	shows := func(want RunOptions) {
		t.Helper()
		h.until(fmt.Sprintf("%+v", want), func(s *Snapshot) bool { return s.Course == want })
		if got := h.Course(); got != want {
			t.Errorf("runs go by %+v, want %+v", got, want)
		}
	}
	shows(RunOptions{Retries: 1})
	save("[cli]\nfail_fast = true\n[dashboard]\neditor = \"vi\"\n")
	h.until("another setting", func(s *Snapshot) bool { return s.Settings.Editor == "vi" })
	shows(RunOptions{Retries: 1})
	save("[test_execution]\nretry_on_failure = true\n")
	shows(RunOptions{Retries: 3, RetryFailures: true})
}
