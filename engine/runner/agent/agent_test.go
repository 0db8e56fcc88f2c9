package agent_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// The test program is the agent, too: the tests start it as an ordinary process
// and speak to it over pipes.
func TestMain(m *testing.M) {
	agent.RunIfRequested()
	goleak.VerifyTestMain(m)
}

// start starts an agent that ends with the test.
func start(t testing.TB) *client.Client {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", agent.Arg)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := client.New(out, in, func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}, func(bool, []byte) {})
	t.Cleanup(func() {
		c.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the agent ended badly: %v", err)
		}
	})
	if _, err := c.Setup(t.Context(), wire.Setup{}); err != nil {
		t.Fatal(err)
	}
	return c
}

// printed collects the output of a process.
type printed struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	first    chan struct{} // closed at the first output
}

func newPrinted() *printed { return &printed{first: make(chan struct{})} }

func (p *printed) add(stderr bool, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out.Len()+p.err.Len() == 0 {
		close(p.first)
	}
	if stderr {
		p.err.Write(b)
	} else {
		p.out.Write(b)
	}
}

// run executes a shell script.
func run(t testing.TB, c *client.Client, r wire.Run) (wire.Exit, *printed) {
	t.Helper()
	p := newPrinted()
	proc, err := c.Start(r, p.add)
	if err != nil {
		t.Fatal(err)
	}
	e, err := proc.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e, p
}

func script(text string) wire.Run {
	return wire.Run{Argv: []string{"sh", "-c", text}, Env: []string{"PATH=/usr/bin:/bin"}}
}

func TestOutputAndStatus(t *testing.T) {
	c := start(t)
	e, p := run(t, c, script("echo out; echo err >&2; exit 7"))
	if e.Code != 7 || p.out.String() != "out\n" || p.err.String() != "err\n" {
		t.Errorf("%+v, %q, %q", e, p.out.String(), p.err.String())
	}
	e, _ = run(t, c, script("kill -9 $$"))
	if e.Code != -1 || e.Signal != "SIGKILL" || e.OOM {
		t.Errorf("%+v, want SIGKILL", e)
	}
	e, p = run(t, c, script("env; pwd"))
	if got := p.out.String(); !strings.Contains(got, "PATH=/usr/bin:/bin") || strings.Contains(got, "HOME=") || !strings.HasSuffix(got, "/\n") {
		t.Errorf("the environment is not exactly what was given, or the directory not the root: %q", got)
	}
}

// TestOnlyWhoAsksIsToldThatAProgramRuns: each frame wakes every program on its way.
func TestOnlyWhoAsksIsToldThatAProgramRuns(t *testing.T) {
	c := start(t)
	for _, tell := range []bool{false, true} {
		r := script("exit 0")
		r.Tell = tell
		proc, err := c.Start(r, newPrinted().add)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proc.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := false // frames come in order: before the end, or never
		select {
		case <-proc.Started():
			told = true
		default:
		}
		if told != tell {
			t.Errorf("tell = %v, told = %v", tell, told)
		}
	}
}

func TestProcessesRunSideBySide(t *testing.T) {
	c := start(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			e, p := run(t, c, script("echo "+strconv.Itoa(i)+"; sleep 0.05; exit "+strconv.Itoa(i)))
			if e.Code != i || p.out.String() != strconv.Itoa(i)+"\n" {
				t.Errorf("process %d: %+v, %q", i, e, p.out.String())
			}
		})
	}
	wg.Wait()
}

// TestProgramsThatStopTheirSupervisorAtOnceEndAtTheirDeadline stops the process
// above a program before that could say that the program runs, in some of many
// tries: the faster of the two wins.
func TestProgramsThatStopTheirSupervisorAtOnceEndAtTheirDeadline(t *testing.T) {
	c := start(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 5 {
				r := script("kill -STOP $PPID")
				r.TimeoutMS = 50
				run(t, c, r) // it comes back at all
			}
		})
	}
	wg.Wait()
}

func TestKillEndsTheTreeBeforeExit(t *testing.T) {
	c := start(t)
	p := newPrinted()
	// Prints the number of a process that left its session and its parent.
	proc, err := c.Start(script(`trap "" TERM
(setsid sh -c 'trap "" TERM; echo $$; sleep 1000' &)
sleep 1000`), p.add)
	if err != nil {
		t.Fatal(err)
	}
	<-p.first
	if err := proc.Kill(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	e, err := proc.Wait(t.Context())
	if err != nil || e.Signal != "SIGKILL" {
		t.Errorf("%+v, %v", e, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(p.out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is alive: %v", pid, err)
	}
}

func TestExitComesAfterTheEndOfWhatOutlivesTheProgram(t *testing.T) {
	c := start(t)
	p := newPrinted()
	proc, err := c.Start(script(`setsid sh -c 'trap "" TERM; echo $$; exec >/dev/null 2>&1; while :; do sleep 0.01; done' & sleep 1000`), p.add)
	if err != nil {
		t.Fatal(err)
	}
	<-p.first
	if err := proc.Kill(3 * time.Second); err != nil {
		t.Fatal(err)
	}
	if e, err := proc.Wait(t.Context()); err != nil || e.Signal != "SIGTERM" {
		t.Errorf("%+v, %v", e, err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(p.out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is alive: %v", pid, err)
	}
}

func TestTermIsEnoughForProgramsThatEnd(t *testing.T) {
	c := start(t)
	p := newPrinted()
	proc, err := c.Start(script(`trap 'echo flushed; exit 3' TERM; echo up; while :; do sleep 0.01; done`), p.add)
	if err != nil {
		t.Fatal(err)
	}
	<-p.first
	if err := proc.Kill(time.Minute); err != nil {
		t.Fatal(err)
	}
	if e, err := proc.Wait(t.Context()); err != nil || e.Code != 3 || p.out.String() != "up\nflushed\n" {
		t.Errorf("%+v, %v, %q", e, err, p.out.String())
	}
}

func TestDeadlineIsToldFromAnEnd(t *testing.T) {
	c := start(t)
	r := script("sleep 1000")
	r.TimeoutMS, r.GraceMS = 50, 60_000
	if e, _ := run(t, c, r); !e.TimedOut || e.Signal != "SIGTERM" {
		t.Errorf("%+v", e)
	}
	r = script("exit 4")
	r.TimeoutMS = 60_000
	if e, _ := run(t, c, r); e.TimedOut || e.Code != 4 {
		t.Errorf("%+v", e)
	}
}

func TestEndOfStreamEndsEverything(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", agent.Arg)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := client.New(out, in, func() { _ = in.Close() }, func(bool, []byte) {})
	if _, err := c.Setup(t.Context(), wire.Setup{}); err != nil {
		t.Fatal(err)
	}
	p := newPrinted()
	proc, err := c.Start(script(`trap "" TERM HUP; echo $$; sleep 1000`), p.add)
	if err != nil {
		t.Fatal(err)
	}
	<-p.first
	c.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := proc.Wait(t.Context()); !errors.Is(err, client.ErrClosed) {
		t.Errorf("err = %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(p.out.String()))
	if err != nil {
		t.Fatal(err)
	}
	limit := time.After(time.Minute)
	for lives(pid) {
		select {
		case <-limit:
			t.Fatalf("process %d outlived the agent", pid)
		case <-time.After(time.Millisecond): // the kernel is asked again
		}
	}
}

// lives reports whether a process runs. One that has ended and that nobody has
// waited for yet does not.
func lives(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func TestFinishEndsWhatStepsLeftBehind(t *testing.T) {
	c := start(t)
	up := filepath.Join(t.TempDir(), "up")
	e, p := run(t, c, script(`sh -c 'trap "echo bye; exit" TERM; echo ready; : > `+up+`; while :; do sleep 0.01; done' & while ! [ -e `+up+` ]; do sleep 0.01; done`))
	if !e.Lingering {
		t.Errorf("%+v", e)
	}
	f, err := c.Finish(t.Context(), time.Minute)
	if err != nil || len(f.Killed) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if p.out.String() != "ready\nbye\n" {
		t.Errorf("output = %q", p.out.String())
	}
	if e, _ := run(t, c, script("true")); e.StartError == "" {
		t.Error("the agent takes processes after the end")
	}
}

func TestFinishNamesWhatHadToBeKilled(t *testing.T) {
	c := start(t)
	p := newPrinted()
	proc, err := c.Start(script(`trap "" TERM; echo deaf; while :; do sleep 1; done`), p.add)
	if err != nil {
		t.Fatal(err)
	}
	<-p.first
	f, err := c.Finish(t.Context(), 20*time.Millisecond)
	if err != nil || len(f.Killed) != 1 || f.Killed[0] != proc.ID() {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestProbes(t *testing.T) {
	c := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, p := range []wire.Probe{
		{Kind: wire.ProbeTCP, Target: "127.0.0.1:1", TimeoutMS: 1000},
		{Kind: wire.ProbeHTTP, Target: "http://127.0.0.1:1/", TimeoutMS: 1000},
		{Kind: wire.ProbeSealed, Targets: []string{"127.0.0.1:1"}, TimeoutMS: 1000},
		{Kind: "other", TimeoutMS: 1000},
	} {
		r, err := c.Probe(ctx, p)
		if err != nil || r.OK || r.Detail == "" {
			t.Errorf("%+v: %+v, %v", p, r, err)
		}
	}
}

func TestWrongVersionEndsTheStream(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", agent.Arg)
	var frame bytes.Buffer
	if err := wire.NewWriter(&frame).Send(wire.TypeSetup, 0, wire.Setup{Version: wire.Version + 1}); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = &frame
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "version") {
		t.Errorf("%v, %q", err, stderr.String())
	}
}

func BenchmarkRun(b *testing.B) {
	c := start(b)
	r := wire.Run{Argv: []string{"/bin/true"}}
	for b.Loop() {
		if e, _ := run(b, c, r); e.Code != 0 {
			b.Fatalf("%+v", e)
		}
	}
}
