package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// DefaultImage is the image of steps and scenarios that name no service
// (semantics 1.17, containers.default_image).
const DefaultImage = "alpine:latest"

// defaultService is the name of the container that stands in when a step names
// no service.
const defaultService = "default"

// flushGrace is how long services may take to flush and exit after TERM.
const flushGrace = 5 * time.Second

// closeTimeout bounds the removal of containers, also after a cancellation.
const closeTimeout = 20 * time.Second

// execute carries one job out. The returned function takes the session down;
// it must be called exactly once and may be called off the critical path. A
// panic becomes the outcome's error.
func execute(ctx context.Context, b Backend, job *Job, obs Observer) (out *Outcome, done func()) {
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
	session, err := b.Open(ctx, Request{
		RunID: job.RunID, Dir: job.Dir, File: job.File, Scenario: job.Scenario,
		Services: Services(job.File, job.Scenario), Limits: job.File.LimitsOf(job.Scenario),
	}, collect)
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
	out.steps(ctx, session, job, obs, collect)
	out.outputs()

	if err := ctx.Err(); err != nil {
		out.fail(parent, ctx, timeout, collect.at(), err)
		return out, done
	}
	collect.Progress("collecting telemetry")
	out.Telemetry, err = session.Finish(ctx, flushGrace)
	if err != nil {
		out.fail(parent, ctx, timeout, collect.at(), fmt.Errorf("collect telemetry: %w", err))
	}
	collect.finish(out)
	out.died()
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
	o.Telemetry.Died = nil // told as conditions
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

// steps runs the steps in order until one fails that does not say
// continue_on_failure. Steps that did not run stay in the outcome as not run.
func (o *Outcome) steps(ctx context.Context, session Session, job *Job, obs Observer, collect *collector) {
	stopped := false
	for i, step := range job.Scenario.Steps {
		s := StepOutcome{Step: step, Service: serviceOf(job.Scenario, step)}
		if stopped || ctx.Err() != nil {
			s.Message = "not run: an earlier step failed"
			o.Steps = append(o.Steps, s)
			continue
		}
		obs.StepStarted(i)
		collect.now("step " + step.Name)
		s.Started = time.Now()
		capture := collect.begin(step.Name)
		exit, err := session.Exec(ctx, Command{
			Service: s.Service, Step: step.Name, Argv: step.Command, Env: step.Env,
			Workdir: step.Workdir, Timeout: step.Timeout,
		})
		collect.end(step.Name)
		s.Exit = exit
		s.Stdout, s.Stderr, s.Cut = capture.stdout.Bytes(), capture.stderr.Bytes(), capture.cut
		if err != nil {
			s.Message = err.Error()
			if o.Err == nil && ctx.Err() == nil {
				o.Err = fmt.Errorf("step %q: %w", step.Name, err)
			}
		} else {
			s.Ran = true
			s.judge(o)
		}
		stopped = !s.OK && !step.ContinueOnError
		o.Steps = append(o.Steps, s)
		obs.StepFinished(i, s)
	}
}

// judge holds a step against its own conditions: exit status, then output.
func (s *StepOutcome) judge(o *Outcome) {
	st := s.Step
	s.OK = true
	add := func(rule string, pos spec.Pos, ok bool, format string, args ...any) {
		c := expect.Check{Rule: "step[" + st.Name + "]." + rule, OK: ok, Pos: pos}
		if pos.Line == 0 {
			c.Pos = st.Pos
		}
		if !ok {
			c.Message = fmt.Sprintf(format, args...)
			c.Explain = s.tail()
			if s.OK {
				s.Message = c.Message
			}
			s.OK = false
		}
		o.Checks = append(o.Checks, c)
	}
	add("exit_code", st.ExitCodePos, s.Exit.Code == st.ExitCode && !s.Exit.TimedOut && s.Exit.StartError == "",
		"%s", s.exitMessage())
	text := string(bytes.TrimSpace(s.Stdout))
	cut := ""
	if s.Cut {
		cut = fmt.Sprintf(" in its first %d MiB", CaptureLimit>>20)
	}
	if st.Contains != "" {
		add("expected_output_contains", st.ContainsPos, strings.Contains(text, st.Contains),
			"stdout does not contain %q%s", st.Contains, cut)
	}
	if st.Regex != "" {
		re, err := regexp.Compile(st.Regex)
		add("expected_output_regex", st.RegexPos, err == nil && re.MatchString(text),
			"stdout does not match %q%s", st.Regex, cut)
	}
	if st.RegexNot != "" {
		re, err := regexp.Compile(st.RegexNot)
		ok := err == nil && !re.MatchString(text)
		why := fmt.Sprintf("stdout matches %q, which it must not", st.RegexNot)
		if ok && s.Cut {
			ok, why = false, fmt.Sprintf("stdout is longer than %d MiB, so %q cannot be ruled out", CaptureLimit>>20, st.RegexNot)
		}
		add("expected_output_regex_not", st.RegexNotPos, ok, "%s", why)
	}
}

// exitMessage says how the step ended instead of as expected.
func (s *StepOutcome) exitMessage() string {
	want := s.Step.ExitCode
	switch {
	case s.Exit.StartError != "":
		return fmt.Sprintf("%s could not be started: %s", s.Step.Command[0], s.Exit.StartError)
	case s.Exit.TimedOut:
		return fmt.Sprintf("timed out after %s; its process tree was killed", s.Exit.Duration.Round(time.Millisecond))
	case s.Exit.OOM:
		return "was killed: out of memory"
	case s.Exit.Signal != "":
		return fmt.Sprintf("was killed by %s, expected exit status %d", s.Exit.Signal, want)
	default:
		return fmt.Sprintf("exit status %d, expected %d", s.Exit.Code, want)
	}
}

// tail is the end of what the step printed, for the explanation of a failure.
func (s *StepOutcome) tail() []string {
	var lines []string
	for _, l := range lastLines(string(s.Stdout), 4) {
		lines = append(lines, "stdout | "+l)
	}
	for _, l := range lastLines(string(s.Stderr), 4) {
		lines = append(lines, "stderr | "+l)
	}
	return lines
}

// lastLines returns the last n lines of text that are not empty.
func lastLines(text string, n int) []string {
	lines := strings.Split(strings.TrimRight(text, "\r\n "), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
	return lines[max(0, len(lines)-n):]
}

// serviceOf names the container in which a step runs.
func serviceOf(sc *spec.Scenario, st *spec.Step) string {
	switch {
	case st.Service != "":
		return st.Service
	case sc.Service != "":
		return sc.Service
	default:
		return defaultService
	}
}

// Services returns the services that a scenario needs, dependencies first: its
// own, those of its steps and what they depend on; the default image stands in
// where none is named. Unknown names are left out: the dry run refuses them.
func Services(f *spec.File, sc *spec.Scenario) []*spec.Service {
	var out []*spec.Service
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		s := f.Service(name)
		if s == nil {
			if name == defaultService {
				out = append(out, &spec.Service{Name: name, Plugin: "generic_container", Image: DefaultImage, Pos: sc.Pos})
			}
			return
		}
		for _, d := range s.DependsOn {
			visit(d)
		}
		out = append(out, s)
	}
	if sc.Service != "" {
		visit(sc.Service)
	}
	for _, st := range sc.Steps {
		visit(serviceOf(sc, st))
	}
	return out
}
