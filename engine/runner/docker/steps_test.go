package docker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestStepThatCannotStartIsToldFromOneThatFails(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	for _, tc := range []struct {
		argv  []string
		dir   string
		code  int
		start string // part of StartError
	}{
		{argv: []string{"no-such-program"}, code: 127, start: "not found in PATH"},
		{argv: []string{"/no/such/program"}, code: 127, start: "no such file"},
		{argv: []string{"/etc/passwd"}, code: 126, start: "permission denied"},
		{argv: []string{"/tmp"}, code: 126, start: "is a directory"},
		{argv: []string{"true"}, dir: "/no/such/dir", code: 126, start: "working directory /no/such/dir"},
		{argv: []string{"sh", "-c", "exit 127"}, code: 127},
		{argv: []string{"sh", "-c", "exit 126"}, code: 126},
	} {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: tc.argv, Workdir: tc.dir})
		if err != nil {
			t.Fatalf("%v: %v", tc.argv, err)
		}
		if e.Code != tc.code || (tc.start == "") != (e.StartError == "") || !strings.Contains(e.StartError, tc.start) {
			t.Errorf("%v: %+v, want status %d and start error %q", tc.argv, e, tc.code, tc.start)
		}
	}
}

func TestStepRunsAsTheUserInTheDirectoryWithTheEnvironmentOfTheTest(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	r := request(busyboxContext(t), &spec.Service{
		Name: "box", User: "app", Workdir: "/home/app",
		Env: []spec.EnvVar{{Name: "A", Value: "service"}, {Name: "B", Value: "service"}, {Name: "TZ", Value: "CET"}},
	})
	r.File.Otel = &spec.Otel{Resources: []spec.EnvVar{{Name: "env", Value: "a,b c"}}}
	r.File.Determinism.FreezeClock = "2025-01-01T00:00:00Z"
	s := open(t, b, r, out)
	e, err := s.Exec(t.Context(), runner.Command{
		Service: "box", Step: "step",
		Argv: []string{"sh", "-c", "id -u; pwd; echo $HOME; echo $A $B $TZ $LANG; echo $OTEL_RESOURCE_ATTRIBUTES; echo $SOURCE_DATE_EPOCH; hostname"},
		Env:  []spec.EnvVar{{Name: "B", Value: "step"}},
	})
	if err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	want := "1000\n/home/app\n/home/app\nservice step CET C.UTF-8\nenv=a%2Cb%20c\n1735689600\nbox\n"
	if got := out.text("box/step/out"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDeadlineEndsTheWholeProcessTree(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	// A child that ignores TERM, one in a session of its own, and one whose
	// parent has ended.
	script := `trap "" TERM
setsid sh -c 'trap "" TERM; sleep 1000' &
(setsid sleep 1001 &) &
sleep 1002`
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "slow", Argv: []string{"sh", "-c", script}, Timeout: 300 * time.Millisecond})
	if err != nil || !e.TimedOut || e.Signal == "" {
		t.Fatalf("exit = %+v, %v", e, err)
	}
	if limit := strictly(300*time.Millisecond + shared.StepGrace + time.Second); e.Duration > limit {
		t.Errorf("it took %s to end", e.Duration)
	}
	if e := sh(t, s, "! ps -o args | grep -v grep | grep 'sleep 100'"); e.Code != 0 {
		t.Error("a process outlived the deadline of its step")
	}
}

// TestNothingOutlivesItsStepByGettingRidOfItsSupervisor is F15 by programs that
// turn against the process above their tree.
func TestNothingOutlivesItsStepByGettingRidOfItsSupervisor(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	const family = `trap "" TERM
setsid sh -c 'trap "" TERM; sleep 1000' &
(setsid sh -c '(trap "" TERM; sleep 1001) & wait' &) &
`
	for name, act := range map[string]string{
		"kills it":           "kill -9 $PPID; sleep 1002",
		"kills it, and ends": "sleep 0.2; kill -9 $PPID",
		"stops it":           "kill -STOP $PPID; sleep 1002",
		"stops it, and ends": "sleep 0.2; kill -STOP $PPID",
	} {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "slow", Argv: []string{"sh", "-c", family + act}, Timeout: 500 * time.Millisecond})
		if err != nil {
			t.Fatalf("%s: %+v, %v", name, e, err)
		}
		if e.Code == 0 && !e.TimedOut {
			t.Errorf("%s: %+v passes", name, e)
		}
		if e := sh(t, s, "! ps -o pid,ppid,stat,args | grep -v grep | grep 'sleep 100'"); e.Code != 0 {
			t.Errorf("%s: a process outlived its step", name)
		}
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestEndOfContextEndsTheStepBeforeExecReturns(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		out.await(t, "box/slow/out", "begun")
		cancel()
	}()
	_, err := s.Exec(ctx, runner.Command{Service: "box", Step: "slow", Argv: []string{"sh", "-c", "echo begun; sleep 1000"}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
	if e := sh(t, s, "! ps -o args | grep -v grep | grep 'sleep 1000'"); e.Code != 0 {
		t.Error("the process runs on")
	}
}

func TestBackgroundProcessThatHoldsTheOutputDoesNotHangTheStep(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	e := sh(t, s, "(while ! [ -e /tmp/go ]; do sleep 0.05; done; echo late) & echo early")
	if e.Code != 0 || !e.Lingering {
		t.Errorf("exit = %+v", e)
	}
	sh(t, s, "touch /tmp/go")
	out.await(t, "box/step/out", "early\nlate\n")
}

func TestProgramCannotWriteIntoTheStream(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	for _, script := range []string{"echo forged > /proc/1/fd/1", "echo forged > /proc/$PPID/fd/4", "cat /proc/1/environ", "readlink /proc/1/fd/0"} {
		if e := sh(t, s, script); e.Code == 0 {
			t.Errorf("%s succeeds", script)
		}
	}
	if e := sh(t, s, "kill -9 -1; true"); e.Signal != "SIGKILL" {
		t.Errorf("exit = %+v", e)
	}
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("a step after one that killed all it could: %+v", e)
	}
}

func TestForkStormIsBoundedAndEnds(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	e, err := s.Exec(t.Context(), runner.Command{
		Service: "box", Step: "storm", Timeout: 500 * time.Millisecond,
		Argv: []string{"sh", "-c", `f() { f 2>/dev/null | f 2>/dev/null & f 2>/dev/null; }; f & sleep 1000`},
	})
	if err != nil {
		t.Fatalf("%+v, %v", e, err)
	}
	if e := sh(t, s, "test $(ls -d /proc/[0-9]* | wc -l) -lt 10"); e.Code != 0 {
		t.Error("processes are left")
	}
}

func TestMemoryLimitIsToldFromACrash(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"})
	r.Limits.MemoryMB = 64
	s := open(t, b, r, &record{})
	if e := sh(t, s, "tail -c 200000000 /dev/zero > /dev/null"); e.Signal != "SIGKILL" || !e.OOM {
		t.Errorf("exit = %+v, want an end for want of memory", e)
	}
	if e := sh(t, s, "kill -9 $$"); e.Signal != "SIGKILL" || e.OOM {
		t.Errorf("exit = %+v, want an ordinary SIGKILL", e)
	}
}

// digest is a Sink that hashes the output of a step.
type digest struct {
	record
	h     hash.Hash
	bytes atomic.Int64
}

func (d *digest) Output(_, step string, _ runner.Stream, p []byte) {
	if step == "big" {
		d.h.Write(p)
		d.bytes.Add(int64(len(p)))
	}
}

func TestBigOutputArrivesByteForByteInLittleMemory(t *testing.T) {
	b := newBackend(t)
	out := &digest{h: sha256.New()}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	const size = 64 << 20
	// The same bytes on both sides: a repeated pattern with every byte value.
	line := make([]byte, 256)
	for i := range line {
		line[i] = byte(i)
	}
	want := sha256.New()
	for range size / len(line) {
		want.Write(line)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	script := fmt.Sprintf(`i=0; while [ $i -lt 256 ]; do printf "\\$(printf %%03o $i)"; i=$((i+1)); done > /tmp/line
cat /tmp/line /tmp/line /tmp/line /tmp/line > /tmp/kib; i=0
while [ $i -lt 1024 ]; do cat /tmp/kib; i=$((i+1)); done > /tmp/mib; i=0
while [ $i -lt %d ]; do cat /tmp/mib; i=$((i+1)); done`, size>>20)
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "big", Argv: []string{"sh", "-c", script}})
	if err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	runtime.ReadMemStats(&after)
	if got := out.bytes.Load(); got != size || string(out.h.Sum(nil)) != string(want.Sum(nil)) {
		t.Errorf("%d bytes arrived, not the %d that were printed", got, size)
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 32<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

func TestThousandStepsOverOneStream(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	for i := range 1000 {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: []string{"sh", "-c", fmt.Sprintf("exit %d", i%250)}})
		if err != nil || e.Code != i%250 {
			t.Fatalf("step %d: %+v, %v", i, e, err)
		}
	}
}

// slow is a Sink that does not take output before it is told to.
type slow struct {
	record
	gate chan struct{}
}

func (s *slow) Output(service, step string, st runner.Stream, p []byte) {
	<-s.gate
	s.record.Output(service, step, st, p)
}

func TestSlowReaderSlowsTheProgramAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &slow{gate: make(chan struct{})}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	done := make(chan runner.Exit, 1)
	go func() {
		done <- sh(t, s, "head -c 8388608 /dev/zero")
	}()
	select {
	case e := <-done:
		t.Errorf("8 MiB went through although nobody read: %+v", e)
	case <-time.After(300 * time.Millisecond):
	}
	close(out.gate)
	if e := <-done; e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
	if got := len(out.text("box/step/out")); got != 8388608 {
		t.Errorf("%d bytes arrived", got)
	}
}

func TestAgentIsCopiedWhereTheDaemonDoesNotSeeOurFiles(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.copies = true
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	if e := sh(t, s, "test -x "+agentPath+" && ! grep "+agentPath+" /proc/mounts"); e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
}
