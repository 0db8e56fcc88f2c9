package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// RunOptions say how often the scenarios of one run are executed and when the
// run ends early. The zero value executes each of them once.
type RunOptions struct {
	FailFast bool // the first scenario that does not pass stops the others
	// Retries is how often a scenario is executed again that did not come to a
	// verdict of its own: the environment failed, a service was not ready,
	// telemetry was lost. One that passes at last is marked flaky.
	Retries       int
	RetryFailures bool // execute again what was judged and failed, too
	// Repeat is how often every scenario is executed, whatever comes of it; its
	// verdict is the worst. 0 means once, or without end when UntilFail is set.
	Repeat    int
	UntilFail bool // a scenario that does not pass is not repeated any more
}

// Options are those of a run that is carried out as the settings say.
func (s RunSettings) Options() RunOptions {
	return RunOptions{FailFast: s.FailFast, Retries: s.Retries, RetryFailures: s.Retries > 0}
}

// Course is how runs are carried out unless they are asked for with options: as
// SetCourse said, else as the settings say.
func (e *Engine) Course() RunOptions {
	if o := e.course.Load(); o != nil {
		return *o
	}
	return e.Settings().Run.Options()
}

// SetCourse makes o the course of the runs that are asked for from now on, until
// the engine ends or a settings file changes what it says about that.
func (e *Engine) SetCourse(o RunOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	e.course.Store(&o)
	e.emit(courseSet{o})
	return nil
}

// check refuses options that contradict each other.
func (o RunOptions) check() error {
	repeats := o.Repeat > 1 || o.UntilFail
	switch {
	case o.Retries < 0 || o.Repeat < 0:
		return &RequestError{"the number of retries and repetitions cannot be negative"}
	case repeats && o.Retries > 0:
		return &RequestError{"retries and repetitions contradict each other: one hides what the other looks for"}
	case o.RetryFailures && o.Retries == 0:
		return &RequestError{"say how often failures are retried"}
	}
	return nil
}

// errFailFast is why the scenarios of a run end after one of them has failed.
var errFailFast = errors.New("the run was to end then (fail-fast)")

// Causes for which a scenario can be executed again.
const (
	causeInfrastructure = "infrastructure"
	causeReadiness      = "readiness"
	causeTelemetry      = "telemetry"
	causeAssertion      = "assertion"
)

// causeOf says why an execution did not pass, and what failed first; both are
// empty when it passed. A verdict that the next execution cannot change, such as
// a scenario that asks for nothing, has a message and no cause.
func causeOf(rec *store.Record, res *Result) (cause, message string) {
	message = res.Message
	if f := res.FirstFailure(); f != nil && res.Verdict == VerdictFail {
		message = f.Rule + ": " + f.Message
	}
	switch {
	case res.Verdict == VerdictPass:
		return "", ""
	case rec.Error != "":
		return causeInfrastructure, message
	case res.Verdict == VerdictError && res.Telemetry != "":
		return causeTelemetry, message
	case res.Verdict == VerdictError:
		return "", message
	case slices.ContainsFunc(rec.Checks, func(c expect.Check) bool {
		return !c.OK && strings.HasPrefix(c.Rule, "service.") && strings.HasSuffix(c.Rule, ".ready")
	}):
		return causeReadiness, message
	}
	return causeAssertion, message
}

// course is how often a scenario of a run was executed and what came of it.
type course struct {
	executed int
	failed   int // executions that did not pass
	earlier  []store.Attempt
	worst    *store.Record // of repetitions
	recorded string        // ID of what is recorded of the repetitions so far
}

// ended notes an execution. It returns what is to be recorded, and why the
// scenario is to be executed again; empty when it is not.
func (c *course) ended(o RunOptions, rec *store.Record, res *Result) (keep *store.Record, again string) {
	cause, message := causeOf(rec, res)
	c.executed++
	if res.Verdict != VerdictPass {
		c.failed++
	}
	if o.Repeat > 1 || o.UntilFail {
		return c.repeated(o, rec)
	}
	rec.Attempts, rec.Earlier, rec.Flaky = c.executed, c.earlier, c.executed > 1 && res.Verdict == VerdictPass
	if cause == "" || c.executed > o.Retries || cause == causeAssertion && !o.RetryFailures {
		return rec, ""
	}
	c.earlier = append(c.earlier, store.Attempt{At: rec.At, Duration: rec.Duration, Verdict: rec.Verdict, Cause: cause, Message: message})
	return rec, fmt.Sprintf("attempt %d of %d: %s (%s)", c.executed+1, o.Retries+1, message, cause)
}

// repeated notes a repetition: the worst is kept.
func (c *course) repeated(o RunOptions, rec *store.Record) (keep *store.Record, again string) {
	if c.worst == nil || parseVerdict(rec.Verdict) > parseVerdict(c.worst.Verdict) {
		c.worst = rec
	}
	c.worst.Repeats, c.worst.Failures = c.executed, c.failed
	bound := o.Repeat
	if bound == 0 && !o.UntilFail {
		bound = 1
	}
	if bound > 0 && c.executed >= bound || o.UntilFail && c.failed > 0 {
		return c.worst, ""
	}
	of := ""
	if bound > 0 {
		of = fmt.Sprintf(" of %d", bound)
	}
	return c.worst, fmt.Sprintf("repetition %d%s, %d failed", c.executed+1, of, c.failed)
}

// pauseBefore is how long to wait before the next execution: an environment that
// failed is given time to recover, longer each time.
func (c *course) pauseBefore() time.Duration {
	if n := len(c.earlier); n > 0 && c.earlier[n-1].Cause != causeAssertion {
		return min(10*time.Second, 500*time.Millisecond<<min(n-1, 5))
	}
	return 0
}

// submit hands a job to the scheduler, again and again for as long as its course
// wants it.
func (e *Engine) submit(r *run, j *queued) {
	obs := &observer{e: e, run: r.id, job: j, id: j.id(), hide: e.secrets(j.File.Path), attempt: j.course.executed + 1, quiet: j.course.failed > 0 && j.course.worst != nil}
	j.again = ""
	e.sched.Load().Submit(j.ctx, j.Job, obs,
		func(o *runner.Outcome) {
			e.guarded("the end of a scenario", func() {
				e.finish(r, j, o, obs)
				e.watchExtras()
			})
		},
		func() {
			if j.again == "" {
				j.cancel(nil)
				e.gone(r)
				return
			}
			e.opts.pause(j.ctx, j.course.pauseBefore())
			e.submit(r, j)
		})
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// failFast stops the other scenarios of a run when it is to end at the first
// that did not pass, which is s.
func (e *Engine) failFastLocked(r *run, s *Scenario) {
	if !r.opts.FailFast || s.Verdict != VerdictFail && s.Verdict != VerdictError {
		return
	}
	who := fmt.Sprintf("%s › %s", s.ID.Path, s.ID.Name)
	if s.ID.IsFile() {
		who = "what " + s.ID.Path + " expects of all its scenarios"
	}
	who += " failed"
	ended := 0
	for _, j := range r.jobs {
		if en := e.entries[j.File.Path]; en != nil && en.active[j.Scenario.Name] == j && j.ctx.Err() == nil {
			ended++
		}
		j.cancel(fmt.Errorf("%s, and %w", who, errFailFast))
	}
	if ended > 0 && !r.awaited {
		e.notice(diag.Info, "%s, and the run ended then (fail-fast): %d of its scenarios are skipped", who, ended)
	}
}
