package docker

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// left counts what an owner has on the daemon.
func left(t *testing.T, api remover, owner string) int {
	t.Helper()
	filters := make(client.Filters).Add("label", labelOwner+"="+owner)
	cs, err := api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := api.NetworkList(t.Context(), client.NetworkListOptions{Filters: filters})
	if err != nil {
		t.Fatal(err)
	}
	n := len(ns.Items)
	for _, c := range cs.Items {
		// A daemon that was killed may go on to list a container of which it says
		// otherwise that there is none.
		if _, err := api.ContainerInspect(t.Context(), c.ID, client.ContainerInspectOptions{}); !errdefs.IsNotFound(err) {
			n++
		}
	}
	return n
}

// expectGone waits until an owner has nothing on the daemon any more and stays
// so while the watchdog settles. It may take that long, strictly.
func expectGone(t *testing.T, api remover, owner string, within time.Duration) time.Duration {
	t.Helper()
	within = strictly(within)
	begin := time.Now()
	for left(t, api, owner) > 0 {
		if time.Since(begin) > within {
			t.Fatalf("%d containers or networks are left after %s", left(t, api, owner), within)
		}
		<-time.After(20 * time.Millisecond) // the daemon is asked again
	}
	return time.Since(begin)
}

func TestKilledRunnerLeavesNothing(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	dir := busyboxContext(t)
	newBackendWarm(t, dir)
	runs := 12
	if testing.Short() {
		runs = 3
	}
	if fullFaults() {
		runs = 200
	}
	for i := range runs {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			c := startChild(t, dir)
			if i%3 == 0 {
				if line := c.line(t); line != "up" {
					t.Fatalf("the child said %q", line)
				}
			} else {
				<-time.After(rand.N(700 * time.Millisecond)) // anywhere in Open
			}
			before := left(t, api, c.owner)
			c.kill(t)
			took := expectGone(t, api, c.owner, 3*time.Second)
			<-time.After(300 * time.Millisecond) // what the daemon was still creating
			expectGone(t, api, c.owner, 3*time.Second)
			t.Logf("%d things gone after %s", before, took)
		})
	}
}

func TestContainersEndWithTheirStreamEvenWithoutWatchdog(t *testing.T) {
	t.Parallel()
	// Where nobody else sweeps what is left.
	d := newPrivateDaemon(t, "300m")
	api, host := d.api(t), "unix://"+d.socket
	dir := busyboxContext(t)
	c := startChildAt(t, host, dir)
	c.line(t)
	guard, err := strconv.Atoi(c.line(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(guard, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.kill(t)
	filters := make(client.Filters).Add("label", labelOwner+"="+c.owner)
	for begin := time.Now(); ; <-time.After(20 * time.Millisecond) { // the daemon is asked again
		cs, err := api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
		if err != nil {
			t.Fatal(err)
		}
		if len(cs.Items) == 0 {
			break
		}
		if time.Since(begin) > strictly(3*time.Second) {
			t.Fatalf("%d containers outlived their stream", len(cs.Items))
		}
	}
	// The network is left, and the next run's sweep removes it.
	b := backendAt(t, host)
	want := Swept{Networks: 1}
	if n, err := b.Leftovers(t.Context()); err != nil || n != want {
		t.Errorf("%+v is left, %v", n, err)
	}
	if n, err := b.Sweep(t.Context()); err != nil || n != want {
		t.Errorf("the sweep removed %+v, %v", n, err)
	}
	if n := left(t, api, c.owner); n > 0 {
		t.Errorf("%d things are left", n)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// newBackendWarm makes agent and image ready, so that a child begins at once.
func newBackendWarm(t *testing.T, dir string) {
	t.Helper()
	if err := newBackend(t).Prepare(t.Context(), request(dir, &spec.Service{Name: "box"})); err != nil {
		t.Fatal(err)
	}
}

func TestCancelledOpenLeavesNothing(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	dir := busyboxContext(t)
	newBackendWarm(t, dir)
	runs := 20
	if testing.Short() {
		runs = 5
	}
	const lanes = 4
	for range lanes {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			b := newBackend(t)
			for range runs / lanes {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(600*time.Millisecond))
				s, err := b.Open(ctx, request(dir, &spec.Service{Name: "box"}, &spec.Service{Name: "other"}), &record{})
				cancel()
				if err == nil {
					if err := s.Close(ctx); err != nil { // although ctx has ended
						t.Error(err)
					}
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("err = %v", err)
				}
				if n := left(t, api, b.owner); n > 0 {
					t.Fatalf("%d containers or networks are left", n)
				}
			}
		})
	}
}

func TestOneRunDoesNotTouchAnother(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	s := open(t, b, request(dir, &spec.Service{Name: "box"}), &record{})
	c := startChild(t, dir)
	c.line(t)
	c.kill(t)
	expectGone(t, needDocker(t), c.owner, 3*time.Second)
	if n, err := newBackend(t).Sweep(t.Context()); err != nil {
		t.Errorf("%+v removed, %v", n, err)
	}
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("the surviving run: %+v", e)
	}
}

func TestSweepRemovesWhatDeadProcessesLeft(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "200m") // where nobody else sweeps
	b := backendAt(t, "unix://"+d.socket)
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	live := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead, foreign, rebooted := c.me, c.me, c.me
	dead.PID = gone.Process.Pid
	rebooted.Boot = "another"
	foreign.Machine = "another"
	create := func(i owner.Process) string {
		r, err := c.api.ContainerCreate(t.Context(), client.ContainerCreateOptions{
			Config: &container.Config{Image: live.Evidence().Containers[0].Digest, Cmd: []string{"/bin/true"}, Labels: map[string]string{
				labelOwner: b.owner, labelProcess: i.String(),
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	ids := map[string]bool{create(dead): false, create(rebooted): false, create(foreign): true, create(c.me): true}
	n, err := b.Sweep(t.Context())
	if err != nil || n.Containers != 2 {
		t.Errorf("%+v removed, %v", n, err)
	}
	for id, keep := range ids {
		if _, err := c.api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{}); (err == nil) != keep {
			t.Errorf("container %.12s: kept = %v, want %v", id, err == nil, keep)
		}
	}
	if e := sh(t, live, "true"); e.Code != 0 {
		t.Errorf("the running scenario: %+v", e)
	}
}

func TestCloseOfTheBackendTakesOpenSessionsDown(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	s, err := b.Open(t.Context(), request(dir, &spec.Service{Name: "box"}), &record{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: []string{"true"}}); err == nil {
		t.Error("a step runs in a scenario that was taken down")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := b.Open(t.Context(), request(dir, &spec.Service{Name: "box"}), &record{}); !errors.Is(err, errClosed) {
		t.Errorf("err = %v", err)
	}
}

func TestContainerThatIsRemovedFromOutsideFailsTheStep(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	go func() {
		out.await(t, "box/step/out", "begun")
		if err := removeContainer(context.Background(), b.conn.api, s.Evidence().Containers[0].ID); err != nil {
			t.Error(err)
		}
	}()
	_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", "echo begun; sleep 1000"}})
	if err == nil || !strings.Contains(err.Error(), "the container of service box is gone") {
		t.Errorf("err = %v", err)
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || tel.Complete {
		t.Errorf("%+v, %v: lost telemetry counts as complete", tel, err)
	}
}

func TestWrongDaemonAddressIsNeverReplacedByAnother(t *testing.T) {
	t.Parallel()
	needDocker(t)
	for _, host := range []string{"unix:///no/such/docker.sock", "tcp://127.0.0.1:1", "tcp://192.0.2.1:2375", "ssh://host", "nonsense"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			b, err := New(Options{CacheDir: cacheDir, Getenv: func(name string) string {
				if name == "DOCKER_HOST" {
					return host
				}
				return os.Getenv(name)
			}})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			err = b.Ready(t.Context())
			var ee *runner.EnvironmentError
			if !errors.As(err, &ee) || !strings.Contains(err.Error(), host) || ee.Remedy == "" {
				t.Errorf("err = %v", err)
			}
			within(t, begin, answerWithin+500*time.Millisecond, "the answer")
			if err := b.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
