package local

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// needGroups returns a backend on a machine where services have control groups.
func needGroups(t testing.TB) *Backend {
	t.Helper()
	t.Cleanup(func() { expectNoGroup(t, os.Getpid()) }) // after the backend is closed
	b := newBackend(t)
	if err := b.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, lacking, err := b.Limits(); len(lacking) > 0 || err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(lacking, err)
		}
		t.Skip("this machine lets nobody limit services: ", lacking, err)
	}
	return b
}

// groupless returns a backend on a machine that has no control groups.
func groupless(t testing.TB) *Backend {
	t.Helper()
	b := newBackend(t)
	if err := b.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.groups = cgroup.Find(t.TempDir(), "nobody")
	return b
}

// groupsOf lists the folders of control groups that a process has made.
func groupsOf(pid int) (dirs []string) {
	for _, g := range cgroup.Left("/", func(name string) bool {
		whose, ok := ownerOf(strings.TrimPrefix(name, groupPrefix))
		return strings.HasPrefix(name, groupPrefix) && ok && whose.PID == pid
	}) {
		dirs = append(dirs, g...)
	}
	return dirs
}

func expectNoGroup(t testing.TB, pid int) {
	t.Helper()
	for _, dir := range groupsOf(pid) {
		t.Errorf("the control group %s is left", dir)
	}
}

// limited is a request in which the place without a program has limits.
func limited(t testing.TB, l spec.Limits, services ...*spec.Service) runner.Request {
	r := request(t.TempDir(), services...)
	r.Services[0].Limits = &l
	return r
}

// stat reads a number of the control group of a node as the kernel has it.
func stat(t testing.TB, n *node, key string, files ...string) int64 {
	t.Helper()
	for _, dir := range n.group.Group {
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				continue
			}
			fields := strings.Fields(string(text))
			for i := range fields {
				at := i
				if key != "" {
					if fields[i] != key {
						continue
					}
					at = i + 1
				}
				v, err := strconv.ParseInt(fields[at], 10, 64)
				if err != nil {
					t.Fatalf("%s/%s: %s", dir, file, text)
				}
				return v
			}
		}
	}
	t.Fatalf("no %q in %v of %v", key, files, n.group.Group)
	return 0
}

// eat is a script that takes more memory than the limits of these tests.
const eat = `head -c 900M /dev/zero | tail -c 900M > /dev/null`

func TestProgramThatEatsMemoryIsKilledAndNamed(t *testing.T) {
	b := needGroups(t)
	s := open(t, b, limited(t, spec.Limits{MemoryMB: 200}), &record{})
	if e := sh(t, s, eat); e.Code == 0 || !e.OOM || e.MemoryLimit != 200<<20 || !strings.Contains(e.OutOfMemory(), "out of memory (limit 200 MiB") {
		t.Errorf("%+v", e)
	}
	// What came before has no part in what fails later.
	if e := sh(t, s, "exit 3"); e.OOM || e.Code != 3 {
		t.Errorf("%+v", e)
	}
	ev := s.Evidence()
	if l := ev.Containers[0].Limits; l.MemoryMB != 200 || !strings.HasPrefix(l.By, "cgroup v") || len(ev.Exceptions) != 0 {
		t.Errorf("%+v", ev)
	}
	if n := stat(t, s.(*session).nodes[0], "", "memory.max", "memory.limit_in_bytes"); n != 200<<20 {
		t.Errorf("the kernel says %d bytes", n)
	}
}

func TestLimitsAreThoseOfEachService(t *testing.T) {
	b := needGroups(t)
	free := &spec.Service{Name: "free", Plugin: "go_binary", Package: "./web", Args: []string{strconv.Itoa(heldPort(t))}}
	r := limited(t, spec.Limits{MemoryMB: 100}, free)
	r.Dir = program(t)
	s := open(t, b, r, &record{})
	e, err := s.Exec(t.Context(), runner.Command{Service: "free", Step: "eat", Argv: []string{"sh", "-c", eat}})
	if err != nil || e.Code != 0 {
		t.Errorf("a service without a limit: %+v, %v", e, err)
	}
	if l := s.Evidence().Containers[1].Limits; l != (runner.ContainerLimits{}) {
		t.Errorf("%+v", l)
	}
}

func TestServiceThatEatsMemoryIsNamed(t *testing.T) {
	b := needGroups(t)
	eater := &spec.Service{Name: "eater", Plugin: "go_binary", Package: "./web", Args: []string{"eat"}, Limits: &spec.Limits{MemoryMB: 200}, Ports: []int{heldPort(t)}}
	_, err := b.Open(t.Context(), request(program(t), eater), &record{})
	var se *runner.ServiceError
	if !errors.As(err, &se) || se.Service != "eater" || !strings.Contains(se.What, "out of memory (limit 200 MiB") {
		t.Errorf("err = %v", err)
	}
}

// A program that never rests gets its share in every period and no more, counted by
// the kernel: how busy the machine is does not matter.
func TestProgramGetsItsShareOfTheProcessors(t *testing.T) {
	b := needGroups(t)
	s := open(t, b, limited(t, spec.Limits{CPUMillicores: 100}), &record{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := s.Exec(ctx, runner.Command{Service: "box", Step: "busy", Argv: []string{"sh", "-c", "while :; do :; done"}}); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}()
	defer func() { cancel(); <-done }()
	n := s.(*session).nodes[0]
	for limit := time.After(time.Minute); ; {
		if stat(t, n, "nr_throttled", "cpu.stat") >= 10 {
			break
		}
		select {
		case <-limit:
			t.Fatalf("it was held back %d times in %d periods", stat(t, n, "nr_throttled", "cpu.stat"), stat(t, n, "nr_periods", "cpu.stat"))
		case <-time.After(10 * time.Millisecond): // the kernel is asked again
		}
	}
	_, used, ok := n.group.Used()
	periods := stat(t, n, "nr_periods", "cpu.stat") + 1
	// The kernel hands time out in slices of 5 ms to each processor.
	if most := time.Duration(periods)*10*time.Millisecond + 50*time.Millisecond; !ok || used > most || used < 20*time.Millisecond {
		t.Errorf("%s in %d periods of 100 ms, at most %s", used, periods, most)
	}
	if l := s.Evidence().Containers[0].Limits; l.CPUMillicores != 100 {
		t.Errorf("%+v", l)
	}
}

func TestNoMoreProcessesThanTheLimit(t *testing.T) {
	b := needGroups(t)
	out := &record{}
	s := open(t, b, limited(t, spec.Limits{Pids: 20}), out)
	e := sh(t, s, `i=0; while [ $i -lt 400 ]; do sleep 1000 & i=$((i+1)); done; echo all`)
	n := s.(*session).nodes[0]
	if e.Code == 0 || strings.Contains(out.text("box/step"), "all") || stat(t, n, "max", "pids.events") == 0 {
		t.Errorf("%+v: %s", e, out.text("box/step"))
	}
	if got, most := stat(t, n, "", "pids.current"), stat(t, n, "", "pids.max"); got > most || most > 100 {
		t.Errorf("%d processes, at most %d", got, most)
	}
}

func TestWithoutControlGroupsTheReportSaysWhatDoesNotHold(t *testing.T) {
	b := groupless(t)
	var refusal *runner.EnvironmentError
	if _, err := b.Open(t.Context(), limited(t, spec.Limits{MemoryMB: 64}), &record{}); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "64 MB for service box cannot be held locally") {
		t.Errorf("err = %v", err)
	}
	s := open(t, b, limited(t, spec.Limits{MemoryMB: 3000, CPUMillicores: 500, Pids: 9}), &record{})
	ev := s.Evidence()
	text := strings.Join(ev.Exceptions, "\n")
	for _, want := range []string{
		"limit of 3000 MB of memory for box holds for each process by itself: the kernel offers no control groups with the controller memory",
		"limit of 500 CPU millicores for box is not enforced: ", "limit of 9 processes for box is not enforced: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if l := ev.Containers[0].Limits; l != (runner.ContainerLimits{}) {
		t.Errorf("told as enforced: %+v", l)
	}
	if held, lacking, err := b.Limits(); held != nil || len(lacking) != 3 || err != nil {
		t.Errorf("held %q, lacking %q, %v", held, lacking, err)
	}
	if e := sh(t, s, "true"); e.Code != 0 || e.OOM {
		t.Errorf("%+v", e)
	}
}

func TestMemoryLimitThatNothingCouldLiveWithIsRefused(t *testing.T) {
	b := needGroups(t)
	var refusal *runner.EnvironmentError
	if _, err := b.Open(t.Context(), limited(t, spec.Limits{MemoryMB: 8}), &record{}); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "8 MB for service box cannot be held locally") {
		t.Errorf("err = %v", err)
	}
}

// What a program and its agent leave behind that are killed at once: a group with
// something alive in it, because its watcher was killed, too.
func TestSweepEndsAndRemovesTheControlGroupsOfDeadProcesses(t *testing.T) {
	b := needGroups(t)
	live := open(t, b, request(t.TempDir()), &record{})
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead := b.me
	dead.PID = gone.Process.Pid
	left := b.groups.Make(groupName(dead, "token", "web"), cgroup.Limits{})
	t.Cleanup(func() {
		if err := left.Group.Remove(leaveLimit); err != nil {
			t.Error(err)
		}
	})
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	if err := left.Group.Enter(sleeper.Process.Pid); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sleeper.Wait() }()
	// Others may have left some on this machine, too.
	if got, err := b.Sweep(); got.Groups < 1 || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	select {
	case err := <-ended:
		var status *exec.ExitError
		if !errors.As(err, &status) || status.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("what was in the group lives")
	}
	if dirs := groupsOf(dead.PID); len(dirs) > 0 {
		t.Errorf("left: %v", dirs)
	}
	if e := sh(t, live, "true"); e.Code != 0 {
		t.Errorf("the running scenario: %+v", e)
	}
}

func TestServicesElsewhereAreAsked(t *testing.T) {
	b := newBackend(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := &spec.Service{Name: "away", Plugin: spec.PluginOutside, Endpoint: l.Addr().String()}
	s := open(t, b, request(t.TempDir(), away), &record{})
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("%+v", e)
	}
	if ev := s.Evidence(); len(ev.Containers) != 1 || strings.Join(ev.Exceptions, "") != "service away runs elsewhere, at "+away.Endpoint {
		t.Errorf("%+v", ev)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	away.Optional = true
	var skip *runner.SkipError
	if _, err := b.Open(t.Context(), request(t.TempDir(), away), &record{}); !errors.As(err, &skip) || !strings.Contains(err.Error(), "service away does not answer at ") {
		t.Errorf("err = %v", err)
	}
}
