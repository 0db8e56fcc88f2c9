package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// heartbeatEvery is how often a run without a screen says that it is alive.
const heartbeatEvery = 30 * time.Second

// heartbeat prints a line at each tick while something runs, until stop is
// closed: somebody who waits learns that it is not stuck, and so does a CI
// that ends what is silent.
func (a *app) heartbeat(snapshot func() *engine.Snapshot, ticks <-chan time.Time, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case now := <-ticks:
			if line := stillRunning(snapshot(), now); line != "" {
				a.progressf("%s", line)
			}
		}
	}
}

// beat starts a heartbeat over e; the function that it returns ends it.
func (a *app) beat(e *engine.Engine) (end func()) {
	ticker := time.NewTicker(heartbeatEvery)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		a.heartbeat(e.Snapshot, ticker.C, stop)
	}()
	return func() {
		ticker.Stop()
		close(stop)
		<-done
	}
}

// namedInHeartbeat is how many running scenarios a heartbeat names.
const namedInHeartbeat = 3

// stillRunning says how far a run is, what runs since when, and how long it will
// take by earlier runs; "" when nothing runs.
func stillRunning(s *engine.Snapshot, now time.Time) string {
	if !s.Run.Active {
		return ""
	}
	var names []string
	running := 0
	for _, t := range s.Templates {
		for _, sc := range t.Scenarios {
			if sc.Verdict != engine.VerdictRunning {
				continue
			}
			if running++; running <= namedInHeartbeat {
				names = append(names, fmt.Sprintf("%s for %s", sc.ID.Name, now.Sub(sc.Last().Since).Round(time.Second)))
			}
		}
	}
	line := fmt.Sprintf("still running: %d of %d done", s.Run.Done, s.Run.Total)
	if len(names) > 0 {
		line += "; " + strings.Join(names, ", ")
	}
	if more := running - namedInHeartbeat; more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	if left := s.Run.ETA(now); left > 0 {
		line += fmt.Sprintf("; about %s left", left.Round(time.Second))
	}
	if late := s.Run.Late(now).Round(time.Second); late > 0 {
		line += fmt.Sprintf("; over what it takes as a rule by %s", late)
	}
	return line
}
