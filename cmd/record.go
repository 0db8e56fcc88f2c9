package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// suiteFlags are the options of commands that run a suite to look at it as a
// whole.
type suiteFlags struct {
	jobs    int
	only    string
	backend backendFlags
}

func (f *suiteFlags) register(c *cobra.Command) {
	f.backend.register(c, 0)
	c.Flags().IntVarP(&f.jobs, "jobs", "j", 0, "scenarios side by side (default: the CPUs, at most 4)")
}

// runSuite runs scenarios that pick chooses, with progress on standard error,
// and hands the engine, what was run and the report to use. The engine is closed
// afterwards.
func (a *app) runSuite(ctx context.Context, paths []string, f suiteFlags, pick func(*engine.Engine) ([]engine.ScenarioID, error), use func(*engine.Engine, []engine.ScenarioID, *report.Run) error) (err error) {
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
	if f.jobs < 0 {
		return usage("--jobs cannot be negative")
	}
	o.Jobs, o.Version = f.jobs, version()
	if err := f.backend.apply(&o); err != nil {
		return err
	}
	e, err := a.scanWith(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	ids, err := pick(e)
	if err != nil {
		return err
	}
	r := report.NewRun("", false, 0, "", nil)
	if len(ids) > 0 {
		done := a.progress(ctx, e)
		r, err = e.RunWait(ctx, ids, engine.RunOptions{}, func(s report.Scenario) {
			a.progressf("%s › %s: %s", s.File, s.Name, s.Verdict)
		})
		done()
		if err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return silently(exitInterrupted)
	}
	return use(e, ids, r)
}

// sound refuses a suite of which a file cannot be run at all, after printing
// why.
func (a *app) soundSuite(e *engine.Engine) error {
	broken := e.BrokenReports()
	for i := range broken {
		a.progressf("%s: %s", broken[i].File, broken[i].Message)
	}
	if len(broken) > 0 {
		return &exitError{status: exitFailed, err: errors.New("a file that cannot be run has no place in a suite; mend it or leave it out")}
	}
	return nil
}

func (a *app) recordCommand() *cobra.Command {
	var f suiteFlags
	var out string
	var allow bool
	c := &cobra.Command{
		Use:   "record PATH...",
		Short: "Run a suite and keep what it did as a baseline",
		Long: `Run a suite and keep what it did as a baseline, which repro holds a later run
against: of every scenario the verdict, the digest and the normalised spans, the
hash of the test, and the images. Recorded again, the file is the same for the
same behaviour, but for its time and durations.

The digest over all scenarios is printed and written to FILE.sha256. A scenario
that does not pass is no baseline, unless --allow-failures says so.`,
		Example: "  clnrm-tui record tests -o tests/baseline.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.runSuite(c.Context(), args, f, func(e *engine.Engine) ([]engine.ScenarioID, error) {
				if err := a.soundSuite(e); err != nil {
					return nil, err
				}
				return selectRun(e, args, f.only)
			}, func(e *engine.Engine, ids []engine.ScenarioID, r *report.Run) error {
				return a.record(c.Context(), e, ids, r, out, allow)
			})
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.only, "only", "", "record only scenarios whose FILE::NAME or name matches `GLOB`")
	c.Flags().StringVarP(&out, "output", "o", "", "write the baseline to `FILE` (default "+engine.BaselineName+" of the project)")
	c.Flags().BoolVar(&allow, "allow-failures", false, "record scenarios that were judged and failed, too")
	return c
}

func (a *app) record(ctx context.Context, e *engine.Engine, ids []engine.ScenarioID, r *report.Run, out string, allow bool) error {
	for _, s := range r.Scenarios {
		if s.Verdict != report.Pass && !(allow && s.Verdict == report.Fail) {
			a.progressf("not recorded: %s › %s is %s; run it to see why", s.File, s.Name, s.Verdict)
			return silently(runStatus(ctx, e, r))
		}
	}
	b, err := e.Observe(ids)
	if err != nil {
		return &exitError{status: exitFailed, err: err}
	}
	file, shown := e.BaselineFile(out), out
	if shown == "" {
		shown = e.TypedPath(engine.BaselineName)
	}
	if err := b.Write(file); err != nil {
		return &exitError{status: exitEnvironment, err: err}
	}
	_, err = fmt.Fprintf(a.stdout, "Recorded %d scenarios in %s\nDigest: sha256:%s\n", len(b.Scenarios()), shown, b.Digest())
	return err
}

func (a *app) reproCommand() *cobra.Command {
	var f suiteFlags
	var verify bool
	var format string
	c := &cobra.Command{
		Use:   "repro BASELINE",
		Short: "Run a recorded suite again and explain what is different",
		Long: `Run the scenarios of a baseline again and hold them against it. Where the digest
differs, what explains it is said: the test itself, the images, the environment,
and the spans that are missing, extra or changed.

The exit status is 0 when every scenario ran and came to the verdict of the
baseline; with --verify-digest only when its digest is the same, too.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			b, err := engine.ReadBaseline(args[0])
			if err != nil {
				return err
			}
			return a.repro(c.Context(), b, f, verify, format)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&verify, "verify-digest", false, "fail when a digest differs, whatever the verdict")
	c.Flags().StringVar(&format, "format", "human", "output `human|json`")
	return c
}

func (a *app) repro(ctx context.Context, b *engine.Baseline, f suiteFlags, verify bool, format string) error {
	paths, err := b.Paths()
	if err != nil {
		return err
	}
	return a.runSuite(ctx, paths, f, func(e *engine.Engine) ([]engine.ScenarioID, error) {
		return e.Runnable(b), nil
	}, func(e *engine.Engine, ids []engine.ScenarioID, r *report.Run) error {
		c, err := e.Reproduce(b, ids)
		if err != nil {
			return err
		}
		color, err := a.colors(a.stdout)
		if err != nil {
			return err
		}
		if err := c.Write(a.stdout, format, color); err != nil {
			return err
		}
		switch {
		case c.Holds(verify):
			return nil
		case slices.Contains([]int{exitEnvironment, exitInterrupted}, runStatus(ctx, e, r)):
			return silently(runStatus(ctx, e, r))
		}
		return silently(exitFailed)
	})
}
