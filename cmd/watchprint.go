package cmd

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// eventPrinter prints engine events in one format.
type eventPrinter interface{ event(engine.Event) error }

func (a *app) watchPrinter(e *engine.Engine, f watchFlags) (eventPrinter, error) {
	if f.format == "json" {
		return &jsonEvents{a: a, e: e, f: f}, nil
	}
	h, err := a.human(a.stdout)
	if err != nil {
		return nil, err
	}
	color, err := a.colors(a.stdout)
	return &humanEvents{a: a, e: e, h: h, f: f, color: color}, err
}

// humanEvents prints lines for people.
type humanEvents struct {
	a     *app
	e     *engine.Engine
	h     report.Human
	f     watchFlags
	color bool
	ready bool
}

func (p *humanEvents) event(ev engine.Event) error {
	out := p.a.stdout
	now := time.Now().Format("15:04:05")
	switch ev := ev.(type) {
	case engine.Watching:
		p.ready = true
		c := p.e.Snapshot().Counts
		templates := "templates"
		if ev.Templates == 1 {
			templates = "template"
		}
		_, err := fmt.Fprintf(out, "%s watching %d %s: %d ok, %d with warnings, %d with errors\n", now, ev.Templates, templates, c.OK, c.Warnings, c.Errors)
		return err
	case engine.Changed:
		if ev.Unchanged > 0 && len(ev.Paths) == 0 {
			_, err := fmt.Fprintf(out, "%s saved without a change: nothing to do\n", now)
			return err
		}
	case engine.Checked:
		return p.checked(now, ev)
	case engine.Diffed:
		return p.diffed(now, ev)
	case engine.ScenarioFinished:
		s := p.e.ScenarioReport(ev.Scenario)
		return p.h.Scenario(out, &s)
	case engine.Replayed:
		return p.replayed(now, ev)
	case engine.Outdated:
		return p.outdated(now, ev)
	case engine.Removed:
		_, err := fmt.Fprintf(out, "%s %s removed\n", now, ev.Path)
		return err
	case engine.Noticed:
		p.a.progressf("%s: %s", ev.Level, ev.Text)
	case engine.StagesMeasured:
		if p.f.perf {
			return p.perf(now, ev.Stages)
		}
	case engine.CacheMeasured:
		if p.f.stats && p.ready {
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

// diffed prints what a save did to the expectations.
func (p *humanEvents) diffed(now string, ev engine.Diffed) error {
	if !p.f.diff {
		return nil
	}
	if ev.Diff.Equal() {
		_, err := fmt.Fprintf(p.a.stdout, "%s %s: the expectations are as before\n", now, ev.Path)
		return err
	}
	d := ev.Diff
	if _, err := fmt.Fprintf(p.a.stdout, "%s %s: %d tightened, %d loosened, %d renamed, %d undecided\n", now, ev.Path, d.Tightened, d.Loosened, d.Renamed, d.Undecided); err != nil {
		return err
	}
	return d.WriteText(p.a.stdout, p.color)
}

// perf prints what saves have cost so far, one stage per line.
func (p *humanEvents) perf(now string, stages []engine.StageStats) error {
	w := tabwriter.NewWriter(p.a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	us := func(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
	fmt.Fprintf(w, "%s watch.\tsaves\tp50\tp95\tp99\tmax\t\n", now)
	for _, s := range stages {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t\n", s.Name, s.Samples, us(s.P50), us(s.P95), us(s.P99), us(s.Max))
	}
	return w.Flush()
}

// replayed prints verdicts over recorded traces: never without their age.
func (p *humanEvents) replayed(now string, ev engine.Replayed) error {
	if !p.ready {
		return nil
	}
	for _, s := range p.e.Scenarios(ev.Path) {
		if !s.Replayed || s.Stale || s.Last().Result == nil {
			continue
		}
		if _, err := fmt.Fprintf(p.a.stdout, "%s replayed over the trace of %s:\n", now, traceOf(s)); err != nil {
			return err
		}
		r := p.e.ScenarioReport(s)
		if err := p.h.Scenario(p.a.stdout, &r); err != nil {
			return err
		}
	}
	return nil
}

// outdated prints the verdicts that stopped speaking for their scenarios. What is
// about to run needs no such line.
func (p *humanEvents) outdated(now string, ev engine.Outdated) error {
	if !p.ready || p.f.run {
		return nil
	}
	for _, s := range p.e.Scenarios(ev.Path) {
		if !slices.Contains(ev.Scenarios, s.ID) || !s.Stale {
			continue
		}
		if _, err := fmt.Fprintf(p.a.stdout, "%s out of date: %s › %s  %s; it was %s in the trace of %s\n",
			now, p.e.TypedPath(s.ID.Path), s.ID.Name, s.Last().StaleReason, s.Verdict, traceOf(s)); err != nil {
			return err
		}
	}
	return nil
}

// traceOf names the recorded run of a scenario: its age, and where it lies.
func traceOf(s *engine.Scenario) string {
	age := time.Since(s.Last().TracedAt).Round(time.Second).String() + " ago"
	if s.Last().Trace == "" {
		return age
	}
	return age + " in " + s.Last().Trace
}

// jsonEvents prints JSON Lines of the schema clnrm.event/1.
type jsonEvents struct {
	a *app
	e *engine.Engine
	f watchFlags
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
	case engine.Diffed:
		if !p.f.diff {
			return nil
		}
		d := p.e.DiffReport(ev)
		e.Event, e.Diff = report.EventDiffed, &d
	case engine.Replayed:
		e.Event = report.EventReplayed
		for _, s := range p.e.Scenarios(ev.Path) {
			if s.Replayed && !s.Stale {
				e.Scenarios = append(e.Scenarios, p.e.ScenarioReport(s))
			}
		}
	case engine.Outdated:
		e.Event = report.EventOutdated
		for _, s := range p.e.Scenarios(ev.Path) {
			if s.Stale && slices.Contains(ev.Scenarios, s.ID) {
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
		if !p.f.stats {
			return nil
		}
		s := p.e.Snapshot()
		e.Event, e.Stats = report.EventStats, &report.Stats{
			CacheHits: ev.Stats.Hits, CacheMisses: ev.Stats.Misses, CacheHitRate: ev.Stats.HitRate(), Unchanged: s.Cache.Unchanged,
			LatencyP50US: s.Latency.P50.Microseconds(), LatencyP95US: s.Latency.P95.Microseconds(),
			LatencyMaxUS: s.Latency.Max.Microseconds(), Samples: s.Latency.Samples,
		}
	case engine.StagesMeasured:
		if !p.f.perf {
			return nil
		}
		e.Event, e.Stages = report.EventStats, map[string]report.Stage{}
		for _, s := range ev.Stages {
			e.Stages["watch."+s.Name+"_ms"] = report.Stage{Samples: s.Samples, P50: ms(s.P50), P95: ms(s.P95), P99: ms(s.P99), Max: ms(s.Max)}
		}
	case engine.Noticed:
		p.a.progressf("%s: %s", ev.Level, ev.Text)
		return nil
	default:
		return nil
	}
	return report.WriteEvent(p.a.stdout, e)
}

// ms is a duration in milliseconds, with its fractions.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
