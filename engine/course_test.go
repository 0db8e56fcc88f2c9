package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// unsteady is a backend each of whose sessions is another's: the nth execution
// is that of the nth backend, and the last one's from then on.
type unsteady struct {
	runner.Backend
	nth []*runnertest.Backend
	n   atomic.Int32
}

func (u *unsteady) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	i := int(u.n.Add(1)) - 1
	return u.nth[min(i, len(u.nth)-1)].Open(ctx, r, out)
}

func inTurn(nth ...*runnertest.Backend) *unsteady { return &unsteady{Backend: nth[0], nth: nth} }

// scanned is an engine over files as `run` has it. The pauses between attempts
// are skipped and counted.
func scanned(t *testing.T, b runner.Backend, dir string, pauses *[]time.Duration, files map[string]string) *Engine {
	t.Helper()
	h := &harness{t: t, dir: dir}
	for name, text := range files {
		h.write(name, text)
	}
	e, err := New(Options{Dir: dir, Jobs: 1, backend: func() (runner.Backend, error) { return b, nil },
		pause: func(_ context.Context, d time.Duration) {
			if pauses != nil {
				*pauses = append(*pauses, d)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}

func runAll(t *testing.T, e *Engine, o RunOptions) *report.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := e.RunWait(ctx, e.selectScenarios(func(*Template, *Scenario) bool { return true }), o, func(report.Scenario) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outcome is what a run came to, in a few words.
func outcome(s *report.Scenario) string {
	text := fmt.Sprintf("%s attempts=%d", s.Verdict, s.Attempts)
	if s.Flaky {
		text += " flaky"
	}
	for _, a := range s.Earlier {
		text += " " + a.Cause
	}
	if s.Repeats > 0 {
		text += fmt.Sprintf(" repeats=%d failed=%d", s.Repeats, s.Failed)
	}
	return text
}

func TestAttemptsEndInAnHonestVerdict(t *testing.T) {
	good := emits(oneSpan)
	bad := emits("nothing\n")
	down := &runnertest.Backend{OpenErr: &runner.EnvironmentError{What: "the daemon is busy"}}
	unready := &runnertest.Backend{OpenErr: &runner.ServiceError{Service: "app", What: "not healthy"}}
	lossy := &runnertest.Backend{Steps: good.Steps, Lossy: true, Telemetry: runner.Telemetry{Complete: true, Dropped: 1}}
	tests := []struct {
		name    string
		backend *unsteady
		options RunOptions
		want    string
	}{
		{"once by default", inTurn(down, good), RunOptions{}, "error attempts=1"},
		{"the first pass is no flake", inTurn(good), RunOptions{Retries: 3}, "pass attempts=1"},
		{"environment", inTurn(down, down, good), RunOptions{Retries: 2}, "pass attempts=3 flaky infrastructure infrastructure"},
		{"readiness", inTurn(unready, good), RunOptions{Retries: 2}, "pass attempts=2 flaky readiness"},
		{"telemetry", inTurn(lossy, good), RunOptions{Retries: 1}, "pass attempts=2 flaky telemetry"},
		{"no end of bad luck", inTurn(down), RunOptions{Retries: 2}, "error attempts=3 infrastructure infrastructure"},
		{"a failure is a failure", inTurn(bad, good), RunOptions{Retries: 5}, "fail attempts=1"},
		{"a failure when asked for", inTurn(bad, good), RunOptions{Retries: 5, RetryFailures: true}, "pass attempts=2 flaky assertion"},
		{"a failure after bad luck", inTurn(down, bad), RunOptions{Retries: 5}, "fail attempts=2 infrastructure"},
		{"repeated", inTurn(good), RunOptions{Repeat: 3}, "pass attempts=1 repeats=3 failed=0"},
		{"the worst of the repetitions", inTurn(good, bad, good), RunOptions{Repeat: 4}, "fail attempts=1 repeats=4 failed=1"},
		{"an error is worse than a failure", inTurn(bad, down, good), RunOptions{Repeat: 3}, "error attempts=1 repeats=3 failed=2"},
		{"until it fails", inTurn(good, good, bad, good), RunOptions{UntilFail: true}, "fail attempts=1 repeats=3 failed=1"},
		{"until it fails, bounded", inTurn(good), RunOptions{UntilFail: true, Repeat: 5}, "pass attempts=1 repeats=5 failed=0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := scanned(t, tt.backend, t.TempDir(), nil, map[string]string{file: emitter(wantsOrder)})
			r := runAll(t, e, tt.options)
			if got := outcome(&r.Scenarios[0]); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
			if now, _ := tt.backend.nth[0].Containers(); now != 0 {
				t.Errorf("%d containers left", now)
			}
			rec, err := e.store.Load(file, "emit")
			if err != nil || rec == nil || rec.Verdict != string(r.Scenarios[0].Verdict) || rec.Flaky != r.Scenarios[0].Flaky {
				t.Errorf("recorded %+v, %v", rec, err)
			}
		})
	}
}

func TestAnEnvironmentThatFailsIsGivenTime(t *testing.T) {
	var pauses []time.Duration
	down := &runnertest.Backend{OpenErr: &runner.EnvironmentError{What: "busy"}}
	e := scanned(t, inTurn(down), t.TempDir(), &pauses, map[string]string{file: emitter(wantsOrder)})
	runAll(t, e, RunOptions{Retries: 3})
	if got := fmt.Sprint(pauses); got != "[500ms 1s 2s]" {
		t.Errorf("pauses %s", got)
	}
}

func TestOptionsThatContradictAreRefused(t *testing.T) {
	e := scanned(t, emits(oneSpan), t.TempDir(), nil, map[string]string{file: emitter(wantsOrder)})
	for _, o := range []RunOptions{{Retries: -1}, {Repeat: -1}, {Retries: 1, Repeat: 2}, {Retries: 1, UntilFail: true}, {RetryFailures: true}} {
		if err := e.RunWith([]ScenarioID{{Path: file}}, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// several is a file of scenarios without expectations over all of them.
func several(names ...string) string {
	text := "[meta]\nname = \"several\"\nversion = \"1.0\"\n[service.app]\nplugin = \"generic_container\"\nimage = \"example:1\"\n"
	for _, n := range names {
		text += fmt.Sprintf("[[scenario]]\nname = %q\nservice = \"app\"\n[[scenario.steps]]\nname = %q\ncommand = [\"x\"]\nexpected_exit_code = 0\n", n, n)
	}
	return text
}

func TestFailFastStopsTheRestAndSaysSo(t *testing.T) {
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"b": {Exit: runner.Exit{Code: 1}}}}
	e := scanned(t, b, t.TempDir(), nil, map[string]string{file: several("a", "b", "c", "d")})
	r := runAll(t, e, RunOptions{FailFast: true})
	var got []string
	for _, s := range r.Scenarios {
		got = append(got, fmt.Sprintf("%s %s %d", s.Name, s.Verdict, s.Attempts))
		if s.Verdict == report.Skipped && s.Message != file+" › b failed, and the run was to end then (fail-fast)" {
			t.Errorf("%s: %q does not say why it was skipped", s.Name, s.Message)
		}
	}
	if want := "a pass 1, b fail 1, c skipped 0, d skipped 0"; strings.Join(got, ", ") != want || r.Verdict != report.Fail {
		t.Errorf("%s: %s\nwant fail: %s", r.Verdict, strings.Join(got, ", "), want)
	}
	if b.Opened() != 2 {
		t.Errorf("%d scenarios were executed, want 2", b.Opened())
	}
}

func TestFailFastStopsWhatRuns(t *testing.T) {
	b := &runnertest.Backend{
		Steps:   map[string]runnertest.Step{"hang": {Hang: true}, "bad": {Exit: runner.Exit{Code: 1}, Hang: true}},
		Started: make(chan string, 2), Release: make(chan struct{}),
	}
	dir := t.TempDir()
	e, err := New(Options{Dir: dir, Jobs: 2, backend: func() (runner.Backend, error) { return firstHangs{b}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(several("hang", "bad")), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	go func() { <-b.Started; <-b.Started; close(b.Release) }()
	r := runAll(t, e, RunOptions{FailFast: true})
	if got := fmt.Sprint(r.Scenarios[0].Verdict, " ", r.Scenarios[0].Attempts, " ", r.Scenarios[1].Verdict); got != "skipped 1 fail" || r.Verdict != report.Fail {
		t.Errorf("%s, run %s", got, r.Verdict)
	}
	if now, _ := b.Containers(); now != 0 {
		t.Errorf("%d containers left", now)
	}
}

// firstHangs never ends the step named hang, not even on release.
type firstHangs struct{ *runnertest.Backend }

type hangingSession struct{ runner.Session }

func (b firstHangs) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s, err := b.Backend.Open(ctx, r, out)
	if r.Scenario.Name == "hang" {
		return hangingSession{s}, err
	}
	return s, err
}

func (s hangingSession) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	if exit, err := s.Session.Exec(ctx, c); err != nil {
		return exit, err
	}
	<-ctx.Done()
	return runner.Exit{Code: -1, Signal: "SIGKILL"}, ctx.Err()
}

func TestTheLongestRunFirst(t *testing.T) {
	b := &runnertest.Backend{Started: make(chan string, 4)}
	dir := t.TempDir()
	e := scanned(t, b, dir, nil, map[string]string{file: several("short", "long", "unknown", "middle")})
	for name, d := range map[string]time.Duration{"short": time.Second, "long": time.Minute, "middle": 10 * time.Second} {
		if err := e.store.Save(&store.Record{Path: file, Scenario: name, Duration: d}); err != nil {
			t.Fatal(err)
		}
	}
	r := runAll(t, e, RunOptions{})
	var started, reported []string
	for range 4 {
		started = append(started, <-b.Started)
	}
	for _, s := range r.Scenarios {
		reported = append(reported, s.Name)
	}
	if got := strings.Join(started, " "); got != "unknown long middle short" {
		t.Errorf("started %s", got)
	}
	if got := strings.Join(reported, " "); got != "short long unknown middle" {
		t.Errorf("reported %s, want the order of the file", got)
	}
}

// spied is a backend of which every session is told before it begins.
type spied struct {
	*unsteady
	before func(executed int)
}

func (s *spied) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s.before(int(s.n.Load()))
	return s.unsteady.Open(ctx, r, out)
}

// Each repetition is recorded when it ends: what was seen until then outlives a
// process that is killed.
func TestEachRepetitionIsRecordedWhenItEnds(t *testing.T) {
	dir := t.TempDir()
	var seen []string
	b := &spied{inTurn(emits(oneSpan), emits(""), emits(oneSpan)), func(executed int) {
		other := store.Open(dir, store.Limits{}) // as another process has it
		runs, err := other.Runs(file, "emit")
		if err != nil || len(runs) > 1 {
			t.Errorf("after %d: %d runs, %v", executed, len(runs), err)
		}
		rec, err := other.Load(file, "emit")
		if err != nil || (rec == nil) != (executed == 0) {
			t.Errorf("after %d: %v, %v", executed, rec, err)
		}
		for _, r := range runs {
			seen = append(seen, fmt.Sprintf("%s %d/%d %s", r.Verdict, r.Failures, r.Repeats, rec.Verdict))
		}
	}}
	runAll(t, scanned(t, b, dir, nil, map[string]string{file: emitter(wantsOrder)}), RunOptions{Repeat: 4})
	if got, want := strings.Join(seen, ", "), "pass 0/1 pass, fail 1/2 fail, fail 1/3 fail"; got != want {
		t.Errorf("recorded before each execution: %s, want %s", got, want)
	}
}

// Repetitions are one run: the history gets one entry of them, which is the worst,
// also when they are stopped.
func TestRepetitionsAreOneRunOfTheHistory(t *testing.T) {
	dir := t.TempDir()
	b := inTurn(emits(oneSpan), emits(""), emits(oneSpan))
	e := scanned(t, b, dir, nil, map[string]string{file: emitter(wantsOrder)})
	runAll(t, e, RunOptions{Repeat: 4})
	runs := e.History(ScenarioID{file, "emit"})
	if len(runs) != 1 || runs[0].Verdict != VerdictFail || runs[0].Repeats != 4 || runs[0].Failed != 1 {
		t.Errorf("%+v", runs)
	}
}
