package cmd

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func TestRedIsOnlyWhatWasJudged(t *testing.T) {
	for rule, want := range map[string]string{
		"expect.span[greeting]": "red",
		"step[say].exit_code":   "red",
		"scenario.timeout":      "undecided",
		"service.box.ready":     "undecided",
		"service.box.running":   "undecided",
	} {
		s := report.Scenario{Verdict: report.Fail, Checks: []report.Check{{Failure: report.Failure{Rule: rule, Message: "no"}}}}
		s.Complete()
		if got := stateOf(report.NewRun("docker", true, 0, "", []report.Scenario{s})); got != want {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
}
