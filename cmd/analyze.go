package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// recordedFlags are the options of commands that work on a file and on recorded
// spans.
type recordedFlags struct {
	traces  []string
	lenient bool
	format  string
}

func (f *recordedFlags) register(c *cobra.Command, formats string) {
	fs := c.Flags()
	fs.StringArrayVar(&f.traces, "traces", nil, "use the trace in `FILE`; may be repeated (default: the recorded runs)")
	fs.StringVar(&f.format, "format", "human", "output `"+formats+"`")
	registerLenient(c, &f.lenient)
}

func (a *app) analyzeCommand() *cobra.Command {
	var f recordedFlags
	c := &cobra.Command{
		Use:   "analyze FILE [TRACE...]",
		Short: "Judge recorded spans against the expectations of a file",
		Long: `Judge recorded spans against the expectations of a file, without containers.

` + traceFormats + `

Without a trace, the last recorded runs of the file's scenarios are judged, with
the conditions of their steps, or the artifacts of a scenario below
.clnrm/artifacts when it has no recorded run; they must have been made by the
services and commands that the file has now.

Expectations of a scenario are judged over the spans that name it as their
source, and over all spans when none names a scenario. A trace without spans is
never green; a file without expectations is an error of the request (status 2).`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", f.format, "human", "json", "junit"); err != nil {
				return err
			}
			f.traces = append(f.traces, args[1:]...)
			return a.analyze(c.Context(), args[0], f)
		},
	}
	f.register(c, "human|json|junit")
	return c
}

func (a *app) analyze(ctx context.Context, file string, f recordedFlags) (err error) {
	e, err := a.scan(ctx, []string{file})
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	result, judgeErr := e.Analyze(file, f.traces, a.leftOut(f.lenient))
	switch {
	case f.format == "json":
		err = report.WriteAnalysisJSON(a.stdout, result)
	case f.format == "junit":
		err = report.WriteAnalysisJUnit(a.stdout, result)
	case judgeErr == nil:
		var human report.Human
		if human, err = a.human(a.stdout); err == nil {
			err = human.Analysis(a.stdout, result)
		}
	}
	if err != nil {
		return err
	}
	if judgeErr != nil {
		return a.recordedError(judgeErr)
	}
	if result.Verdict != report.Pass {
		return silently(exitFailed)
	}
	return nil
}

// recordedError gives what stands in the way of judging recorded spans its exit
// status; the complaints about a file go to standard error.
func (a *app) recordedError(err error) error {
	var invalid *engine.InvalidError
	var unrecorded *engine.UnrecordedError
	var unfit *engine.UnfitError
	switch {
	case errors.As(err, &invalid):
		if perr := a.printDiagnostics(a.stderr, invalid.Diagnostics); perr != nil {
			return perr
		}
		return &exitError{status: exitFailed, err: err}
	case errors.As(err, &unrecorded), errors.As(err, &unfit):
		return &exitError{status: exitFailed, err: err}
	default:
		return traceError(err)
	}
}
