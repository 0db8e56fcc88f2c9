package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// TestMain sees to it that nothing goes on that a test has started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watcher records what the runner tells an observer.
type watcher struct {
	mu     sync.Mutex
	facts  []string
	output strings.Builder
}

func (w *watcher) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.facts = append(w.facts, fmt.Sprintf(format, args...))
}
func (w *watcher) Queued(p int, why string) {
	if why != "" {
		why = ": " + why
	}
	w.note("queued %d%s", p, why)
}
func (w *watcher) Missing(what string) { w.note("missing %s", what) }
func (w *watcher) Keep(service, path string) (io.WriteCloser, error) {
	w.note("keep %s %s", service, path)
	return kept{w}, nil
}
func (w *watcher) Uses(u []runner.Use)                      { w.note("uses %v", u) }
func (w *watcher) Started()                                 { w.note("started") }
func (w *watcher) Progress(string)                          {}
func (w *watcher) StepStarted(i int)                        { w.note("step %d started", i) }
func (w *watcher) StepFinished(i int, s runner.StepOutcome) { w.note("step %d ok=%v", i, s.OK) }
func (w *watcher) Output(_, step string, s runner.Stream, p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.output, "%s %d %s", step, s, p)
}

func job(steps ...*spec.Step) *runner.Job {
	sc := &spec.Scenario{Name: "s", Service: "app", Steps: steps}
	f := &spec.File{Path: "a.clnrm.toml", Services: []*spec.Service{{Name: "app", Image: "x"}}, Scenarios: []*spec.Scenario{sc}}
	return &runner.Job{RunID: "r", File: f, Scenario: sc}
}

func step(name string) *spec.Step { return &spec.Step{Name: name, Command: []string{name}} }

// kept notes what is kept.
type kept struct{ w *watcher }

func (k kept) Write(p []byte) (int, error) { k.w.note("%s", p); return len(p), nil }
func (k kept) Close() error                { k.w.note("shut"); return nil }

// containers is a monitor that counts containers only.
func containers(n int) runner.Monitor { return runner.Simple{Limit: runner.Demand{Containers: n}} }

// carryOut runs one job to its end.
func carryOut(ctx context.Context, b *runnertest.Backend, j *runner.Job) (*runner.Outcome, *watcher) {
	s := runner.NewScheduler(b, 1, containers(4))
	w := &watcher{}
	var out *runner.Outcome
	s.Submit(ctx, j, w, func(o *runner.Outcome) { out = o }, func() {})
	s.Wait()
	return out, w
}

func failures(o *runner.Outcome) []string {
	var out []string
	for _, c := range o.Checks {
		if !c.OK {
			out = append(out, c.Rule+": "+c.Message)
		}
	}
	return out
}

func TestStepConditions(t *testing.T) {
	tests := []struct {
		name   string
		step   spec.Step
		script runnertest.Step
		want   string // the failure, "" for none
	}{
		{"exit 0 as by default", spec.Step{}, runnertest.Step{}, ""},
		{"exit status differs", spec.Step{}, runnertest.Step{Exit: runner.Exit{Code: 3}}, "step[x].exit_code: exit status 3, expected 0"},
		{"expected failure", spec.Step{ExitCode: 1}, runnertest.Step{Exit: runner.Exit{Code: 1}}, ""},
		{"success where a failure was expected", spec.Step{ExitCode: 1}, runnertest.Step{}, "step[x].exit_code: exit status 0, expected 1"},
		{"killed", spec.Step{}, runnertest.Step{Exit: runner.Exit{Code: -1, Signal: "SIGSEGV"}}, "step[x].exit_code: was killed by SIGSEGV, expected exit status 0"},
		{"out of memory", spec.Step{}, runnertest.Step{Exit: runner.Exit{Code: -1, Signal: "SIGKILL", OOM: true}}, "step[x].exit_code: was killed: out of memory"},
		{"cannot start, although 127 was expected", spec.Step{ExitCode: 127}, runnertest.Step{Exit: runner.Exit{Code: 127, StartError: "no such file"}}, "step[x].exit_code: cmd could not be started: no such file"},
		{"regex over trimmed stdout", spec.Step{Regex: "^hi$"}, runnertest.Step{Stdout: "\n hi \n"}, ""},
		{"regex misses", spec.Step{Regex: "^ho$"}, runnertest.Step{Stdout: "hi"}, `step[x].expected_output_regex: stdout does not match "^ho$"`},
		{"regex does not look at stderr", spec.Step{Regex: "hi"}, runnertest.Step{Stderr: "hi"}, `step[x].expected_output_regex: stdout does not match "hi"`},
		{"forbidden regex", spec.Step{RegexNot: "panic"}, runnertest.Step{Stdout: "a panic"}, `step[x].expected_output_regex_not: stdout matches "panic", which it must not`},
		{"contains", spec.Step{Contains: "b"}, runnertest.Step{Stdout: "abc"}, ""},
		{"does not contain", spec.Step{Contains: "z"}, runnertest.Step{Stdout: "abc"}, `step[x].expected_output_contains: stdout does not contain "z"`},
		{"forbidden regex in output that was cut", spec.Step{RegexNot: "panic"}, runnertest.Step{Stdout: strings.Repeat("a", runner.CaptureLimit+1)}, `step[x].expected_output_regex_not: stdout is longer than 4 MiB, so "panic" cannot be ruled out`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := tt.step
			st.Name, st.Command = "x", []string{"cmd"}
			o, _ := carryOut(t.Context(), &runnertest.Backend{Steps: map[string]runnertest.Step{"x": tt.script}}, job(&st))
			if got := strings.Join(failures(o), "; "); got != tt.want || o.Err != nil {
				t.Errorf("failures = %q, err = %v; want %q", got, o.Err, tt.want)
			}
			if o.Commands() != 1 {
				t.Errorf("executed %d commands, want 1", o.Commands())
			}
		})
	}
}

func TestStepsAfterAFailureAreNotRun(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"two": {Exit: runner.Exit{Code: 1}}}}
	o, w := carryOut(t.Context(), b, job(step("one"), step("two"), step("three")))
	if o.Commands() != 2 || o.Steps[2].Ran {
		t.Errorf("executed %d commands, want the third left out", o.Commands())
	}
	want := "queued 1,started,step 0 started,step 0 ok=true,step 1 started,step 1 ok=false"
	if got := strings.Join(w.facts, ","); got != want {
		t.Errorf("facts = %s, want %s", got, want)
	}
}

func TestContinueOnFailureGoesOnAndStaysRed(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"one": {Exit: runner.Exit{Code: 1}}}}
	first := step("one")
	first.ContinueOnError = true
	o, _ := carryOut(t.Context(), b, job(first, step("two")))
	if o.Commands() != 2 || len(failures(o)) != 1 {
		t.Errorf("executed %d, failures %v; want both steps and one failure", o.Commands(), failures(o))
	}
}

func TestScenarioTimeoutIsAFailedCondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := job(step("hang"))
		j.Scenario.Timeout = 3 * time.Second
		b := &runnertest.Backend{Steps: map[string]runnertest.Step{"hang": {Hang: true}}}
		o, _ := carryOut(t.Context(), b, j)
		if got := failures(o); o.Err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "scenario.timeout") {
			t.Errorf("failures = %v, err = %v; want a timeout", got, o.Err)
		}
		if now, _ := b.Containers(); now != 0 {
			t.Errorf("%d containers left", now)
		}
	})
}

func TestCancellationIsNeitherPassNorFailure(t *testing.T) {
	cause := errors.New("stopped by hand")
	ctx, cancel := context.WithCancelCause(t.Context())
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"hang": {Hang: true}}, Started: make(chan string, 1)}
	go func() { <-b.Started; cancel(cause) }()
	o, _ := carryOut(ctx, b, job(step("hang")))
	if !errors.Is(o.Err, cause) || len(failures(o)) != 0 {
		t.Errorf("err = %v, failures %v; want the cause of the cancellation", o.Err, failures(o))
	}
	if now, _ := b.Containers(); now != 0 {
		t.Errorf("%d containers left", now)
	}
}

func TestServiceThatNeverComesUpIsAFailedCondition(t *testing.T) {
	b := &runnertest.Backend{OpenErr: fmt.Errorf("open: %w", &runner.ServiceError{Service: "app", What: "not healthy after 3 attempts", Log: "a\nb\n"})}
	o, _ := carryOut(t.Context(), b, job(step("one")))
	if got := failures(o); o.Err != nil || len(got) != 1 || got[0] != "service.app.ready: not healthy after 3 attempts" {
		t.Errorf("failures = %v, err = %v", got, o.Err)
	}
}

func TestServiceThatDiesMeanwhileIsAFailedCondition(t *testing.T) {
	b := &runnertest.Backend{Lossy: true, Telemetry: runner.Telemetry{
		Complete: true, Died: []runner.Death{{Service: "app", How: "its process ended with status 3", Log: "boom\n"}},
	}}
	o, _ := carryOut(t.Context(), b, job(step("one")))
	want := "service.app.running: its process ended with status 3 before the scenario was over"
	if got := failures(o); o.Err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("failures = %v, err = %v; want %q", got, o.Err, want)
	}
}

// What was killed had no time to export: that matters where spans are taken, and
// nowhere else.
func TestWhatIsKilledAtTheEndCutsOnlyTelemetryThatIsTaken(t *testing.T) {
	const what = "service app did not end within 5s of TERM and was killed"
	b := &runnertest.Backend{Lossy: true, Telemetry: runner.Telemetry{Cut: []string{what}}}
	for name, tc := range map[string]struct {
		otel      *spec.Otel
		artifacts []string
		complete  bool
	}{
		"no spans":        {complete: true},
		"its own spans":   {artifacts: []string{"spans:self"}, complete: true},
		"OTLP":            {otel: &spec.Otel{Exporter: "otlp"}},
		"standard output": {artifacts: []string{"spans:default"}},
	} {
		j := job(step("one"))
		j.File.Otel, j.Scenario.Artifacts = tc.otel, tc.artifacts
		o, _ := carryOut(t.Context(), b, j)
		if o.Err != nil || o.Telemetry.Complete != tc.complete || !slices.Equal(o.Telemetry.Cut, []string{what}) {
			t.Errorf("%s: %+v, err = %v", name, o.Telemetry, o.Err)
		}
	}
	b.Telemetry.Unseen = true
	if o, _ := carryOut(t.Context(), b, job(step("one"))); o.Telemetry.Complete {
		t.Errorf("an agent that was lost: %+v", o.Telemetry)
	}
}

func TestServiceThatIsRestartedByHandIsAFailedCondition(t *testing.T) {
	b := &runnertest.Backend{Lossy: true, Telemetry: runner.Telemetry{
		Complete: true, Restarted: []runner.Restart{{Service: "app", How: "was ready again after 12ms"}},
	}}
	o, _ := carryOut(t.Context(), b, job(step("one")))
	want := "service.app.undisturbed: was restarted by hand while the scenario ran, and was ready again after 12ms"
	if got := failures(o); o.Err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("failures = %v, err = %v; want %q", got, o.Err, want)
	}
}

func TestTimeoutSaysWhatWasBeingDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := job(step("nap"))
		j.Scenario.Timeout = time.Second
		o, _ := carryOut(t.Context(), &runnertest.Backend{Steps: map[string]runnertest.Step{"nap": {Hang: true}}}, j)
		if got := failures(o); len(got) != 1 || !strings.Contains(got[0], "at the end: step nap") {
			t.Errorf("failures = %v", got)
		}
	})
}

func TestTrap23ServicesEndHoweverTheScenarioDoes(t *testing.T) {
	for name, script := range map[string]runnertest.Step{
		"it passes":    {},
		"a step fails": {Exit: runner.Exit{Code: 1}},
		"no program":   {Err: errors.New("cannot be executed")},
		"a panic":      {Panic: true},
		"a timeout":    {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := job(step("one"))
				j.Scenario.Timeout = time.Second
				b := &runnertest.Backend{Steps: map[string]runnertest.Step{"one": script}}
				carryOut(t.Context(), b, j)
				if now, _ := b.Containers(); now != 0 || b.Opened() != 1 {
					t.Errorf("%d containers are left of %d", now, b.Opened())
				}
			})
		})
	}
}

func TestPanicOfABackendIsAnError(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"one": {Panic: true}}}
	o, _ := carryOut(t.Context(), b, job(step("one")))
	if o.Err == nil || !strings.Contains(o.Err.Error(), "internal error") {
		t.Errorf("err = %v", o.Err)
	}
	if now, _ := b.Containers(); now != 0 {
		t.Errorf("%d containers left", now)
	}
}

func TestOwnSpansOfSeveralScenariosMakeOneTree(t *testing.T) {
	var all []trace.Span
	for _, name := range []string{"a", "b"} {
		j := job(step("one"))
		j.Scenario.Name = name
		o, _ := carryOut(t.Context(), &runnertest.Backend{}, j)
		all = append(all, runner.SelfSpans(o)...)
	}
	set := trace.NewSet(runner.JoinSelf(all))
	if n := len(set.Named("clnrm.run")); n != 1 || len(set.Roots()) != 1 || len(set.Orphans()) != 0 || set.Traces() != 1 {
		t.Errorf("%d roots named clnrm.run, %d roots, %d orphans, %d traces; want one tree", n, len(set.Roots()), len(set.Orphans()), set.Traces())
	}
	for _, name := range []string{"clnrm.scenario:a", "clnrm.scenario:b"} {
		if len(set.Named(name)) != 1 {
			t.Errorf("no span %s", name)
		}
	}
	if runner.JoinSelf(nil) != nil {
		t.Error("something out of nothing")
	}
}

func TestEnvironmentErrorIsAnError(t *testing.T) {
	b := &runnertest.Backend{OpenErr: &runner.EnvironmentError{What: "no image"}}
	o, _ := carryOut(t.Context(), b, job(step("one")))
	var ee *runner.EnvironmentError
	if !errors.As(o.Err, &ee) || len(o.Checks) != 0 {
		t.Errorf("err = %v, checks %v; want an environment error", o.Err, o.Checks)
	}
}

func TestLimitsHoldAtEveryInstant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &runnertest.Backend{Release: make(chan struct{}), Steps: map[string]runnertest.Step{"hang": {Hang: true}}}
		s := runner.NewScheduler(b, 3, containers(4))
		n := 0
		var mu sync.Mutex
		for range 10 {
			j := job(step("hang"))
			j.File.Services = append(j.File.Services, &spec.Service{Name: "db"})
			j.File.Services[0].DependsOn = []string{"db"}
			s.Submit(t.Context(), j, &watcher{}, func(*runner.Outcome) { mu.Lock(); n++; mu.Unlock() }, func() {})
		}
		synctest.Wait()
		if now, _ := b.Containers(); now != 4 {
			t.Errorf("%d containers while waiting, want 4: two scenarios of two", now)
		}
		if u := s.Usage(); u.Promised.Containers != 4 || u.Limit.Containers != 4 || u.Promised.MemoryMB != 4*runner.DefaultMemoryMB {
			t.Errorf("Usage() = %+v; want 4 of 4 containers", u)
		}
		close(b.Release)
		s.Wait()
		if _, most := b.Containers(); most > 4 || n != 10 {
			t.Errorf("most = %d containers, %d of 10 done; want at most 4 and all", most, n)
		}
	})
}

func TestJobLargerThanTheLimitRunsAlone(t *testing.T) {
	b := &runnertest.Backend{}
	j := job(step("one"))
	for i := range 6 {
		name := fmt.Sprint("d", i)
		j.File.Services = append(j.File.Services, &spec.Service{Name: name})
		j.File.Services[0].DependsOn = append(j.File.Services[0].DependsOn, name)
	}
	o, _ := carryOut(t.Context(), b, j)
	if o.Err != nil || o.Commands() != 1 {
		t.Errorf("err = %v, commands = %d", o.Err, o.Commands())
	}
}

func TestQueuePositionsMoveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &runnertest.Backend{Release: make(chan struct{}), Steps: map[string]runnertest.Step{"hang": {Hang: true}}}
		s := runner.NewScheduler(b, 1, containers(1))
		var ws []*watcher
		for range 3 {
			w := &watcher{}
			ws = append(ws, w)
			s.Submit(t.Context(), job(step("hang")), w, func(*runner.Outcome) {}, func() {})
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		last := &watcher{}
		s.Submit(ctx, job(step("hang")), last, func(*runner.Outcome) {}, func() {})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(b.Release)
		s.Wait()
		if got := ws[2].facts[:2]; got[0] != "queued 2" || got[1] != "queued 1" {
			t.Errorf("third job: %v, want to move from 2 to 1", got)
		}
		for _, f := range last.facts {
			if f == "started" {
				t.Error("a job cancelled in the queue was started")
			}
		}
	})
}

func TestServicesComeWithTheirDependenciesFirst(t *testing.T) {
	f := &spec.File{Services: []*spec.Service{
		{Name: "app", DependsOn: []string{"db", "mq"}}, {Name: "mq", DependsOn: []string{"db"}}, {Name: "db"}, {Name: "unused"},
	}}
	var got []string
	for _, s := range runner.Services(f, &spec.Scenario{Service: "app", Steps: []*spec.Step{step("x")}}) {
		got = append(got, s.Name)
	}
	if strings.Join(got, " ") != "db mq app" {
		t.Errorf("Services = %v, want db mq app", got)
	}
	got = nil
	for _, s := range runner.Services(f, &spec.Scenario{Steps: []*spec.Step{step("x")}}) {
		got = append(got, s.Name+"="+s.Image)
	}
	if strings.Join(got, " ") != "default="+runner.DefaultImage {
		t.Errorf("Services = %v, want the default image", got)
	}
}
