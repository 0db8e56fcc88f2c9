package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) redGreenCommand() *cobra.Command {
	var f suiteFlags
	var want string
	c := &cobra.Command{
		Use:     "red-green PATH... --expect red|green",
		Aliases: []string{"redgreen"},
		Short:   "Fail when a suite is not in the state that you expect",
		Long: `Run a suite and fail when it is not in the expected state. Green means that
every scenario passes. Red means that every scenario was run, judged, and
failed: a test that is written first must fail for want of the behaviour, not
because a container did not start, a program was not found or a file has errors.
A suite is mixed when some pass and the others fail, and undecided as long as
one of them could not be run or judged; neither is ever the expected state.`,
		Example: "  clnrm-tui red-green tests/new.clnrm.toml --expect red",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("expect", want, "red", "green"); err != nil {
				return err
			}
			var before map[engine.ScenarioID]engine.Verdict
			return a.runSuite(c.Context(), args, f, func(e *engine.Engine) ([]engine.ScenarioID, error) {
				if err := a.soundSuite(e); err != nil {
					return nil, err
				}
				ids, err := selectRun(e, args, f.only)
				before = lastVerdicts(e, ids)
				return ids, err
			}, func(e *engine.Engine, ids []engine.ScenarioID, r *report.Run) error {
				if err := a.redGreen(e, r, want, before); err != nil {
					return err
				}
				if status := runStatus(c.Context(), e, r); status == exitEnvironment {
					return silently(status)
				}
				if stateOf(r) != want {
					return silently(exitFailed)
				}
				return nil
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.only, "only", "", "run only scenarios whose FILE::NAME or name matches `GLOB`")
	c.Flags().StringVar(&want, "expect", "", "the state to be in: `red|green`")
	return c
}

// lastVerdicts are the verdicts of the runs before this one.
func lastVerdicts(e *engine.Engine, ids []engine.ScenarioID) map[engine.ScenarioID]engine.Verdict {
	out := map[engine.ScenarioID]engine.Verdict{}
	for _, id := range ids {
		if runs := e.History(id); len(runs) > 0 {
			out[id] = runs[len(runs)-1].Verdict
		}
	}
	return out
}

// stateOf is "green", "red", or what keeps a suite from being either.
func stateOf(r *report.Run) string {
	passed, failed := 0, 0
	for i := range r.Scenarios {
		switch r.Scenarios[i].Verdict {
		case report.Pass:
			passed++
		case report.Fail:
			if unjudged(&r.Scenarios[i]) == "" {
				failed++
			}
		}
	}
	switch n := len(r.Scenarios); {
	case n > 0 && passed == n:
		return "green"
	case n > 0 && failed == n:
		return "red"
	case passed+failed == n:
		return "mixed"
	}
	return "undecided"
}

// unjudged says why a failed scenario is no verdict on the behaviour: what was to
// show it did not come up, or was not there to the end. Empty when it is one.
func unjudged(s *report.Scenario) string {
	for i := range s.Failures {
		if f := &s.Failures[i]; f.Rule == "scenario.timeout" || strings.HasPrefix(f.Rule, "service.") {
			return f.Rule + ": " + f.Message
		}
	}
	for i := range s.Steps {
		switch st := &s.Steps[i]; {
		case st.Verdict != report.Fail:
		case st.StartError != "":
			return fmt.Sprintf("step %q has no program to run: %s", st.Name, st.StartError)
		case st.ExitCode == 126 || st.ExitCode == 127: // of a shell that does not find one
			return fmt.Sprintf("step %q has no program to run (exit status %d)", st.Name, st.ExitCode)
		}
	}
	return ""
}

// redGreen prints the state, and which scenarios are not in the expected one.
func (a *app) redGreen(e *engine.Engine, r *report.Run, want string, before map[engine.ScenarioID]engine.Verdict) error {
	var text strings.Builder
	expected := map[string]report.Verdict{"green": report.Pass, "red": report.Fail}[want]
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		note := ""
		switch was := before[engine.ScenarioID{Path: e.ProjectPath(s.File), Name: s.Name}]; {
		case was == engine.VerdictPass && s.Verdict != report.Pass:
			note = "  was green in the run before"
		case was == engine.VerdictFail && s.Verdict == report.Pass:
			note = "  was red in the run before"
		}
		mark := " "
		why := ""
		if s.Verdict == report.Fail {
			why = unjudged(s)
		}
		if s.Verdict != expected || why != "" {
			mark = "!"
		}
		fmt.Fprintf(&text, "%s %-5s %s › %s%s\n", mark, s.Verdict, s.File, s.Name, note)
		if why != "" {
			fmt.Fprintf(&text, "        not judged: %s\n", why)
		} else if s.FirstFailure != nil && s.Verdict == report.Fail {
			fmt.Fprintf(&text, "        %s: %s\n", s.FirstFailure.Rule, s.FirstFailure.Message)
		} else if s.Message != "" && s.Verdict != report.Pass {
			fmt.Fprintf(&text, "        %s\n", s.Message)
		}
	}
	state := stateOf(r)
	if state == want {
		fmt.Fprintf(&text, "The suite is %s, as expected.\n", state)
	} else {
		fmt.Fprintf(&text, "The suite is %s, and was expected to be %s.\n", state, want)
	}
	_, err := fmt.Fprint(a.stdout, text.String())
	return err
}
