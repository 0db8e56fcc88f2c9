package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// DefaultImage is the image of steps and scenarios that name no service,
// unless the setting containers.default_image names another.
const DefaultImage = "alpine:latest"

// flushGrace is how long services may take to flush and exit after TERM.
const flushGrace = 5 * time.Second

// closeTimeout bounds the removal of containers, also after a cancellation.
const closeTimeout = 20 * time.Second

// execute carries one job out. The returned function takes the session down;
// it must be called exactly once and may be called off the critical path. beside
// hears of what is needed beside the services. A panic becomes the outcome's error.
func execute(ctx context.Context, b Backend, job *Job, obs Observer, beside func(Demand)) (out *Outcome, done func()) {
	out = &Outcome{Job: job, Started: time.Now()}
	done = func() {}
	defer func() {
		if r := recover(); r != nil {
			out.Err = fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
		}
		out.Ended = time.Now()
	}()
	if out.Err = refused(job.File); out.Err != nil {
		return out, done
	}

	timeout := job.Scenario.Timeout
	if timeout == 0 {
		timeout = job.Timeout
	}
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	collect := newCollector(job, obs)
	out.Sources = collect.sources()
	request := job.Request()
	request.Beside = beside
	session, err := b.Open(ctx, request, collect)
	if err != nil {
		out.fail(parent, ctx, timeout, collect.at(), fmt.Errorf("start services: %w", err))
		return out, done
	}
	done = sync.OnceFunc(func() {
		// The job's context may be over; the removal must happen all the same.
		c, stop := context.WithTimeout(context.WithoutCancel(parent), closeTimeout)
		defer stop()
		if err := session.Close(c); err != nil {
			obs.Progress("removing containers: " + err.Error())
		}
	})
	out.Evidence = session.Evidence()
	defer measure(ctx, session, obs)()
	(&steps{out: out, session: session, obs: obs, collect: collect}).run(ctx)
	out.Evidence = session.Evidence() // with the faults that were injected
	out.outputs()

	if err := ctx.Err(); err != nil {
		out.fail(parent, ctx, timeout, collect.at(), err)
		out.artifacts(parent, session, obs)
		return out, done
	}
	collect.Progress("collecting telemetry")
	out.Telemetry, err = session.Finish(ctx, flushGrace)
	if err != nil {
		out.fail(parent, ctx, timeout, collect.at(), fmt.Errorf("collect telemetry: %w", err))
	}
	collect.finish(out)
	out.died()
	out.artifacts(parent, session, obs) // what programs write at their end is there now
	return out, done
}

// died makes a failed condition of every service that ended in failure by
// itself: a scenario is not green over the ruins of its services.
func (o *Outcome) died() {
	for _, d := range o.Telemetry.Died {
		c := expect.Check{
			Rule: "service." + d.Service + ".running", Message: d.How + " before the scenario was over",
			Explain: lastLines(d.Log, 8),
		}
		if s := o.Job.File.Service(d.Service); s != nil {
			c.Pos = s.Pos
		}
		o.Checks = append(o.Checks, c)
	}
	for _, r := range o.Telemetry.Restarted {
		c := expect.Check{
			Rule: "service." + r.Service + ".undisturbed", Message: "was restarted by hand while the scenario ran, and " + r.How,
			Explain: []string{"a verdict is over one life of each service: run the scenario again"},
		}
		if s := o.Job.File.Service(r.Service); s != nil {
			c.Pos = s.Pos
		}
		o.Checks = append(o.Checks, c)
	}
	o.Telemetry.Died, o.Telemetry.Restarted = nil, nil // told as conditions
}

// fail records why a job could not be carried out: a timeout is a failed
// condition of the test, everything else an error. at is what was being done.
func (o *Outcome) fail(parent, ctx context.Context, timeout time.Duration, at string, err error) {
	switch {
	case parent.Err() != nil:
		o.Err = context.Cause(parent)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		o.Checks = append(o.Checks, expect.Check{
			Rule: "scenario.timeout", Pos: o.Job.Scenario.Pos,
			Message: fmt.Sprintf("scenario %q did not end within %s (at the end: %s); its processes were killed", o.Job.Scenario.Name, timeout, at),
		})
	default:
		o.Err = err
	}
	var skip *SkipError
	if errors.As(o.Err, &skip) {
		o.Err, o.Skipped = nil, skip.Error()
	}
	var se *ServiceError
	if errors.As(o.Err, &se) {
		o.Err = nil
		pos := se.Pos
		if pos.Line == 0 {
			if s := o.Job.File.Service(se.Service); s != nil {
				pos = s.Pos
			}
		}
		o.Checks = append(o.Checks, expect.Check{
			Rule: "service." + se.Service + ".ready", Pos: pos,
			Message: se.What, Explain: lastLines(se.Log, 8),
		})
	}
}

// longestLine bounds a line of output in an explanation, in bytes; the log has it
// whole.
const longestLine = 400

// lastLines returns the last n lines of text that are not empty, long ones cut.
func lastLines(text string, n int) []string {
	lines := strings.Split(strings.TrimRight(text, "\r\n "), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
	lines = slices.Clone(lines[max(0, len(lines)-n):])
	for i, l := range lines {
		if len(l) > longestLine {
			lines[i] = strings.ToValidUTF8(l[:longestLine], "") + fmt.Sprintf(" […%d bytes more]", len(l)-longestLine)
		}
	}
	return lines
}

// Request is what the backend is asked for to carry the job out.
func (j *Job) Request() Request {
	return Request{
		RunID: j.RunID, Dir: j.Dir, File: j.File, Scenario: j.Scenario,
		Services: j.services(), Limits: j.File.LimitsOf(j.Scenario),
	}
}

// services is Services with the job's own image where none is named.
func (j *Job) services() []*spec.Service {
	out := Services(j.File, j.Scenario)
	for _, s := range out {
		if j.Image != "" && IsDefault(j.File, s.Name) {
			s.Image = j.Image // made for this call
		}
	}
	return out
}

// IsDefault reports whether a service of that name is the container that stands
// in where none is named.
func IsDefault(f *spec.File, name string) bool {
	return name == spec.StandIn && f.Service(spec.StandIn) == nil
}

// Services returns the services that a scenario needs, dependencies first: its
// own, those of its steps and what they depend on; the default image stands in
// where none is named. Unknown names are left out: the dry run refuses them.
func Services(f *spec.File, sc *spec.Scenario) []*spec.Service {
	var names []string
	if sc.Service != "" {
		names = append(names, sc.Service)
	}
	for _, st := range sc.Steps {
		names = append(names, sc.StepService(st))
	}
	out := f.Needs(names...)
	if slices.Contains(names, spec.StandIn) && IsDefault(f, spec.StandIn) {
		out = append(out, &spec.Service{Name: spec.StandIn, Plugin: spec.PluginContainer, Image: DefaultImage, Pos: sc.Pos})
	}
	return out
}
