package tui

import (
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// The next run goes by what the palette says, and the header tells of it.
func TestTheCourseOfRunsIsChosenAndShown(t *testing.T) {
	d := at120(t, testkit.Failed()).hides("fail-fast")
	next := func() { d.send(frameMsg{d.engine.Snapshot()}) }
	d.press(": fail-fast enter").shows("a run ends at its first failure, in this session")
	next()
	d.press(": retries enter").shows("whatever did not pass").press("2").shows("retries: up to 2 times, in this session")
	next()
	d.shows("fail-fast retries 2")
	d.press(": fail-fast enter : retries enter 0").shows("retries: none")
	next()
	const off = "Repeat:0 UntilFail:false}"
	d.wished("course {FailFast:true Retries:0 RetryFailures:false "+off, "course {FailFast:true Retries:2 RetryFailures:true "+off,
		"course {FailFast:false Retries:2 RetryFailures:true "+off, "course {FailFast:false Retries:0 RetryFailures:false "+off)
}

// A pass that took several attempts is not shown as any other, and what was
// skipped says why.
func TestRowsAndDetailTellOfAttempts(t *testing.T) {
	s := testkit.Green()
	x := s.Templates[len(s.Templates)-1].Scenarios
	one, two := *x[0], *x[1]
	r := *one.Last().Result
	r.Attempts, r.Flaky = 2, true
	r.Earlier = []engine.Attempt{{Duration: 800 * time.Millisecond, Verdict: engine.VerdictFail, Cause: "assertion", Message: "expect.span[a]: none was found"}}
	oneRun, twoRun := one.Last(), two.Last()
	one.Run, two.Run = &oneRun, &twoRun
	oneRun.Result = &r
	two.Verdict = engine.VerdictSkipped
	twoRun.Result = &engine.Result{Verdict: engine.VerdictSkipped, Message: "a › b failed, and the run was to end then (fail-fast)"}
	x[0], x[1] = &one, &two
	d := at120(t, s)
	d.press("G up").shows("flaky").shows("Executed 2 attempts: flaky").shows("✗ attempt 1  fail  ·  assertion  ·  800ms  expect.span[a]: none")
	d.press("z").shows("flaky, 2 attempts").press("z")
	d.press("G").shows("a › b failed, and the run was to end then (fail-fast)")
	running, run := one, one.Last()
	run.Attempt = 3
	running.Verdict, running.Run = engine.VerdictRunning, &run
	x[0] = &running
	d = at120(t, s)
	d.press("G up").shows("attempt 3")
	d.press("z").shows("a › b failed")
}
