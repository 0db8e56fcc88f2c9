package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
)

// stray is a script that leaves a process behind that has left its session and
// its parent, prints its number and does not end.
const stray = `(setsid sh -c 'trap "" TERM HUP INT; echo $$; while :; do sleep 0.01; done' &)
sleep 1000`

// alive reports whether a process runs.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStepThatIsStoppedLeavesNoProcess(t *testing.T) {
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(t.TempDir()), out)
	var pid int
	for timeout := 500 * time.Millisecond; pid == 0; timeout *= 2 {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", stray}, Timeout: timeout})
		if err != nil || !e.TimedOut {
			t.Fatalf("%+v, %v", e, err)
		}
		if text := strings.TrimSpace(out.text("box/step")); text != "" { // else it had no time to print
			if pid, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if alive(pid) {
		t.Errorf("process %d is alive", pid)
	}
}

// childArg makes the test program a runner of its own, to be killed.
const childArg = "clnrm-test-local-child"

func runChildIfRequested() {
	if len(os.Args) != 3 || os.Args[1] != childArg {
		return
	}
	b, err := New(Options{CacheDir: os.Args[2]})
	if err == nil {
		var s runner.Session
		if s, err = b.Open(context.Background(), request("/"), printer{}); err == nil {
			_, err = s.Exec(context.Background(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", stray}})
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// printer is a runner.Sink that prints output.
type printer struct{}

func (printer) Output(_, _ string, _ runner.Stream, p []byte) { _, _ = os.Stdout.Write(p) }
func (printer) Spans(string, runner.Payload)                  {}
func (printer) Progress(string)                               {}

func TestKilledRunnerLeavesNothing(t *testing.T) {
	cache := t.TempDir()
	for range 3 {
		cmd := exec.Command("/proc/self/exe", childArg, cache)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Fscan(out, &pid); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		limit := time.After(time.Minute)
		for {
			left, err := os.ReadDir(filepath.Join(cache, "local"))
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 && !alive(pid) && len(groupsOf(cmd.Process.Pid)) == 0 {
				break
			}
			select {
			case <-limit:
				t.Fatalf("process %d alive: %v, directories: %v, control groups: %v", pid, alive(pid), left, groupsOf(cmd.Process.Pid))
			case <-time.After(5 * time.Millisecond): // the kernel is asked again
			}
		}
	}
}

func TestSweepRemovesWhatDeadProcessesLeft(t *testing.T) {
	b := newBackend(t)
	live := open(t, b, request(t.TempDir()), &record{})
	dead := b.me
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead.PID = gone.Process.Pid
	foreign := b.me
	foreign.Machine = "another"
	dir := func(p owner.Process) string {
		return filepath.Join(b.root, directory(p, "token", "web"))
	}
	other := filepath.Join(b.root, "somebody-elses")
	for _, d := range []string{dir(dead), dir(foreign), other} {
		if err := os.MkdirAll(filepath.Join(d, "tmp"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Sweep(); n.Directories != 1 || err != nil {
		t.Errorf("%+v removed, %v", n, err)
	}
	if e := sh(t, live, "true"); e.Code != 0 {
		t.Errorf("the running scenario: %+v", e)
	}
	for _, d := range []string{dir(foreign), other} {
		if err := os.RemoveAll(d); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir(dead)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the dead one left: %v", err)
	}
}

func TestCancelledOpenLeavesNothing(t *testing.T) {
	b := newBackend(t)
	for i := range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*3)*time.Millisecond)
		s, err := b.Open(ctx, request(t.TempDir()), &record{})
		cancel()
		if err == nil {
			err = s.Close(ctx)
			if err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		expectEmpty(t, b.root)
	}
}
