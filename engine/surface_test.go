package engine

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func TestExportsAreNamedRelativeToTheProject(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	e, err := New(Options{Dir: elsewhere, Paths: []string{dir}, Env: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	file, err := e.Export("screen", "txt", func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err })
	if err != nil || filepath.IsAbs(file) || !strings.HasPrefix(file, ".clnrm/exports/screen-") {
		t.Errorf("%q, %v", file, err)
	}
	if _, err := e.Export("x", "txt", func(io.Writer) error { return errors.New("full") }); err == nil {
		t.Error("a write that fails is no error")
	}
	if r := e.LastReport(); len(r.Scenarios) != 0 {
		t.Errorf("a project without results reports %+v", r.Scenarios)
	}
}

// What is written for others says pass only of what was executed on what is there
// now, and leaves nothing out.
func TestAReportOfTheStateTellsOnlyFreshPasses(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	told := func(what string, verdict report.Verdict, message string) {
		t.Helper()
		r := h.LastReport()
		if len(r.Scenarios) != 1 || r.Scenarios[0].Verdict != verdict || !strings.Contains(r.Scenarios[0].Message, message) {
			t.Errorf("%s: told as %+v", what, r.Scenarios)
		}
		if passed := verdict == report.Pass; (r.Summary.Passed == 1) != passed || (r.Verdict == report.Pass) != passed {
			t.Errorf("%s: the whole is %s, %+v", what, r.Verdict, r.Summary)
		}
	}
	told("before any run", report.Skipped, "never run")
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	told("after a run", report.Pass, "")
	h.write(file, strings.Replace(emitter(wantsOrder), `run = "emit"`, `run = "emit twice"`, 1))
	h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	told("after an edit of its command", report.Skipped, "services or commands changed")
	h.write(file, emitter(wantsOrder)+"\n[expect.status]\nall = \"UNSET\"\n")
	h.scenario("a replayed row", file, "emit", func(s *Scenario) bool { return s.Replayed })
	told("after an edit of its expectations", report.Skipped, "was not executed since")
}
