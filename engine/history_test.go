package engine

import (
	"context"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// runOnce runs a scenario and waits for its end.
func (h *harness) runOnce(name string) {
	h.t.Helper()
	before := h.Snapshot().Run.Started
	if err := h.Run([]ScenarioID{{file, name}}); err != nil {
		h.t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Started.After(before) && !s.Run.Active })
}

func TestRunsBecomeHistory(t *testing.T) {
	b := emits(oneSpan)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	id := ScenarioID{file, "emit"}
	if got := h.History(id); len(got) != 0 {
		t.Errorf("a new project has a history: %+v", got)
	}
	h.runOnce("emit")
	b.Steps = map[string]runnertest.Step{"run": {Stdout: oneSpan, Exit: runner.Exit{Code: 3}}}
	h.write(file, emitter(wantsOrder+"# the same test\n"))
	h.template("the save", file, func(t *Template) bool { return t.Generation == 2 })
	h.runOnce("emit")
	got := h.History(id)
	if len(got) != 2 {
		t.Fatalf("%d runs: %+v", len(got), got)
	}
	first, second := got[0], got[1]
	if first.Verdict != VerdictPass || first.Failure != "" || first.Digest == "" || first.Spans != 1 || first.Backend != "scripted" || first.Attempts != 1 {
		t.Errorf("%+v", first)
	}
	if second.Verdict != VerdictFail || second.Failure == "" {
		t.Errorf("%+v", second)
	}
	// Another process reads the same.
	e, err := New(Options{Dir: h.dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.History(id); len(got) != 2 || got[1].Digest != second.Digest {
		t.Errorf("another process sees %+v", got)
	}
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestBackendsDoNotContradictEachOther(t *testing.T) {
	runs := []RunRecord{
		{Verdict: VerdictPass, SpecHash: "a", RunHash: "r", Backend: "docker"},
		{Verdict: VerdictError, SpecHash: "a", RunHash: "r", Backend: "local"},
		{Verdict: VerdictPass, SpecHash: "a", RunHash: "r", Backend: "docker"},
		{Verdict: VerdictFail, SpecHash: "a", RunHash: "r", Backend: "docker"},
	}
	if got := StabilityOf(runs[:3]).Flips; got != 0 {
		t.Errorf("%d flips between two backends", got)
	}
	if got := StabilityOf(runs).Flips; got != 1 {
		t.Errorf("%d flips on one backend, want 1", got)
	}
}

func TestAMendedProgramIsNotFlaky(t *testing.T) {
	at := func(v Verdict, images ...Container) RunRecord {
		return RunRecord{Verdict: v, SpecHash: "a", RunHash: "r", Backend: "docker", Images: images}
	}
	db, old, mended := Container{Service: "db", Digest: "sha256:d"}, Container{Service: "shop", Digest: "sha256:1"}, Container{Service: "shop", Digest: "sha256:2"}
	for _, c := range []struct {
		name        string
		before, now RunRecord
		want        bool
	}{
		{"another program", at(VerdictFail, db, old), at(VerdictPass, db, mended), false},
		{"the same programs", at(VerdictFail, db, old), at(VerdictPass, old, db), true},
		{"a service that did not start", at(VerdictPass, db, old), at(VerdictError, db), true},
		{"the same verdict", at(VerdictPass, db, old), at(VerdictPass, db, old), false},
	} {
		if got := c.now.Contradicts(&c.before); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestStabilityCountsFlipsOfTheSameTest(t *testing.T) {
	at := func(v Verdict, spec string, ms int) RunRecord {
		return RunRecord{Verdict: v, SpecHash: spec, RunHash: "r", Duration: time.Duration(ms) * time.Millisecond, Attempts: 1}
	}
	flaky := at(VerdictPass, "b", 30)
	flaky.Flaky = true
	sometimes := at(VerdictFail, "b", 99)
	sometimes.Repeats, sometimes.Failed = 5, 2
	got := StabilityOf([]RunRecord{at(VerdictPass, "a", 10), at(VerdictFail, "a", 1), at(VerdictPass, "b", 20), flaky, sometimes})
	want := Stability{Runs: 5, Passed: 3, Flaky: 2, Flips: 2, P50: 20 * time.Millisecond, P95: 30 * time.Millisecond}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
