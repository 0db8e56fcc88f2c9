package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/artifact"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

func TestAScenarioLeavesWhatItCollects(t *testing.T) {
	const secret = "hunter2hunter2"
	text := strings.Replace(emitter(wantsOrder), `["spans:default"]`, `["spans:default", "spans:self", "logs:all"]`, 1)
	text = strings.Replace(text, "[service.app]", "[vars]\napi_token = \""+secret+"\"\n[service.app]", 1)
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Stdout: oneSpan + "token " + secret + "\n", Stderr: "oops\n"}}}
	dir := t.TempDir()
	e := scanned(t, b, dir, nil, map[string]string{file: text})
	r := runAll(t, e, RunOptions{})
	at := r.Scenarios[0].Artifacts
	if want := ".clnrm/artifacts/"; !strings.HasPrefix(at, want) {
		t.Fatalf("artifacts are in %q; %+v", at, r.Scenarios[0])
	}
	data, err := os.ReadFile(filepath.Join(dir, at, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m artifact.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "run.json spans-self.json spans.json stderr.log stdout.log" || m.Scenario != "emit" || m.File != file || len(m.Missing) != 0 {
		t.Errorf("%s, %+v", got, m)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, at, name))
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}
	if got := read("stderr.log"); got != "oops\n" {
		t.Errorf("stderr.log: %q", got)
	}
	if got := read("stdout.log"); !strings.HasPrefix(got, oneSpan) || strings.Contains(got, secret) {
		t.Errorf("stdout.log: %q", got)
	}
	if got := read("spans.json"); !strings.Contains(got, `"order"`) || strings.Contains(got, "clnrm.run") {
		t.Errorf("spans.json: %q", got)
	}
	if got := read("spans-self.json"); strings.Contains(got, `"order"`) || !strings.Contains(got, "clnrm.run") {
		t.Errorf("spans-self.json: %q", got)
	}
	if got := read("run.json"); !strings.Contains(got, `"run_hash": "`) || strings.Contains(got, secret) {
		t.Errorf("run.json: %q", got)
	}
	if list, err := os.ReadDir(filepath.Dir(filepath.Join(dir, at))); err != nil || len(list) != 1 {
		t.Errorf("beside the folder: %v, %v", list, err)
	}
}

func TestAnInterruptedScenarioKeepsTheArtifactsOfTheOneBefore(t *testing.T) {
	b := emits(oneSpan)
	h := watching(t, b, map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	s := h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	manifest := filepath.Join(h.dir, s.Last().Result.Artifacts, "manifest.json")
	before, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	h.until("the end", func(s *Snapshot) bool { return !s.Run.Active })
	b.Steps["run"] = runnertest.Step{Hang: true}
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a running step", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictRunning })
	if err := h.Stop(nil); err != nil {
		t.Fatal(err)
	}
	h.scenario("an interruption", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictInterrupted })
	after, err := os.ReadFile(manifest)
	if err != nil || string(after) != string(before) {
		t.Errorf("%s, %v", after, err)
	}
	if list, err := os.ReadDir(filepath.Dir(filepath.Dir(manifest))); err != nil || len(list) != 1 {
		t.Errorf("left unfinished: %v, %v", list, err)
	}
}
