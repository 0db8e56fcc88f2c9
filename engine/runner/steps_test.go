package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// byHand is a backend whose steps do what a function says.
type byHand struct {
	*runnertest.Backend
	exec func(ctx context.Context, step string, nth int) (runner.Exit, error)

	mu  sync.Mutex
	nth map[string]int
	out runner.Sink
}

type byHandSession struct {
	runner.Session
	b *byHand
}

func (b *byHand) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s, err := b.Backend.Open(ctx, r, out)
	b.out = out
	return byHandSession{s, b}, err
}

func (s byHandSession) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	s.b.mu.Lock()
	s.b.nth[c.Step]++
	n := s.b.nth[c.Step]
	s.b.mu.Unlock()
	return s.b.exec(ctx, c.Step, n)
}

func hand(exec func(ctx context.Context, step string, nth int) (runner.Exit, error)) *byHand {
	return &byHand{Backend: &runnertest.Backend{}, exec: exec, nth: map[string]int{}}
}

// carryOutOn is carryOut on any backend.
func carryOutOn(ctx context.Context, b runner.Backend, j *runner.Job) (*runner.Outcome, *watcher) {
	s := runner.NewScheduler(b, 1, containers(4))
	w := &watcher{}
	var out *runner.Outcome
	s.Submit(ctx, j, w, func(o *runner.Outcome) { out = o }, func() {})
	s.Wait()
	return out, w
}

// told is how the steps of an outcome ended, in order.
func told(o *runner.Outcome) string {
	var out []string
	for _, s := range o.Steps {
		switch {
		case !s.Ran:
			out = append(out, s.Step.Name+" not run")
		case s.OK:
			out = append(out, s.Step.Name+" ok")
		default:
			out = append(out, s.Step.Name+" failed")
		}
	}
	return strings.Join(out, ", ")
}

func TestStepsThatShouldOrMayFail(t *testing.T) {
	exit := func(n int) runner.Exit { return runner.Exit{Code: n} }
	tests := []struct {
		name string
		step spec.Step
		exit runner.Exit
		want string
	}{
		{"should fail and does", spec.Step{MustFail: true}, exit(7), ""},
		{"should fail and does not", spec.Step{MustFail: true}, exit(0), "step[x].should_fail: exit status 0, but it should fail"},
		{"a crash is not that failure", spec.Step{MustFail: true}, runner.Exit{Code: -1, Signal: "SIGSEGV"}, "step[x].should_fail: was killed by SIGSEGV, expected an exit status other than 0"},
		{"a timeout is not that failure", spec.Step{MustFail: true}, runner.Exit{Code: -1, Signal: "SIGKILL", TimedOut: true}, "step[x].should_fail: timed out after 0s; its process tree was killed"},
		{"what cannot be started has not failed", spec.Step{MustFail: true}, runner.Exit{Code: 127, StartError: "no such file"}, "step[x].should_fail: cmd could not be started: no such file"},
		{"nor what a shell cannot start", spec.Step{MustFail: true, Command: []string{"/bin/sh", "-c", "nosuch"}}, exit(127), "step[x].should_fail: exit status 127: the shell could not start a program"},
		{"a program of its own may end with 127", spec.Step{MustFail: true}, exit(127), ""},
		{"may fail and does", spec.Step{MayFail: true}, exit(7), ""},
		{"may fail and does not", spec.Step{MayFail: true}, exit(0), ""},
		{"may fail, was killed", spec.Step{MayFail: true}, runner.Exit{Code: -1, Signal: "SIGKILL", OOM: true}, "step[x].allow_failure: was killed: out of memory"},
		{"may fail, cannot be started", spec.Step{MayFail: true}, runner.Exit{Code: 127, StartError: "no such file"}, "step[x].allow_failure: cmd could not be started: no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := tt.step
			st.Name = "x"
			if st.Command == nil {
				st.Command = []string{"cmd"}
			}
			o, _ := carryOutOn(t.Context(), hand(func(context.Context, string, int) (runner.Exit, error) { return tt.exit, nil }), job(&st))
			if got := strings.Join(failures(o), "; "); got != tt.want || o.Err != nil {
				t.Errorf("failures = %q, err = %v; want %q", got, o.Err, tt.want)
			}
		})
	}
}

func TestStepIsRetriedUntilItsConditionsHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []struct {
			name      string
			passes    int // the attempt that does
			retries   int
			timeout   time.Duration
			attempts  int
			took      time.Duration
			want      string
			otherwise string
		}{
			{"at once", 1, 3, 0, 1, 0, "x ok", ""},
			{"at the third attempt", 3, 3, 0, 3, 4 * time.Second, "x ok", ""},
			{"never", 9, 2, 0, 3, 4 * time.Second, "x failed", "step[x].exit_code: exit status 1, expected 0"},
			{"not without retries", 2, 0, 0, 1, 0, "x failed", "step[x].exit_code: exit status 1, expected 0"},
			{"not beyond the time of the scenario", 9, 5, 3 * time.Second, 2, 3 * time.Second, "x failed",
				`step[x].exit_code: exit status 1, expected 0; scenario.timeout: scenario "s" did not end within 3s (at the end: step x: attempt 3 of 6 after 2s: exit status 1, expected 0); its processes were killed`},
		}
		for _, tt := range tests {
			b := hand(func(_ context.Context, _ string, nth int) (runner.Exit, error) {
				if nth < tt.passes {
					return runner.Exit{Code: 1}, nil
				}
				return runner.Exit{}, nil
			})
			st := step("x")
			st.Retries, st.RetryDelay = tt.retries, 2*time.Second
			j := job(st)
			j.Scenario.Timeout = tt.timeout
			start := time.Now()
			o, _ := carryOutOn(t.Context(), b, j)
			if got := told(o); got != tt.want || o.Steps[0].Attempts != tt.attempts || time.Since(start) != tt.took {
				t.Errorf("%s: %s at attempt %d after %s", tt.name, got, o.Steps[0].Attempts, time.Since(start))
			}
			if got := strings.Join(failures(o), "; "); got != tt.otherwise {
				t.Errorf("%s: %s\nwant %s", tt.name, got, tt.otherwise)
			}
			note := ""
			if tt.want == "x ok" && tt.attempts > 1 {
				note = "at attempt 3 of 4"
			}
			if o.Checks[0].Note != note {
				t.Errorf("%s: note %q", tt.name, o.Checks[0].Note)
			}
		}
	})
}

func TestConcurrentStepsRunSideBySideAndAreReportedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *byHand
		b = hand(func(_ context.Context, name string, _ int) (runner.Exit, error) {
			d := map[string]time.Duration{"before": 1, "slow": 5, "fast": 2, "after": 1}[name] * time.Second
			half := "{\"name\":\"" + name + "\",\"trace_id\":\"00000000000000000000000000000001\","
			b.out.Output("app", name, runner.Stdout, []byte(half)) // lines of two steps are cut into each other
			time.Sleep(d)
			b.out.Output("app", name, runner.Stdout, []byte("\"span_id\":\"000000000000000"+fmt.Sprint(d.Seconds())+"\",\"kind\":\"internal\",\"start_time_unix_nano\":1,\"end_time_unix_nano\":2}\n"))
			return runner.Exit{}, nil
		})
		slow, fast := step("slow"), step("fast")
		slow.Concurrent, fast.Concurrent = true, true
		j := job(step("before"), slow, fast, step("after"))
		j.Scenario.Artifacts = []string{"spans:default"}
		start := time.Now()
		o, w := carryOutOn(t.Context(), b, j)
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("it took %s, want 1+5+1 s", took)
		}
		if got := told(o); got != "before ok, slow ok, fast ok, after ok" {
			t.Error(got)
		}
		var rules, spans []string
		for _, c := range o.Checks {
			rules = append(rules, c.Rule)
		}
		if got := strings.Join(rules, " "); got != "step[before].exit_code step[slow].exit_code step[fast].exit_code step[after].exit_code" {
			t.Error(got)
		}
		for _, s := range o.Spans {
			spans = append(spans, s.Name)
		}
		slices.Sort(spans)
		if got := strings.Join(spans, " "); got != "after before fast slow" || o.Malformed != 0 {
			t.Errorf("spans %s, %d malformed: the lines of two steps were mixed", got, o.Malformed)
		}
		if slices.Index(w.facts, "step 2 ok=true") > slices.Index(w.facts, "step 1 ok=true") {
			t.Errorf("the fast step was told of after the slow one: %v", w.facts)
		}
	})
}

func TestWhatAFailureKeepsFromRunning(t *testing.T) {
	side := func(name string, after ...string) *spec.Step {
		s := step(name)
		s.Concurrent, s.DependsOn = true, after
		return s
	}
	after := func(name string, deps ...string) *spec.Step {
		s := step(name)
		s.DependsOn = deps
		return s
	}
	onwards := func(name string) *spec.Step {
		s := step(name)
		s.ContinueOnError = true
		return s
	}
	tests := []struct {
		name  string
		steps []*spec.Step
		want  string
	}{
		{"the next", []*spec.Step{step("bad"), step("b")}, "bad failed, b not run"},
		{"not the next", []*spec.Step{onwards("bad"), step("b")}, "bad failed, b ok"},
		{"who depends on it", []*spec.Step{onwards("bad"), after("b", "bad"), step("c")}, "bad failed, b not run, c not run"},
		{"who depends on others", []*spec.Step{step("a"), onwards("bad"), after("b", "a")}, "a ok, bad failed, b ok"},
		{"not those beside it", []*spec.Step{side("bad"), side("b"), step("c")}, "bad failed, b ok, c not run"},
		{"those beside it that depend on it", []*spec.Step{side("bad"), side("b"), side("c", "bad"), side("d", "c")}, "bad failed, b ok, c not run, d not run"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _ := carryOutOn(t.Context(), hand(func(_ context.Context, name string, _ int) (runner.Exit, error) {
				if name == "bad" {
					return runner.Exit{Code: 1}, nil
				}
				return runner.Exit{}, nil
			}), job(tt.steps...))
			if got := told(o); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestErrorsOfConcurrentStepsAreToldInTheOrderOfTheFile(t *testing.T) {
	a, b := step("a"), step("b")
	a.Concurrent, b.Concurrent = true, true
	second := make(chan struct{})
	o, _ := carryOutOn(t.Context(), hand(func(_ context.Context, name string, _ int) (runner.Exit, error) {
		if name == "b" {
			defer close(second)
			panic("scripted")
		}
		<-second
		return runner.Exit{}, errors.New("the container is gone")
	}), job(a, b))
	if o.Err == nil || o.Err.Error() != `step "a": the container is gone` {
		t.Errorf("%v", o.Err)
	}
}

func TestAnAttemptThatWasKilledLeavesAHoleInTheStream(t *testing.T) {
	for _, tt := range []struct {
		name     string
		exporter string
		first    runner.Exit
		complete bool
	}{
		{"it ended by itself", "otlp", runner.Exit{Code: 1}, true},
		{"it ran out of time", "otlp", runner.Exit{Code: -1, Signal: "SIGKILL", TimedOut: true}, false},
		{"it crashed", "otlp", runner.Exit{Code: -1, Signal: "SIGSEGV"}, false},
		{"no spans over OTLP", "stdout", runner.Exit{Code: -1, Signal: "SIGSEGV"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := step("x")
			st.Retries = 1
			j := job(st)
			j.File.Otel = &spec.Otel{Exporter: tt.exporter}
			o, _ := carryOutOn(t.Context(), hand(func(_ context.Context, _ string, nth int) (runner.Exit, error) {
				if nth == 1 {
					return tt.first, nil
				}
				return runner.Exit{}, nil
			}), j)
			if o.Telemetry.Complete != tt.complete || !o.Steps[0].OK {
				t.Errorf("complete %v (%s), %s", o.Telemetry.Complete, o.Telemetry.Detail, told(o))
			}
		})
	}
}

func TestTelemetryIsAccountedForServiceByService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *byHand
		b = hand(func(context.Context, string, int) (runner.Exit, error) {
			b.out.Spans("app", runner.Payload{JSON: true, Body: []byte(`{"resourceSpans":[]}`)})
			time.Sleep(3 * time.Second)
			b.out.Spans("app", runner.Payload{JSON: true, Body: []byte("nonsense")})
			time.Sleep(time.Second)
			b.out.Spans("api", runner.Payload{JSON: true, Body: []byte(`{"resourceSpans":[]}`)})
			return runner.Exit{}, nil
		})
		j := job(step("x"))
		j.File.Otel = &spec.Otel{Exporter: "otlp"}
		o, _ := carryOutOn(t.Context(), b, j)
		want := []runner.TelemetrySource{
			{Service: "api", Requests: 1, Last: 4 * time.Second}, {Service: "app", Requests: 2, Malformed: 1, Last: 3 * time.Second},
		}
		if !slices.Equal(o.Telemetry.Sources, want) {
			t.Errorf("%+v", o.Telemetry.Sources)
		}
	})
}
