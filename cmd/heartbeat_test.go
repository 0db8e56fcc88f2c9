package cmd

import (
	"bytes"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func TestHeartbeatSaysWhatRunsAndHowLongStill(t *testing.T) {
	start := time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
	s := &engine.Snapshot{Run: engine.RunStatus{Active: true, Done: 2, Total: 7, Due: start.Add(50 * time.Second)}}
	tpl := &engine.Template{}
	for _, name := range []string{"checkout", "pay", "refund", "ship"} {
		tpl.Scenarios = append(tpl.Scenarios, &engine.Scenario{ID: engine.ScenarioID{Name: name}, Verdict: engine.VerdictRunning, Run: &engine.ScenarioRun{Since: start}})
	}
	s.Templates = []*engine.Template{tpl}
	late := &engine.Snapshot{Run: engine.RunStatus{Active: true, Done: 6, Total: 7, Due: start.Add(50 * time.Second)}}
	idle := &engine.Snapshot{}

	var out bytes.Buffer
	a := &app{stderr: &out}
	ticks, stop, done := make(chan time.Time), make(chan struct{}), make(chan struct{})
	snaps := make(chan *engine.Snapshot, 3)
	snaps <- s
	snaps <- late
	snaps <- idle
	go func() {
		defer close(done)
		a.heartbeat(func() *engine.Snapshot { return <-snaps }, ticks, stop)
	}()
	ticks <- start.Add(30 * time.Second)
	ticks <- start.Add(60 * time.Second)
	ticks <- start.Add(90 * time.Second)
	close(stop)
	<-done
	const want = "still running: 2 of 7 done; checkout for 30s, pay for 30s, refund for 30s and 1 more; about 20s left\n" +
		"still running: 6 of 7 done; over what it takes as a rule by 10s\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}
