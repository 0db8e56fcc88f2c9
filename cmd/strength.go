package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) strengthCommand() *cobra.Command {
	var f recordedFlags
	var least float64
	c := &cobra.Command{
		Use:   "strength FILE [TRACE...]",
		Short: "Say how many mutations of a recorded trace the expectations catch",
		Long: `Break the recorded trace of a passing scenario in every small way (drop a span,
hang it elsewhere, swap two in time, flip a status, change or remove an
attribute, stretch a duration, duplicate a span), one at a time, and judge each
mutant by the expectations of FILE. A mutant that nobody notices is a hole
through which a false green can pass; for each there is, where one exists, an
expectation that holds on the trace and would have killed it.

` + traceFormats + `

Without a trace, the last recorded runs of the file's scenarios are used.

The exit status is 1 when the expectations do not hold on the trace, and when
the score lies under --min-score.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", f.format, "human", "json"); err != nil {
				return err
			}
			if least < 0 || least > 1 {
				return usage("--min-score is a number from 0 to 1, not %v", least)
			}
			f.traces = append(f.traces, args[1:]...)
			return a.strength(c.Context(), args[0], f, least)
		},
	}
	f.register(c, "human|json")
	c.Flags().Float64Var(&least, "min-score", 0, "fail when less than this `SHARE` of the mutants is killed, 0 to 1")
	return c
}

func (a *app) strength(ctx context.Context, file string, f recordedFlags, least float64) (err error) {
	e, err := a.scan(ctx, []string{file})
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	s, err := e.Strength(ctx, file, f.traces, a.leftOut(f.lenient))
	if err != nil {
		return a.recordedError(err)
	}
	if f.format == "json" {
		err = report.WriteStrengthJSON(a.stdout, s)
	} else {
		var human report.Human
		if human, err = a.human(a.stdout); err == nil {
			err = human.Strength(a.stdout, s)
		}
	}
	if err == nil && s.Score < least {
		return silently(exitFailed)
	}
	return err
}
