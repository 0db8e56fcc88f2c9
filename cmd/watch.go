package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// watchFlags are the options of watch.
type watchFlags struct {
	debounce time.Duration
	poll     bool
	run      bool
	stats    bool
	jobs     int
	format   string
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
	fs := c.Flags()
	fs.DurationVar(&f.debounce, "debounce", 50*time.Millisecond, "quiet time after a save before it is read")
	fs.BoolVar(&f.poll, "poll", false, "look for changes instead of being told by the system")
	fs.BoolVar(&f.run, "run", false, "execute the scenarios of a template after a save that checks")
	fs.BoolVar(&f.stats, "cache-stats", false, "print the counters of the render cache after each pass")
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
	o.Debounce, o.Poll, o.Jobs = f.debounce, f.poll, f.jobs
	e, err := engine.New(o)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	p, err := a.watchPrinter(e, f)
	if err != nil {
		return err
	}
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

// eventPrinter prints engine events in one format.
type eventPrinter interface{ event(engine.Event) error }

func (a *app) watchPrinter(e *engine.Engine, f watchFlags) (eventPrinter, error) {
	if f.format == "json" {
		return &jsonEvents{a: a, e: e, stats: f.stats}, nil
	}
	h, err := a.human(a.stdout)
	return &humanEvents{a: a, e: e, h: h, stats: f.stats}, err
}

// humanEvents prints lines for people.
type humanEvents struct {
	a     *app
	e     *engine.Engine
	h     report.Human
	stats bool
	ready bool
}

func (p *humanEvents) event(ev engine.Event) error {
	out := p.a.stdout
	now := time.Now().Format("15:04:05")
	switch ev := ev.(type) {
	case engine.Watching:
		p.ready = true
		c := p.e.Snapshot().Counts
		_, err := fmt.Fprintf(out, "%s watching %d templates: %d ok, %d with warnings, %d with errors\n", now, ev.Templates, c.OK, c.Warnings, c.Errors)
		return err
	case engine.Changed:
		if ev.Unchanged > 0 && len(ev.Paths) == 0 {
			_, err := fmt.Fprintf(out, "%s saved without a change: nothing to do\n", now)
			return err
		}
	case engine.Checked:
		return p.checked(now, ev)
	case engine.ScenarioFinished:
		s := p.e.ScenarioReport(ev.Scenario)
		return p.h.Scenario(out, &s)
	case engine.Replayed:
		return p.replayed(now, ev)
	case engine.Removed:
		_, err := fmt.Fprintf(out, "%s %s removed\n", now, ev.Path)
		return err
	case engine.Noticed:
		p.a.progressf("%s: %s", ev.Level, ev.Text)
	case engine.CacheMeasured:
		if p.stats && p.ready {
			c := ev.Stats
			_, err := fmt.Fprintf(out, "%s cache: %d hits, %d misses (%.0f %%), %d entries, %d bytes\n", now, c.Hits, c.Misses, 100*c.HitRate(), c.Entries, c.Bytes)
			return err
		}
	}
	return nil
}

// checked prints the verdict of a dry run. In the first pass only complaints
// are worth a line.
func (p *humanEvents) checked(now string, ev engine.Checked) error {
	t := ev.Template
	if ev.Seen.IsZero() && len(t.Diagnostics) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(p.a.stdout, "%s %-7s %s  %s  cache: %s\n", now, t.Status, t.Path, t.Timing.Total.Round(time.Microsecond), t.Cache.Reason); err != nil {
		return err
	}
	f := p.e.FileReport(t)
	return p.h.File(p.a.stdout, &f, false)
}

// replayed prints verdicts over recorded traces: never without their age.
func (p *humanEvents) replayed(now string, ev engine.Replayed) error {
	if !p.ready {
		return nil
	}
	for _, s := range p.e.Scenarios(ev.Path) {
		if !s.Replayed || s.Stale || s.Result == nil {
			continue
		}
		age := time.Since(s.TracedAt).Round(time.Second)
		if _, err := fmt.Fprintf(p.a.stdout, "%s replayed over the trace of %s ago:\n", now, age); err != nil {
			return err
		}
		r := p.e.ScenarioReport(s)
		if err := p.h.Scenario(p.a.stdout, &r); err != nil {
			return err
		}
	}
	return nil
}

// jsonEvents prints JSON Lines of the schema clnrm.event/1.
type jsonEvents struct {
	a     *app
	e     *engine.Engine
	stats bool
}

func (p *jsonEvents) event(ev engine.Event) error {
	e := report.Event{Time: time.Now()}
	switch ev := ev.(type) {
	case engine.Watching:
		e.Event, e.Templates = report.EventWatching, &ev.Templates
	case engine.Changed:
		e.Event, e.Paths, e.Unchanged = report.EventChanged, ev.Paths, &ev.Unchanged
	case engine.Checked:
		e.Event, e.Files = report.EventChecked, []report.File{p.e.FileReport(ev.Template)}
	case engine.Replayed:
		e.Event = report.EventReplayed
		for _, s := range p.e.Scenarios(ev.Path) {
			if s.Replayed && !s.Stale {
				e.Scenarios = append(e.Scenarios, p.e.ScenarioReport(s))
			}
		}
	case engine.RunStarted:
		n := len(ev.Scenarios)
		e.Event, e.Total = report.EventRunStarted, &n
	case engine.ScenarioFinished:
		s := p.e.ScenarioReport(ev.Scenario)
		e.Event, e.Scenario = report.EventScenarioFinished, &s
	case engine.RunFinished:
		ms := ev.Elapsed.Milliseconds()
		e.Event, e.Verdict, e.ElapsedMS = report.EventRunFinished, report.Verdict(ev.Verdict.String()), &ms
	case engine.Overflowed:
		n := int(ev.Total)
		e.Event, e.Total = report.EventOverflow, &n
	case engine.CacheMeasured:
		if !p.stats {
			return nil
		}
		s := p.e.Snapshot()
		e.Event, e.Stats = report.EventStats, &report.Stats{
			CacheHits: ev.Stats.Hits, CacheMisses: ev.Stats.Misses, CacheHitRate: ev.Stats.HitRate(), Unchanged: s.Cache.Unchanged,
			LatencyP50US: s.Latency.P50.Microseconds(), LatencyP95US: s.Latency.P95.Microseconds(),
			LatencyMaxUS: s.Latency.Max.Microseconds(), Samples: s.Latency.Samples,
		}
	case engine.Noticed:
		p.a.progressf("%s: %s", ev.Level, ev.Text)
		return nil
	default:
		return nil
	}
	return report.WriteEvent(p.a.stdout, e)
}
