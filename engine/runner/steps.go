package runner

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// steps is the execution of the steps of one scenario.
type steps struct {
	out     *Outcome
	session Session
	obs     Observer
	collect *collector
	checks  [][]expect.Check // by step
	errs    []error          // why a step could not be executed at all
}

// run executes the steps in the order of the file; neighbours that are marked
// concurrent run side by side. It ends after the first step, or group of them,
// that fails and does not say continue_on_failure. Steps that did not run stay in
// the outcome as not run. Whatever ended first, the outcome has the order of the
// file.
func (x *steps) run(ctx context.Context) {
	list := x.out.Job.Scenario.Steps
	x.out.Steps = make([]StepOutcome, len(list))
	x.checks, x.errs = make([][]expect.Check, len(list)), make([]error, len(list))
	for i, step := range list {
		x.out.Steps[i] = StepOutcome{Step: step, Service: x.out.Job.Scenario.StepService(step), Message: "not run: an earlier step failed"}
	}
	done := make([]chan struct{}, len(list))
	for from := 0; from < len(list) && ctx.Err() == nil; {
		to := from + 1
		for list[from].Concurrent && to < len(list) && list[to].Concurrent {
			to++
		}
		var group sync.WaitGroup
		for i := from; i < to; i++ {
			done[i] = make(chan struct{})
		}
		for i := from; i < to; i++ {
			group.Go(func() {
				defer close(done[i])
				defer func() {
					if r := recover(); r != nil {
						x.errs[i] = fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
					}
				}()
				x.afterOthers(ctx, i, done)
			})
		}
		group.Wait()
		if x.failed(from, to) {
			break
		}
		from = to
	}
	for i := range list {
		x.out.Checks = append(x.out.Checks, x.checks[i]...)
		if err := x.errs[i]; err != nil && x.out.Err == nil {
			x.out.Err = fmt.Errorf("step %q: %w", list[i].Name, err)
		}
	}
}

// failed reports whether a step of a group keeps those after it from running.
func (x *steps) failed(from, to int) bool {
	for i := from; i < to; i++ {
		if s := &x.out.Steps[i]; !s.OK && !s.Step.ContinueOnError {
			return true
		}
	}
	return false
}

// afterOthers executes a step when those that it depends on have passed. They
// stand before it in the file.
func (x *steps) afterOthers(ctx context.Context, i int, done []chan struct{}) {
	list := x.out.Job.Scenario.Steps
	for _, name := range list[i].DependsOn {
		for k := range i {
			if list[k].Name == name {
				<-done[k] // its outcome must not be looked at before
				if !x.out.Steps[k].OK {
					x.out.Steps[i].Message = fmt.Sprintf("not run: step %q, which it depends on, did not pass", name)
					return
				}
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	x.obs.StepStarted(i)
	x.try(ctx, i)
	x.obs.StepFinished(i, x.out.Steps[i])
}

// try executes a step until its conditions hold, as often as it allows.
func (x *steps) try(ctx context.Context, i int) {
	step := x.out.Steps[i].Step
	for attempt := 1; ; attempt++ {
		s := x.once(ctx, i)
		s.Attempts = attempt
		if s.OK && attempt > 1 {
			x.checks[i][0].Note = fmt.Sprintf("at attempt %d of %d", attempt, step.Retries+1)
		}
		x.out.Steps[i] = s
		if s.OK || attempt > step.Retries || x.errs[i] != nil || ctx.Err() != nil {
			return
		}
		if s.Exit.TimedOut || s.Exit.Signal != "" {
			x.collect.cutOff(fmt.Sprintf("attempt %d of step %s was killed", attempt, step.Name))
		}
		x.collect.Progress(fmt.Sprintf("step %s: attempt %d of %d after %s: %s", step.Name, attempt+1, step.Retries+1, step.RetryDelay, s.Message))
		wait := time.NewTimer(step.RetryDelay)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
	}
}

// once executes a step.
func (x *steps) once(ctx context.Context, i int) StepOutcome {
	step := x.out.Steps[i].Step
	s := StepOutcome{Step: step, Service: x.out.Steps[i].Service, Started: time.Now()}
	x.collect.now("step " + step.Name)
	capture := x.collect.begin(s.Service, step.Name)
	exit, err := x.session.Exec(ctx, Command{
		Service: s.Service, Step: step.Name, Argv: step.Command, Env: step.Env,
		Workdir: step.Workdir, Timeout: step.Timeout,
	})
	x.collect.end(step.Name)
	s.Exit = exit
	s.Stdout, s.Stderr, s.Cut = capture.stdout.Bytes(), capture.stderr.Bytes(), capture.cut
	if err != nil {
		s.Message = err.Error()
		if ctx.Err() == nil {
			x.errs[i] = err
		}
		return s
	}
	s.Ran = true
	x.checks[i] = s.judge()
	return s
}

// judge holds a step against its own conditions: exit status, then output.
func (s *StepOutcome) judge() (checks []expect.Check) {
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
		checks = append(checks, c)
	}
	rule, pos, ok := s.exitCondition()
	add(rule, pos, ok, "%s", s.exitMessage())
	if st.MayFail && s.Exit.Code != 0 && ok {
		checks[0].Note = fmt.Sprintf("exit status %d, which allow_failure lets pass", s.Exit.Code)
	}
	if ok && s.Exit.OOM {
		checks[0].Note = s.Exit.OutOfMemory()
	}
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
	return checks
}

// exitCondition judges how the step ended. A program that could not be started,
// that was killed or that ran out of time has not failed as anybody wanted.
func (s *StepOutcome) exitCondition() (rule string, pos spec.Pos, ok bool) {
	st := s.Step
	ended := !s.Exit.TimedOut && s.Exit.StartError == ""
	orderly := ended && s.Exit.Signal == "" && !s.Exit.OOM && !s.unstarted()
	switch {
	case st.MustFail:
		return "should_fail", st.MustFailPos, orderly && s.Exit.Code != 0
	case st.MayFail:
		return "allow_failure", st.MayFailPos, orderly
	default:
		return "exit_code", st.ExitCodePos, ended && s.Exit.Code == st.ExitCode
	}
}

// unstarted reports whether the step is a shell that says, by its exit status,
// that it could not start what it was told to (POSIX 2.8.2).
func (s *StepOutcome) unstarted() bool {
	if s.Exit.Code != 126 && s.Exit.Code != 127 {
		return false
	}
	switch path.Base(s.Step.Command[0]) {
	case "sh", "ash", "bash", "dash", "ksh", "zsh":
		return true
	}
	return false
}

// exitMessage says how the step ended instead of as expected.
func (s *StepOutcome) exitMessage() string {
	want := fmt.Sprint("exit status ", s.Step.ExitCode)
	switch {
	case s.Step.MustFail:
		want = "an exit status other than 0"
	case s.Step.MayFail:
		want = "any exit status"
	}
	switch {
	case s.Exit.StartError != "":
		return fmt.Sprintf("%s could not be started: %s", s.Step.Command[0], s.Exit.StartError)
	case s.Exit.TimedOut:
		return fmt.Sprintf("timed out after %s; its process tree was killed", s.Exit.Duration.Round(time.Millisecond))
	case s.Exit.OOM:
		return s.Exit.OutOfMemory()
	case s.Exit.Signal != "":
		return fmt.Sprintf("was killed by %s, expected %s", s.Exit.Signal, want)
	case (s.Step.MustFail || s.Step.MayFail) && s.unstarted():
		return fmt.Sprintf("exit status %d: the shell could not start a program", s.Exit.Code)
	case s.Step.MustFail:
		return "exit status 0, but it should fail"
	default:
		return fmt.Sprintf("exit status %d, expected %d", s.Exit.Code, s.Step.ExitCode)
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
