package engine

import (
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// What nobody has run says what its file declares, without its secrets, also when
// the file on disk has changed or gone bad since.
func TestAScenarioThatNeverRanSaysWhatItsFileDeclares(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir(), backend: emits(oneSpan), env: map[string]string{"API_TOKEN": hush}}
	h.write(file, secretive("{{ API_TOKEN }}"))
	h.open()
	declared := func(s *Scenario) {
		t.Helper()
		steps := s.Steps()
		if s.Run != nil || !s.Stepped || len(steps) != 1 || !slices.Equal(s.Services(), []string{"app"}) {
			t.Fatalf("run %v, stepped %v, steps %v, services %v", s.Run, s.Stepped, steps, s.Services())
		}
		if s := steps[0]; s.Name != "run" || !strings.HasPrefix(s.Command, "emit ") || strings.Contains(s.Command, hush) {
			t.Errorf("the step is %+v", s)
		}
	}
	s := h.scenario("the first check", file, "emit", func(*Scenario) bool { return true })
	declared(s)
	h.write(file, "[[")
	h.template("an error", file, func(t *Template) bool { return t.Status == CheckError })
	declared(s)
	declared(h.scenario("the last sound version", file, "emit", func(*Scenario) bool { return true }))
}

// There are a hundred thousand of them in a large project.
func TestAScenarioTakesLittleMemory(t *testing.T) {
	if n := unsafe.Sizeof(Scenario{}); n > 64 {
		t.Errorf("%d bytes, at most 64: what few scenarios need belongs into ScenarioRun", n)
	}
}
