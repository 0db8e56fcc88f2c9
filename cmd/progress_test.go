package cmd

import (
	"fmt"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func TestProgressDoesNotRepeatWhileNothingHappens(t *testing.T) {
	said := narration{}
	told := func(name string, v engine.Verdict, progress string) bool {
		return said.news(&engine.Scenario{ID: engine.ScenarioID{Name: name}, Verdict: v, Run: &engine.ScenarioRun{Progress: progress}})
	}
	for round := range 2 { // the second one is another run of it
		lines := 0
		for attempt := 2; attempt < 50; attempt++ {
			for _, service := range []string{"stock", "price"} {
				if told("a", engine.VerdictRunning, fmt.Sprintf("waiting for port 80 of %s (attempt %d)", service, attempt)) {
					lines++
				}
			}
		}
		if lines != 2 {
			t.Errorf("round %d: %d lines for two services that are waited for", round, lines)
		}
		if !told("b", engine.VerdictRunning, "waiting for port 80 of stock (attempt 2)") || !told("a", engine.VerdictRunning, "step pay") {
			t.Errorf("round %d: news were not told", round)
		}
		for _, name := range []string{"a", "b"} {
			if told(name, engine.VerdictPass, "") {
				t.Errorf("round %d: %s is over, and was told as progress", round, name)
			}
		}
	}
}
