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

// A program that is not there is no verdict on the behaviour, whatever its status.
func TestAProgramThatIsNotThereIsNotRed(t *testing.T) {
	for _, step := range []report.Step{
		{Name: "say", Verdict: report.Fail, ExitCode: 1, StartError: "no such file or directory"},
		{Name: "say", Verdict: report.Fail, ExitCode: 127},
	} {
		s := report.Scenario{Verdict: report.Fail, Steps: []report.Step{step}}
		if got := stateOf(report.NewRun("docker", true, 0, "", []report.Scenario{s})); got != "undecided" {
			t.Errorf("%+v: %s", step, got)
		}
	}
}
