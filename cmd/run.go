package cmd

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// runFlags are the options of run.
type runFlags struct {
	jobs       int
	containers int
	timeout    time.Duration
	only       string
	format     string
	json       string
	junit      string
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run PATH...",
		Short: "Execute scenarios in containers and judge them by their spans",
		Long: `Execute scenarios in fresh containers and judge them by their spans.

Files that say meta.manual = true are left out of a folder; name them to run
them. A file that does not load is a failure. Where a file has expectations over
several scenarios, --only runs those that they still need too.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", f.format, report.Formats...); err != nil {
				return err
			}
			if f.jobs < 0 || f.containers < 0 || f.timeout < 0 {
				return usage("--jobs, --max-containers and --timeout cannot be negative")
			}
			return a.run(c.Context(), args, f)
		},
	}
	fs := c.Flags()
	fs.IntVarP(&f.jobs, "jobs", "j", 0, "scenarios side by side (default: the CPUs, at most 4)")
	fs.IntVar(&f.containers, "max-containers", 0, "containers at any instant (default 10)")
	fs.DurationVar(&f.timeout, "timeout", 0, "bound of scenarios that name none (default 5m0s)")
	fs.StringVar(&f.only, "only", "", "run only scenarios whose FILE::NAME or name matches `GLOB`")
	fs.StringVar(&f.format, "format", "human", "output `human|json|junit|tap`")
	fs.StringVar(&f.json, "report-json", "", "also write the JSON report to `FILE`")
	fs.StringVar(&f.junit, "report-junit", "", "also write the JUnit report to `FILE`")
	return c
}

func (a *app) run(ctx context.Context, paths []string, f runFlags) (err error) {
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
	o.Jobs, o.Containers, o.Timeout = f.jobs, f.containers, f.timeout
	e, err := a.scanWith(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()

	ids, err := selectRun(e, paths, f.only)
	if err != nil {
		return err
	}
	human, err := a.human(a.stdout)
	if err != nil {
		return err
	}
	var printErr error
	show := func(s report.Scenario) {
		if f.format == "human" {
			if werr := human.Scenario(a.stdout, &s); printErr == nil {
				printErr = werr
			}
		}
	}
	broken := e.BrokenReports()
	for i := range broken {
		show(broken[i])
	}
	start := time.Now()
	r := report.NewRun("", false, 0, "", nil)
	if len(ids) > 0 {
		done := a.progress(ctx, e)
		r, err = e.RunWait(ctx, ids, show)
		done()
		if err != nil {
			return errors.Join(a.writeProblem(f.format, err), err)
		}
	}
	r = report.NewRun(r.Backend, r.Hermetic, time.Since(start), "", append(broken, r.Scenarios...))
	if err := a.writeRun(e, r, f, human); err != nil {
		return err
	}
	if printErr != nil {
		return printErr
	}
	return silently(runStatus(ctx, e, r))
}

// writeProblem writes the report of a run that the environment did not let
// happen: a program that reads reports must not find nothing.
func (a *app) writeProblem(format string, problem error) error {
	if !engine.IsEnvironment(problem) || format == "human" {
		return nil // standard error says it
	}
	w, err := report.For(format, report.Options{})
	if err != nil {
		return err
	}
	return w.Write(a.stdout, report.NewRun("", false, 0, problem.Error(), nil))
}

// writeRun writes the report to standard output and to the files asked for.
func (a *app) writeRun(e *engine.Engine, r *report.Run, f runFlags, human report.Human) error {
	if f.format == "human" {
		if err := human.Summary(a.stdout, r); err != nil {
			return err
		}
	} else {
		w, err := report.For(f.format, report.Options{})
		if err != nil {
			return usage("%v", err)
		}
		if err := w.Write(a.stdout, r); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		file string
		w    report.Writer
	}{{f.json, report.JSON{}}, {f.junit, report.JUnit{}}} {
		if x.file == "" {
			continue
		}
		if err := engine.WriteReport(x.file, x.w, r); err != nil {
			return &exitError{status: exitEnvironment, err: fmt.Errorf("write report: %w", err)}
		}
	}
	if err := e.WriteReports(r); err != nil {
		return &exitError{status: exitEnvironment, err: err}
	}
	return nil
}

// runStatus is the exit status of a run that was carried out.
func runStatus(ctx context.Context, e *engine.Engine, r *report.Run) int {
	environment := false
	for _, t := range e.Snapshot().Templates {
		for _, s := range t.Scenarios {
			environment = environment || s.Result != nil && s.Result.Environment
		}
	}
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case environment:
		return exitEnvironment
	case r.Verdict == report.Pass:
		return exitOK
	default:
		return exitFailed
	}
}

// selectRun lists the scenarios to run: those of files that the user named, and
// those of folders that are not manual. only narrows them by name.
func selectRun(e *engine.Engine, paths []string, only string) ([]engine.ScenarioID, error) {
	named := map[string]bool{}
	for _, p := range paths {
		named[e.ProjectPath(p)] = true
	}
	var ids []engine.ScenarioID
	any, manual := false, false
	for _, t := range e.Snapshot().Templates {
		if t.Status == engine.CheckError {
			any = true // reported as broken
			continue
		}
		if t.Manual && !named[t.Path] {
			manual = true
			continue
		}
		for _, s := range t.Scenarios {
			any = true
			if s.ID.IsFile() {
				continue
			}
			ok, err := matches(only, t.Path, s.ID.Name)
			if err != nil {
				return nil, err
			}
			if ok {
				ids = append(ids, s.ID)
			}
		}
	}
	switch {
	case only != "" && len(ids) == 0:
		return nil, usage("--only %s matches no scenario", only)
	case !any && manual:
		return nil, usage("every file here is manual (meta.manual = true); name the one to run")
	case !any:
		return nil, usage("there is no scenario to run")
	}
	return ids, nil
}

// matches reports whether a scenario is meant by --only.
func matches(glob, file, name string) (bool, error) {
	if glob == "" {
		return true, nil
	}
	for _, s := range []string{name, file + "::" + name, path.Base(file) + "::" + name} {
		ok, err := path.Match(glob, s)
		if err != nil {
			return false, usage("--only: %v in %q", err, glob)
		}
		if ok || strings.EqualFold(glob, s) {
			return true, nil
		}
	}
	return false, nil
}

// progress tells on standard error what the run is doing, until the returned
// function is called.
func (a *app) progress(ctx context.Context, e *engine.Engine) func() {
	ctx, cancel := context.WithCancel(ctx)
	sub := e.Subscribe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := map[engine.ScenarioID]string{}
		for {
			ev, ok := sub.Next(ctx)
			if !ok {
				return
			}
			switch ev := ev.(type) {
			case engine.ScenarioChanged:
				s := ev.Scenario
				if s.Verdict == engine.VerdictRunning && s.Progress != "" && last[s.ID] != s.Progress {
					last[s.ID] = s.Progress
					a.progressf("%s › %s: %s", e.TypedPath(s.ID.Path), s.ID.Name, s.Progress)
				}
			case engine.Noticed:
				a.progressf("%s: %s", ev.Level, ev.Text)
			}
		}
	}()
	return func() { cancel(); <-done }
}
