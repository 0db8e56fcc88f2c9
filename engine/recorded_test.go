package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// recorded runs a file once and returns a fresh engine that has scanned it, as
// a later command does.
func recorded(t *testing.T, text string) (*harness, *Engine) {
	t.Helper()
	h := watching(t, emits(oneSpan), map[string]string{file: text})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool {
		return len(s.Templates) == 1 && !s.Run.Active && s.Run.Done > 0
	})
	return h, h.later()
}

// later is another process over the same folder.
func (h *harness) later() *Engine {
	h.t.Helper()
	e, err := New(Options{Dir: h.dir, Paths: []string{file}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := e.Close(h.t.Context()); err != nil {
			h.t.Log(err)
		}
	})
	if err := e.Scan(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return e
}

func TestRecordedRunsAreJudgedAgain(t *testing.T) {
	h, e := recorded(t, emitter(wantsOrder))
	a, err := e.Analyze(file, nil, nil)
	if err != nil || a.Verdict != report.Pass || a.Counts.Spans != 1 || len(a.Recorded) != 1 {
		t.Fatalf("%v: %+v", err, a)
	}
	if r := a.Recorded[0]; r.Scenario != "emit" || r.At.IsZero() || r.AgeMS < 0 || !strings.HasPrefix(r.Folder, ".clnrm/runs/") {
		t.Errorf("%+v", r)
	}
	// The condition of the step counts with the expectation.
	if a.Judged < 2 {
		t.Errorf("%d rules judged", a.Judged)
	}

	// A recorded run can be named as a trace; its header is none.
	byName, err := e.Analyze(file, []string{filepath.Join(h.dir, a.Recorded[0].Folder, "record.ndjson")}, nil)
	if err != nil || byName.Verdict != report.Pass || byName.Digest != a.Digest {
		t.Errorf("%v: %+v", err, byName)
	}

	// What no run has shown is not judged by an older one.
	h.write(file, strings.Replace(emitter(wantsOrder), `run = "emit"`, `run = "emit more"`, 1))
	var unrecorded *UnrecordedError
	if a, err := h.later().Analyze(file, nil, nil); !errors.As(err, &unrecorded) || a.Verdict != report.Error || !strings.Contains(err.Error(), "changed since the run") {
		t.Errorf("%v: %s", err, a.Verdict)
	}
}

func TestAFailedConditionKeepsARecordedRunRed(t *testing.T) {
	text := strings.Replace(emitter(wantsOrder), `run = "emit"`, "steps = [{ name = \"run\", command = [\"emit\"], expected_exit_code = 3 }]", 1)
	_, e := recorded(t, text)
	if a, err := e.Analyze(file, nil, nil); err != nil || a.Verdict != report.Fail {
		t.Errorf("%v: %s %+v", err, a.Verdict, a.FirstFailure)
	}
	var unfit *UnfitError
	if _, err := e.Learn(file, nil, nil); !errors.As(err, &unfit) {
		t.Errorf("learnt from a run that failed: %v", err)
	}
}

func TestStrengthOfARecordedRun(t *testing.T) {
	_, e := recorded(t, emitter(wantsOrder))
	s, err := e.Strength(t.Context(), file, nil, nil)
	if err != nil || s.Mutants != 6 || s.Killed != 1 || len(s.Recorded) != 1 {
		t.Fatalf("%v: %+v", err, s)
	}
	for _, v := range s.Survivors {
		if v.WouldKill == "" {
			t.Errorf("%+v", v)
		}
	}
}

func TestWhatIsLearntFromARunIsWrittenAndHolds(t *testing.T) {
	before := "# kept\r\n" + strings.ReplaceAll(emitter(""), "\n", "\r\n")
	h, e := recorded(t, before+"\r\n[[scenario.steps]]\r\nname = \"{{ \"more\" }}\"\r\ncommand = [\"true\"]")
	original, err := os.ReadFile(filepath.Join(h.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	block, err := e.Learn(file, nil, nil)
	if err != nil || !strings.Contains(string(block), `name = "order"`) {
		t.Fatalf("%v\n%s", err, block)
	}
	for range 2 { // the second time in place of the first
		if err := h.later().WriteLearnt(t.Context(), file, block); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(h.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), string(original)) || strings.Count(string(text), learntBegin) != 1 {
		t.Errorf("%s", text)
	}
	if strings.Count(string(text), "\n") != strings.Count(string(text), "\r\n") {
		t.Errorf("the line breaks are mixed: %q", text)
	}
	if a, err := h.later().Analyze(file, nil, nil); err != nil || a.Verdict != report.Pass {
		t.Errorf("%v: %+v", err, a)
	}
	damaged := strings.Replace(string(text), learntEnd, "", 1)
	h.write(file, damaged)
	var unfit *UnfitError
	if err := h.later().WriteLearnt(t.Context(), file, block); !errors.As(err, &unfit) {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(filepath.Join(h.dir, file)); err != nil || string(after) != damaged {
		t.Errorf("a refused file was changed: %v", err)
	}
}

// forget removes the recorded runs, as a clean checkout with the artifacts of a
// pipeline has them.
func (h *harness) forget() {
	h.t.Helper()
	if err := os.RemoveAll(filepath.Join(h.dir, ".clnrm", "runs")); err != nil {
		h.t.Fatal(err)
	}
}

// TestArtifactsAreJudgedLikeTheRunThatLeftThem has nothing but what a run put
// under .clnrm/artifacts.
func TestArtifactsAreJudgedLikeTheRunThatLeftThem(t *testing.T) {
	h, e := recorded(t, emitter(wantsOrder))
	before, err := e.Analyze(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.forget()
	a, err := h.later().Analyze(file, nil, nil)
	if err != nil || a.Verdict != report.Pass || a.Digest != before.Digest || a.Judged != before.Judged || len(a.Recorded) != 1 {
		t.Fatalf("%v: %+v, not %+v", err, a, before)
	}
	folder := a.Recorded[0].Folder
	if !strings.HasPrefix(folder, ".clnrm/artifacts/") || !a.Recorded[0].At.Equal(before.Recorded[0].At) {
		t.Errorf("%+v", a.Recorded[0])
	}
	trace, err := h.later().ReadRuns(file)
	if err != nil || len(trace.Spans) != 1 || trace.Name != folder {
		t.Errorf("%v: %+v", err, trace)
	}
	// The folder is a trace, too.
	if trace, err := ReadTrace([]string{filepath.Join(h.dir, folder)}, nil); err != nil || len(trace.Spans) != 1 {
		t.Errorf("%v: %+v", err, trace)
	}

	wantUnrecorded := func(what, reason string) {
		t.Helper()
		var unrecorded *UnrecordedError
		if a, err := h.later().Analyze(file, nil, nil); !errors.As(err, &unrecorded) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v: %s", what, err, a.Verdict)
		}
	}
	h.write(file, strings.Replace(emitter(wantsOrder), `["spans:default"]`, `["spans:default", "spans:self"]`, 1))
	wantUnrecorded("spans that were not collected", "no recorded run")
	h.write(file, strings.Replace(emitter(wantsOrder), `run = "emit"`, `run = "emit more"`, 1))
	wantUnrecorded("other commands", "changed since the run")
	h.write(file, emitter(wantsOrder))
	if err := os.WriteFile(filepath.Join(h.dir, folder, "spans.json"), []byte(oneSpan+oneSpan), 0o644); err != nil {
		t.Fatal(err)
	}
	wantUnrecorded("spans of somebody else", "was changed")
	if err := os.RemoveAll(filepath.Join(h.dir, folder)); err != nil {
		t.Fatal(err)
	}
	wantUnrecorded("no artifacts", "no recorded run")
	if _, err := h.later().ReadRuns(file); err == nil {
		t.Error("spans of no run are shown")
	}
}

// TestArtifactsOfARedRunStayRed keeps the conditions of steps with the spans.
func TestArtifactsOfARedRunStayRed(t *testing.T) {
	text := strings.Replace(emitter(wantsOrder), `run = "emit"`, "steps = [{ name = \"run\", command = [\"emit\"], expected_exit_code = 3 }]", 1)
	h, _ := recorded(t, text)
	h.forget()
	if a, err := h.later().Analyze(file, nil, nil); err != nil || a.Verdict != report.Fail || len(a.Recorded) != 1 {
		t.Errorf("%v: %s %+v", err, a.Verdict, a.FirstFailure)
	}
}

func TestAFolderWithoutATraceIsRefused(t *testing.T) {
	var request *RequestError
	if _, err := ReadTrace([]string{t.TempDir()}, nil); !errors.As(err, &request) {
		t.Errorf("%v", err)
	}
}
