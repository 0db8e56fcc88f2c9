package cmd

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) reportCommand() *cobra.Command {
	var input, format, output string
	c := &cobra.Command{
		Use:   "report [PATH...] | --input FILE",
		Short: "Write a report of runs that are over",
		Long: `Write a report of runs that are over, in any format: of a report that run wrote
with --report-json or --format json, or of the last recorded run of every
scenario of PATH (default "."). Nothing is executed.

Of recorded runs, a scenario passed only while its run speaks for what the file
says now: one that is out of date, or that is judged by other expectations
since, is skipped, with the reason. A stored report is written as it is, unless
it contradicts itself.

The exit status says whether the report was written, not what it says.`,
		Example: `  clnrm-tui run tests --report-json run.json
  clnrm-tui report --input run.json -o run.html
  clnrm-tui report tests --format markdown`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, report.PageFormats...); err != nil {
				return err
			}
			r, err := a.storedRun(c.Context(), input, args)
			if err != nil {
				return err
			}
			return a.writeStored(r, format, output)
		},
	}
	c.Flags().StringVarP(&input, "input", "i", "", "the JSON report of a run, `FILE` or - for standard input")
	c.Flags().StringVarP(&format, "format", "f", "html", "output as `FORMAT`: "+strings.Join(report.PageFormats, ", "))
	c.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` instead of standard output")
	return c
}

// storedRun is the run that a report is asked of.
func (a *app) storedRun(ctx context.Context, input string, paths []string) (r *report.Run, err error) {
	if input != "" {
		if len(paths) > 0 {
			return nil, usage("--input names a report of a run, %s recorded runs: give one of them", paths[0])
		}
		return engine.ReadReport(input, a.stdin)
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	e, err := a.scan(ctx, paths)
	if err != nil {
		return nil, err
	}
	defer func() { err = closeEngine(e, err) }()
	noticed := uint64(len(e.Snapshot().Notices))
	r = e.RecordedReport()
	a.tellNotices(e, noticed)
	return r, nil
}

// writeStored writes a report to standard output or to a file.
func (a *app) writeStored(r *report.Run, format, output string) error {
	o := report.Options{}
	if output == "" {
		human, err := a.human(a.stdout)
		if err != nil {
			return err
		}
		o = human.Options
	}
	w, err := report.For(format, o)
	if err != nil {
		return err
	}
	if output == "" {
		return w.Write(a.stdout, r)
	}
	if err := engine.WriteReport(output, w, r); err != nil {
		return &exitError{status: exitEnvironment, err: fmt.Errorf("write %s: %w", filepath.ToSlash(output), err)}
	}
	return nil
}
