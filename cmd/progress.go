package cmd

import (
	"context"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// progress tells on standard error what the run is doing, until the returned
// function is called.
func (a *app) progress(ctx context.Context, e *engine.Engine) func() {
	ctx, cancel := context.WithCancel(ctx)
	sub := e.Subscribe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		said := narration{}
		for {
			ev, ok := sub.Next(ctx)
			if !ok {
				return
			}
			switch ev := ev.(type) {
			case engine.ScenarioChanged:
				if s := ev.Scenario; said.news(s) {
					a.progressf("%s › %s: %s", e.TypedPath(s.ID.Path), s.ID.Name, s.Last().Progress)
				}
			case engine.Noticed:
				a.progressf("%s: %s", ev.Level, ev.Text)
			}
		}
	}()
	end := a.beat(e)
	return func() { end(); cancel(); <-done }
}

// narration is what was told of each scenario that runs.
type narration map[engine.ScenarioID]map[string]bool

// news reports whether what a scenario does now was not told since it began.
// That it is tried once more is none: a log must not grow while nothing happens,
// and the heartbeat says that it is waited for.
func (n narration) news(s *engine.Scenario) bool {
	if s.Verdict != engine.VerdictRunning || s.Last().Progress == "" {
		delete(n, s.ID)
		return false
	}
	what, _, _ := strings.Cut(s.Last().Progress, " (attempt ")
	if n[s.ID][what] {
		return false
	}
	if n[s.ID] == nil {
		n[s.ID] = map[string]bool{}
	}
	n[s.ID][what] = true
	return true
}
