package cmd

import (
	"context"
	"errors"
	"fmt"
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
	memory     int
	monitor    string
	parallel   bool
	given      func(flag string) bool
	timeout    time.Duration
	only       string
	shard      string
	timings    string
	changed    bool
	force      bool
	again      engine.RunOptions
	format     string
	json       string
	junit      string
	html       string
	digest     bool
	backend    backendFlags
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
			f.given = c.Flags().Changed
			if err := f.check(); err != nil {
				return err
			}
			return a.run(c.Context(), args, f)
		},
	}
	f.backend.register(c, 0)
	fs := c.Flags()
	fs.IntVarP(&f.jobs, "jobs", "j", 0, "scenarios side by side (default: the CPUs, at most 4)")
	fs.IntVar(&f.containers, "max-containers", 0, "containers at any instant (default 10)")
	fs.BoolVar(&f.parallel, "parallel", true, "scenarios side by side; --parallel=false is one after another")
	fs.IntVar(&f.memory, "max-memory", 0, "memory in `MB` that the containers may use together: what [limits] declares, 512 for one that declares none (default 512 for each container, at least 4096)")
	fs.StringVar(&f.monitor, "monitor", "", "what decides whether another scenario may start: `simple|cgroup`; cgroup looks at the memory and the limits of this machine too (default simple)")
	fs.DurationVar(&f.timeout, "timeout", 0, "bound of scenarios that name none (default 5m0s)")
	fs.StringVar(&f.only, "only", "", "run only scenarios whose FILE::NAME or name matches `GLOB`")
	fs.StringVar(&f.shard, "shard", "", "run only part `I/M` of the scenarios, from 1; all parts together run each of them once")
	fs.StringVar(&f.timings, "shard-timings", "", "divide by the times in `FILE`, a JSON report of an earlier run; give every part the same")
	fs.BoolVar(&f.changed, "changed", false, "leave out what passed when it was last run and has not changed since: its file, what the file includes, what its services are built from")
	fs.BoolVar(&f.force, "force", false, "ignore the caches: render every template anew, and with --changed run what it would leave out, too")
	fs.BoolVar(&f.again.FailFast, "fail-fast", false, "stop at the first scenario that does not pass; the others are reported as skipped")
	fs.IntVar(&f.again.Retries, "retries", 0, "run a scenario up to `N` times more when the environment failed, a service was not ready or telemetry was lost; one that passes then is marked flaky")
	fs.BoolVar(&f.again.RetryFailures, "retry-failures", false, "with --retries: run also those again that were judged and failed")
	fs.IntVar(&f.again.Repeat, "repeat", 0, "run every scenario `N` times; its verdict is the worst of them")
	fs.BoolVar(&f.again.UntilFail, "until-fail", false, "repeat every scenario until it does not pass; --repeat bounds it")
	fs.StringVar(&f.format, "format", "", "output `human|json|junit|tap` (default human)")
	fs.BoolVar(&f.digest, "digest", false, "also print the digest of what the scenarios did; to standard error unless the format is human")
	fs.StringVar(&f.json, "report-json", "", "also write the JSON report to `FILE`")
	fs.StringVar(&f.junit, "report-junit", "", "also write the JUnit report to `FILE`")
	fs.StringVar(&f.html, "report-html", "", "also write the report as an HTML page to `FILE`")
	return c
}

// check refuses what cannot be meant.
func (f *runFlags) check() error {
	if f.given("format") {
		if err := oneOf("format", f.format, report.Formats...); err != nil {
			return err
		}
	}
	if f.monitor != "" {
		if err := oneOf("monitor", f.monitor, engine.Monitors...); err != nil {
			return err
		}
	}
	if f.jobs < 0 || f.containers < 0 || f.memory < 0 || f.timeout < 0 {
		return usage("--jobs, --max-containers, --max-memory and --timeout cannot be negative")
	}
	switch {
	case f.timings != "" && f.shard == "":
		return usage("--shard-timings says how --shard divides: give both")
	case f.force && f.given("cache"):
		return usage("--force ignores the caches, and --cache names one: give one of them")
	}
	if !f.parallel {
		if f.given("jobs") && f.jobs != 1 {
			return usage("--parallel=false and --jobs %d contradict each other", f.jobs)
		}
		f.jobs = 1
	}
	return nil
}

// settle takes from the settings what the command line leaves open.
func (f *runFlags) settle(s engine.RunSettings) {
	if !f.given("format") {
		f.format = s.Format
	}
	if !f.given("report-junit") {
		f.junit = s.JUnit
	}
	if !f.given("report-html") {
		f.html = s.HTML
	}
	if !f.given("fail-fast") {
		f.again.FailFast = s.FailFast
	}
	if !f.given("retries") && !f.given("retry-failures") && !f.given("repeat") && !f.given("until-fail") {
		f.again.Retries, f.again.RetryFailures = s.Retries, s.Retries > 0
	}
}

func (a *app) run(ctx context.Context, paths []string, f runFlags) (err error) {
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
	if f.force {
		o.Caches = []string{"memory"} // empty in a process that has just started
	}
	o.Parallel = f.parallel && f.given("parallel")
	o.Jobs, o.Containers, o.MemoryMB, o.Monitor, o.Timeout = f.jobs, f.containers, f.memory, f.monitor, f.timeout
	if err := f.backend.apply(&o); err != nil {
		return err
	}
	e, err := a.scanWith(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	f.settle(e.Settings().Run)
	for _, file := range []string{f.json, f.junit, f.html} {
		if file == "" {
			continue
		}
		if err := engine.CheckReport(file); err != nil {
			return err
		}
	}

	sel, err := a.choose(ctx, e, paths, &f)
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
	others := append(e.BrokenReports(), sel.unchanged...)
	for i := range others {
		show(others[i])
	}
	start := time.Now()
	r := report.NewRun("", false, 0, "", nil)
	if len(sel.ids) > 0 {
		done := a.progress(ctx, e)
		r, err = e.RunWait(ctx, sel.ids, f.again, show)
		done()
		if err != nil {
			return errors.Join(a.writeProblem(e, sel.ids, f, err), err)
		}
	}
	r = report.NewRun(r.Backend, r.Hermetic, time.Since(start), "", append(others, r.Scenarios...))
	r.Shard, r.Plan = sel.shard, sel.plan
	if err := a.writeRun(e, r, f, human); err != nil {
		return err
	}
	if f.digest && r.Digest != "" {
		out := a.stdout
		if f.format != "human" {
			out = a.stderr
		}
		if _, err := fmt.Fprintf(out, "Digest: sha256:%s\n", strings.TrimPrefix(r.Digest, "sha256:")); err != nil {
			return err
		}
	}
	if printErr != nil {
		return printErr
	}
	return silently(runStatus(ctx, e, r))
}

// writeProblem writes the report of a run that the environment did not let
// happen, wherever that of the run was wanted: a program that reads reports must
// not find nothing, nor what an earlier run left there.
func (a *app) writeProblem(e *engine.Engine, ids []engine.ScenarioID, f runFlags, problem error) error {
	if !engine.IsEnvironment(problem) {
		return nil
	}
	r := report.NewRun("", false, 0, problem.Error(), nil)
	if f.format != "human" { // standard error says it to a person
		w, err := report.For(f.format, report.Options{})
		if err != nil {
			return err
		}
		if err := w.Write(a.stdout, r); err != nil {
			return err
		}
	}
	return errors.Join(f.writeFiles(r), e.WriteProblem(ids, r))
}

// writeFiles writes the report to the files that the command line or the
// settings name.
func (f *runFlags) writeFiles(r *report.Run) error {
	for _, x := range []struct {
		file string
		w    report.Writer
	}{{f.json, report.JSON{}}, {f.junit, report.JUnit{}}, {f.html, report.HTML{}}} {
		if x.file == "" {
			continue
		}
		if err := engine.WriteReport(x.file, x.w, r); err != nil {
			return &exitError{status: exitEnvironment, err: fmt.Errorf("write report: %w", err)}
		}
	}
	return nil
}

// writeRun writes the report to standard output and to the files asked for: to
// these also when standard output takes nothing.
func (a *app) writeRun(e *engine.Engine, r *report.Run, f runFlags, human report.Human) error {
	var printed error
	if f.format == "human" {
		printed = human.Summary(a.stdout, r)
	} else {
		w, err := report.For(f.format, report.Options{})
		if err != nil {
			return usage("%v", err)
		}
		printed = w.Write(a.stdout, r)
	}
	if err := f.writeFiles(r); err != nil {
		return errors.Join(printed, err)
	}
	if err := e.WriteReports(r); err != nil {
		return errors.Join(printed, &exitError{status: exitEnvironment, err: err})
	}
	return printed
}

// runStatus is the exit status of a run that was carried out.
func runStatus(ctx context.Context, e *engine.Engine, r *report.Run) int {
	environment := false
	for _, t := range e.Snapshot().Templates {
		for _, s := range t.Scenarios {
			environment = environment || s.Last().Result != nil && s.Last().Result.Environment
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
