package cmd

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui"
)

// watchFlags are the options of watch.
type watchFlags struct {
	debounce time.Duration
	poll     bool
	run      bool
	stats    bool
	diff     bool
	perf     bool
	endpoint string
	jobs     int
	format   string
	backend  backendFlags
}

func (a *app) watchCommand() *cobra.Command {
	var f watchFlags
	c := &cobra.Command{
		Use:   "watch PATH...",
		Short: "Check templates line by line on every save",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", f.format, "human", "json"); err != nil {
				return err
			}
			return a.watch(c.Context(), args, f)
		},
	}
	f.backend.register(c, 0)
	fs := c.Flags()
	fs.DurationVar(&f.debounce, "debounce", 0, "quiet time after a save before it is read (default 50ms)")
	fs.BoolVar(&f.poll, "poll", false, "look for changes instead of being told by the system")
	fs.BoolVar(&f.run, "run", false, "execute the scenarios of a template after a save that checks")
	fs.BoolVar(&f.stats, "cache-stats", false, "print the counters of the render cache after each pass")
	fs.BoolVar(&f.diff, "diff", false, "print what each save did to the expectations: tightened, loosened, renamed")
	fs.BoolVar(&f.perf, "perf-metrics", false, "print after each pass what saves cost, stage by stage")
	fs.StringVar(&f.endpoint, "trace-endpoint", "", "tell the OTLP/HTTP collector at `URL` what each save and run did")
	fs.IntVarP(&f.jobs, "jobs", "j", 0, "scenarios side by side (default: the CPUs, at most 4)")
	fs.StringVar(&f.format, "format", "human", "output `human|json` (json: one object per line)")
	return c
}

// watch prints what happens until ctx ends. Being ended is how it is meant to
// end, so that alone is not an error; containers of --run are removed first.
func (a *app) watch(ctx context.Context, paths []string, f watchFlags) (err error) {
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
	lean(&o)
	o.Debounce, o.Poll, o.Jobs = f.debounce, f.poll, f.jobs
	o.TraceEndpoint, o.TraceAsSet, o.Version = f.endpoint, true, version()
	if err := f.backend.apply(&o); err != nil {
		return err
	}
	e, err := a.openAnyhow(o)
	if err != nil {
		return err
	}
	if problem := e.CacheProblem(); problem != nil {
		a.progressf("warning: %v; watching without it", problem)
	}
	defer func() { err = closeEngine(e, err) }()
	p, err := a.watchPrinter(e, f)
	if err != nil {
		return err
	}
	defer a.beat(e)()
	pending := map[string]bool{}
	sub := e.Subscribe()
	wctx, cancel := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { defer cancel(); watched <- e.Watch(wctx) }()
	for err == nil {
		ev, ok := sub.Next(wctx)
		if !ok {
			break
		}
		err = p.event(ev)
		if f.run {
			a.rerun(e, ev, pending)
		}
	}
	cancel()
	if werr := <-watched; err == nil {
		err = werr
	}
	if f.format == "human" && err == nil {
		tui.Summarize(a.stdout, e.Snapshot(), os.Getenv)
	}
	if ctx.Err() != nil && err == nil {
		return silently(exitInterrupted)
	}
	return err
}

// rerun runs the scenarios of a template that was saved. One that is under way
// is stopped first: what it would say is of the past. pending are templates that
// wait for that.
func (a *app) rerun(e *engine.Engine, ev engine.Event, pending map[string]bool) {
	switch ev := ev.(type) {
	case engine.Checked:
		if ev.Seen.IsZero() || ev.Template.Status == engine.CheckError {
			return
		}
		if e.Stop([]engine.ScenarioID{{Path: ev.Template.Path}}) == nil {
			pending[ev.Template.Path] = true
			return
		}
		a.start(e, ev.Template.Path)
	case engine.RunFinished:
		for path := range pending {
			delete(pending, path)
			a.start(e, path)
		}
	}
}

func (a *app) start(e *engine.Engine, path string) {
	if err := e.Run([]engine.ScenarioID{{Path: path}}); err != nil {
		a.progressf("%v", err)
	}
}
