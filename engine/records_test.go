package engine

import (
	"os"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// beside is another process over the same project.
func (h *harness) beside(b *runnertest.Backend) *harness {
	h.t.Helper()
	other := &harness{t: h.t, dir: h.dir, backend: b}
	other.open()
	return other
}

func logText(e *Engine, id ScenarioID) string {
	var out []string
	for _, l := range e.Log(id, 0, 100).Lines {
		if l.Stream == "stdout" {
			out = append(out, l.Text)
		}
	}
	return strings.Join(out, "\n")
}

// failing is a backend whose step says a word, emits its span and fails.
func failing(word string) *runnertest.Backend {
	b := emits(oneSpan)
	b.Steps = map[string]runnertest.Step{"run": {Stdout: word + "\n" + oneSpan, Exit: runner.Exit{Code: 3}}}
	return b
}

func TestARunOfAnotherProcessIsJudgedAtTheNextSave(t *testing.T) {
	for name, before := range map[string]bool{"a scenario that never ran here": false, "a scenario that ran here": true} {
		t.Run(name, func(t *testing.T) {
			h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
			id := ScenarioID{file, "emit"}
			if before {
				h.runOnce("emit")
			}
			h.beside(failing("other")).runOnce("emit")
			h.write(file, emitter(wantsOrder+"# the same test\n"))
			s := h.scenario("the verdict of the other process", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictFail })
			if !s.Replayed || s.Stale {
				t.Errorf("replayed %t, stale %t", s.Replayed, s.Stale)
			}
			if got := logText(h.Engine, id); !strings.Contains(got, "other") {
				t.Errorf("the log beside it is %q", got)
			}
			// A run of this process is newer again, and stays.
			h.runOnce("emit")
			h.write(file, emitter(wantsOrder+"# the same test again\n"))
			s = h.scenario("the third generation", file, "emit", func(s *Scenario) bool {
				return lookup(h.Snapshot(), file).Generation >= 3 && s.Verdict == VerdictPass
			})
			if strings.Contains(logText(h.Engine, id), "other") {
				t.Errorf("%s beside the log of the other process", s.Verdict)
			}
		})
	}
}

func TestARunOfAnotherProcessIsNoticedWhenTheHistoryIsAsked(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	h.beside(failing("other")).runOnce("emit")
	if got := h.History(ScenarioID{file, "emit"}); len(got) != 1 {
		t.Fatalf("%d runs", len(got))
	}
	h.scenario("the verdict of the other process", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictFail && s.Replayed })
}

func TestTwoProcessesDoNotWriteIntoOneLog(t *testing.T) {
	h := watching(t, nil, map[string]string{file: emitter(wantsOrder)})
	id := ScenarioID{file, "emit"}
	start := func(e *Engine) *observer {
		o := &observer{e: e, id: id}
		o.startLog()
		return o
	}
	one, two := start(h.Engine), start(h.beside(&runnertest.Backend{}).Engine)
	for range 2 {
		one.Output("app", "run", runner.Stdout, []byte("one\n"))
		two.Output("app", "run", runner.Stdout, []byte("two\n"))
	}
	one.close()
	two.close()
	for word, o := range map[string]*observer{"one": one, "two": two} {
		data, err := os.ReadFile(o.e.Log(id, 0, 0).File)
		if err != nil || strings.Count(string(data), "| "+word) != 2 || strings.Count(string(data), "\n") != 2 {
			t.Errorf("the log of %s: %q, %v", word, data, err)
		}
	}
}

func TestAStoppedRunLeavesTheLogOfTheVerdict(t *testing.T) {
	h := watching(t, failing("judged"), map[string]string{file: emitter(wantsOrder)})
	id := ScenarioID{file, "emit"}
	h.runOnce("emit")
	stopped := &observer{e: h.Engine, id: id} // a run that comes to no record
	stopped.startLog()
	stopped.Output("app", "run", runner.Stdout, []byte("stopped\n"))
	stopped.close()
	if got := logText(h.Engine, id); got != "stopped" {
		t.Errorf("until it is judged again the log is %q", got)
	}
	later := h.beside(&runnertest.Backend{})
	later.scenario("the recorded verdict", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictFail })
	if got := logText(later.Engine, id); !strings.Contains(got, "judged") || strings.Contains(got, "stopped") {
		t.Errorf("beside the recorded verdict a later process shows %q", got)
	}
	// The next run of this process takes the log that nothing names away.
	file := stopped.ring.name
	stopped.startLog()
	stopped.close()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the log of the stopped run is left: %v", err)
	}
}

func TestAScenarioIsAbsentOnlyFromWhatIsKnownOfItsFile(t *testing.T) {
	h := watching(t, failing("x"), map[string]string{file: emitter(wantsOrder)})
	named := func(name string) func(*Template) bool {
		return func(tpl *Template) bool { return len(tpl.Scenarios) == 1 && tpl.Scenarios[0].ID.Name == name }
	}
	ask := func(when string, emit, renamed bool) {
		t.Helper()
		if a, b := h.absent(file, "emit"), h.absent(file, "renamed"); a != emit || b != renamed {
			t.Errorf("%s: emit is absent: %v, renamed is: %v", when, a, b)
		}
	}
	h.template("the first version", file, named("emit"))
	ask("at first", false, true)
	if h.absent("other.clnrm.toml", "emit") {
		t.Error("of a file that nobody looks at something is known")
	}
	renamed := strings.Replace(emitter(wantsOrder), `name = "emit"`, `name = "renamed"`, 1)
	h.write(file, renamed)
	h.template("the renamed scenario", file, named("renamed"))
	ask("renamed", true, false)
	h.write(file, renamed+"[[")
	h.template("an error", file, func(tpl *Template) bool { return tpl.Status == CheckError })
	ask("with an error", false, false)
}

func TestTheLogOfRepetitionsIsThatOfTheWorst(t *testing.T) {
	h := watching(t, failing("worst"), map[string]string{file: emitter(wantsOrder)})
	id := ScenarioID{file, "emit"}
	if err := h.RunWith([]ScenarioID{id}, RunOptions{Repeat: 3}); err != nil {
		t.Fatal(err)
	}
	h.until("the end", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	for _, e := range []*Engine{h.Engine, h.beside(&runnertest.Backend{}).Engine} {
		if got := logText(e, id); !strings.Contains(got, "worst") {
			t.Errorf("the log is %q", got)
		}
	}
}
