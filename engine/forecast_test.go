package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

func TestWhenARunWillHaveEnded(t *testing.T) {
	const s = time.Second
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	type job struct{ expected, spread, running time.Duration } // running for so long; -1 is queued
	const queuedYet = -1
	tests := []struct {
		name  string
		width int
		jobs  []job
		want  time.Duration // -1 when nothing is known
	}{
		{"nothing under way", 2, nil, -1},
		{"nothing known", 2, []job{{0, 0, queuedYet}}, -1},
		{"one, not started", 2, []job{{10 * s, 2 * s, queuedYet}}, 12 * s},
		{"one, half way", 2, []job{{10 * s, 2 * s, 5 * s}}, 7 * s},
		{"late", 2, []job{{10 * s, 2 * s, 15 * s}}, -3 * s},
		{"two late: the last of them counts", 2, []job{{10 * s, 2 * s, 15 * s}, {10 * s, 0, 20 * s}}, -3 * s},
		{"one late, one not", 2, []job{{10 * s, 0, 15 * s}, {10 * s, 0, 4 * s}}, 6 * s},
		{"what waits for a late one starts now at best", 1, []job{{10 * s, 0, 15 * s}, {4 * s, 0, queuedYet}}, 4 * s},
		{"side by side", 2, []job{{10 * s, 0, queuedYet}, {10 * s, 0, queuedYet}}, 10 * s},
		{"one after another", 1, []job{{10 * s, 0, queuedYet}, {10 * s, 0, queuedYet}}, 20 * s},
		{"the longest first", 2, []job{{3 * s, 0, queuedYet}, {3 * s, 0, queuedYet}, {6 * s, 0, queuedYet}}, 6 * s},
		{"behind what runs", 1, []job{{10 * s, 0, 4 * s}, {5 * s, 0, queuedYet}}, 11 * s},
		{"unknown counts as the mean and half as much again", 1, []job{{10 * s, 0, queuedYet}, {0, 0, queuedYet}}, 25 * s},
	}
	for _, tt := range tests {
		var f forecast
		for _, j := range tt.jobs {
			q := &queued{}
			f.add(q, j.expected, j.spread)
			if j.running != queuedYet {
				f.started(q, now.Add(-j.running))
				f.started(q, now) // a repetition: it counts from the first time
			}
			f.uses(q, 7)
		}
		used, left, known := f.read(now, tt.width)
		if !known {
			left = -1
		}
		if left != tt.want || used != 7*len(tt.jobs) {
			t.Errorf("%s: %s, %d MB; want %s", tt.name, left, used, tt.want)
		}
	}
}

func TestASnapshotTellsWhatIsExpectedAndUsed(t *testing.T) {
	b := emits(oneSpan)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	if due := h.Snapshot().Run.Due; !due.IsZero() {
		t.Errorf("nothing runs and it is due at %s", due)
	}

	took := h.Snapshot().Templates[0].Scenarios[0].Last().Result.Duration
	for _, id := range []ScenarioID{{Path: file}, {Path: file, Name: "emit"}, {Path: file, Name: FileScope}} {
		if got := h.Forecast([]ScenarioID{id}); got < took || got > 2*took {
			t.Errorf("%v takes %s by the run of %s", id, got, took)
		}
	}
	if got := h.Forecast([]ScenarioID{{Path: "gone"}}); got != 0 {
		t.Errorf("what is not there takes %s", got)
	}

	b.Steps["run"] = runnertest.Step{Stdout: oneSpan, Hang: true}
	b.Release = make(chan struct{})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	s := h.until("an estimate", func(s *Snapshot) bool { return s.Run.Active && !s.Run.Due.IsZero() })
	if eta := s.Run.ETA(s.Run.Due.Add(time.Hour)); eta != 0 {
		t.Errorf("an hour late, ETA = %s", eta)
	}
	h.scenario("what it is expected to take", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictRunning && s.Last().Expected > 0 })
	close(b.Release)
	sc := h.scenario("a verdict", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	if sc.Last().Expected != 0 || sc.Last().Uses != nil {
		t.Errorf("after the end: expected %s, uses %v", sc.Last().Expected, sc.Last().Uses)
	}
}

// A run must not vanish without a word when somebody deletes its file.
func TestARunWhoseFileIsDeletedIsSaidToHaveStopped(t *testing.T) {
	b := emits(oneSpan)
	b.Steps["run"] = runnertest.Step{Stdout: oneSpan, Hang: true}
	b.Release = make(chan struct{})
	defer close(b.Release)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("that it runs", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictRunning })
	if err := os.Remove(filepath.Join(h.dir, file)); err != nil {
		t.Fatal(err)
	}
	h.until("that it was stopped", noticed(file+" is not there any more: stopped emit"))
}
