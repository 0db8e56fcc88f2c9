package docker

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// step is what one Exec gave.
type step struct {
	exit runner.Exit
	err  error
	at   time.Time
}

// execute starts a step in the background.
func execute(ctx context.Context, s runner.Session, c runner.Command) <-chan step {
	done := make(chan step, 1)
	go func() {
		e, err := s.Exec(ctx, c)
		done <- step{e, err, time.Now()}
	}()
	return done
}

// loop is a step that says when it runs, and does not end.
var loop = runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", "echo begun; sleep 1000"}}

// two is a scenario of two services, and so with a network.
func two(dir string) runner.Request {
	return request(dir, &spec.Service{Name: "box"}, &spec.Service{Name: "other", Args: []string{"sleep", "1000"}})
}

// TestDaemonThatIsKilledFailsTheStepAndIsCleanedUpAfterItsReturn is fault F7.
func TestDaemonThatIsKilledFailsTheStepAndIsCleanedUpAfterItsReturn(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "300m")
	away := []time.Duration{time.Second}
	if fullFaults() {
		away = []time.Duration{5 * time.Second, 60 * time.Second}
	}
	dir := busyboxContext(t)
	for _, pause := range away {
		b := backendAt(t, "unix://"+d.socket)
		out := &record{}
		s, err := b.Open(t.Context(), two(dir), out)
		if err != nil {
			t.Fatal(err)
		}
		done := execute(t.Context(), s, loop)
		out.await(t, "box/step/out", "begun")
		killed := time.Now()
		d.order(t, "kill")
		got := <-done
		if got.err == nil {
			t.Errorf("the step ended as %+v", got.exit)
		}
		within(t, killed, 2*time.Second, "the end of the step")
		if tel, err := s.Finish(t.Context(), ample); err == nil && tel.Complete {
			t.Errorf("the telemetry counts as complete: %+v", tel)
		}
		var ee *runner.EnvironmentError
		if err := s.Close(t.Context()); !errors.As(err, &ee) || !strings.Contains(ee.Remedy, "clean") {
			t.Errorf("what is left is not told: %v", err)
		}
		if err := b.Close(t.Context()); err == nil {
			t.Error("the backend is closed without a complaint")
		}
		within(t, killed, 10*time.Second, "the end of the run")
		<-time.After(pause) // how long the daemon is away
		d.start(t)
		expectGone(t, d.api(t), b.owner, 15*time.Second)
	}
}

// TestOutageThatOutlivesEverybodyIsToldAndCleaned is the part of F7 and F5 that
// no watchdog can see to: it is gone, too.
func TestOutageThatOutlivesEverybodyIsToldAndCleaned(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "300m")
	dir := busyboxContext(t)
	host := "unix://" + d.socket
	b := backendAt(t, host)
	live, err := b.Open(t.Context(), request(dir, &spec.Service{Name: "box"}), &record{})
	if err != nil {
		t.Fatal(err)
	}
	c := startChildAt(t, host, dir)
	if line := c.line(t); line != "up" {
		t.Fatalf("the child said %q", line)
	}
	guard := pidOf(t, c.line(t))
	d.order(t, "stop")
	if err := syscall.Kill(guard, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.kill(t)
	d.order(t, "kill")
	d.start(t)
	n, err := b.Leftovers(t.Context())
	if err != nil || n.Networks == 0 {
		t.Errorf("%+v is told to be left, %v", n, err)
	}
	if swept, err := b.Sweep(t.Context()); err != nil || swept != n {
		t.Errorf("%+v was left, %+v removed, %v", n, swept, err)
	}
	if n := left(t, d.api(t), c.owner); n > 0 {
		t.Errorf("%d things are left", n)
	}
	// The daemon killed it when it came back; what matters is that it may go.
	if err := errors.Join(live.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err)
	}
	expectGone(t, d.api(t), b.owner, 5*time.Second)
}

// TestDaemonThatHangsLetsEveryCallEnd is fault F8.
func TestDaemonThatHangsLetsEveryCallEnd(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "300m")
	dir := busyboxContext(t)
	b := backendAt(t, "unix://"+d.socket)
	out := &record{}
	s, err := b.Open(t.Context(), two(dir), out)
	if err != nil {
		t.Fatal(err)
	}
	done := execute(t.Context(), s, loop)
	out.await(t, "box/step/out", "begun")
	d.order(t, "stop")
	stopped := time.Now()

	// Whoever asks first hears within the limit that nobody answers.
	other := backendAt(t, "unix://"+d.socket)
	var ee *runner.EnvironmentError
	if err := other.Ready(t.Context()); !errors.As(err, &ee) || !strings.Contains(err.Error(), d.socket) {
		t.Errorf("a hung daemon is ready: %v", err)
	}
	within(t, stopped, answerWithin+time.Second, "the answer that there is none")
	if err := other.Close(t.Context()); err != nil {
		t.Error(err)
	}
	// A start ends with its context.
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if fullFaults() {
		begin := time.Now()
		if _, err := b.Open(ctx, two(dir), &record{}); err == nil {
			t.Error("a scenario starts on a hung daemon")
		}
		within(t, begin, createLimit+closeLimit+time.Second, "a start")
	}
	select {
	case got := <-done:
		t.Errorf("the step ended as %+v", got)
	default:
	}
	d.order(t, "continue")
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("after the daemon went on: %+v", e)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := <-done; got.err == nil {
		t.Errorf("the step that was taken down ended as %+v", got.exit)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	expectGone(t, d.api(t), b.owner, 5*time.Second)
}

// TestStepOnAHungDaemonEndsAtItsDeadline is the part of F8 that the daemon does
// not come back for.
func TestStepOnAHungDaemonEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "300m")
	b := backendAt(t, "unix://"+d.socket)
	out := &record{}
	s, err := b.Open(t.Context(), request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	if err != nil {
		t.Fatal(err)
	}
	if !fullFaults() {
		b.conn.late = time.Second
	}
	c := loop
	c.Timeout = 200 * time.Millisecond
	done := execute(t.Context(), s, c)
	out.await(t, "box/step/out", "begun")
	d.order(t, "stop")
	begin := time.Now()
	if got := <-done; got.err == nil || !strings.Contains(got.err.Error(), "does not answer") {
		t.Errorf("the step ended as %+v", got)
	}
	within(t, begin, c.Timeout+shared.StepGrace+b.conn.late+5*time.Second, "the end of the step")
	d.order(t, "continue")
	if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err)
	}
	expectGone(t, d.api(t), b.owner, 5*time.Second)
}

// TestFullDiskIsTheMachinesFaultAndNeverAPass is fault F12 but for reports.
func TestFullDiskIsTheMachinesFaultAndNeverAPass(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "120m")
	dir := busyboxContext(t)
	b := backendAt(t, "unix://"+d.socket)
	r := request(dir, &spec.Service{Name: "box"})
	out := &record{}
	s, err := b.Open(t.Context(), r, out)
	if err != nil {
		t.Fatal(err)
	}
	// In the midst of a step.
	if e := sh(t, s, "dd if=/dev/zero of=/big bs=1M count=1000"); e.Code == 0 || !strings.Contains(out.text("box/step/err"), "No space left") {
		t.Errorf("%+v, %s", e, out.text("box/step/err"))
	}
	// At the creation.
	d.order(t, "fill")
	var ee *runner.EnvironmentError
	if _, err := b.Open(t.Context(), two(dir), &record{}); !errors.As(err, &ee) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a start on a full disk: %v", err)
	}
	if n := left(t, d.api(t), b.owner); n != 1 {
		t.Errorf("%d things exist, want the container of the first scenario only", n)
	}
	d.order(t, "empty")
	if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err)
	}
	expectGone(t, d.api(t), b.owner, 5*time.Second)
}

// TestKilledProcessesSayWhetherMemoryWasShort is fault F13: the service itself,
// and a child of a step only.
func TestKilledProcessesSayWhetherMemoryWasShort(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box", Args: []string{"sh", "-c", "while ! [ -e /tmp/eat ]; do sleep 0.02; done; exec tail -c 300000000 /dev/zero"}})
	r.Limits.MemoryMB = 64
	s := open(t, b, r, &record{})
	if e := sh(t, s, "(tail -c 300000000 /dev/zero & wait $!); echo $?; exit 0"); e.Code != 0 {
		t.Errorf("a step that outlives its child: %+v", e)
	}
	if e := sh(t, s, "exec tail -c 300000000 /dev/zero"); !e.OOM {
		t.Errorf("a step that is killed for memory: %+v", e)
	}
	if e := sh(t, s, "kill -9 $$"); e.OOM {
		t.Errorf("a step that is killed by itself: %+v", e)
	}
	sh(t, s, "touch /tmp/eat")
	awaitDeath(t, s)
	if tel, err := s.Finish(t.Context(), ample); err != nil || len(tel.Died) != 1 || !strings.Contains(tel.Died[0].How, "memory") {
		t.Errorf("%+v, %v: a service that ran out of memory must be told to have died of it", tel, err)
	}
}

// TestPrivateDaemonIsNotTheMachines guards the others: what they break is theirs.
func TestPrivateDaemonIsNotTheMachines(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "100m")
	needDocker(t)
	mine, err := dialDaemon(t.Context(), func(string) string { return "" })
	if err != nil {
		t.Skip(err)
	}
	defer mine.api.Close()
	other, err := dialDaemon(t.Context(), func(name string) string {
		return map[string]string{"DOCKER_HOST": "unix://" + d.socket}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	defer other.api.Close()
	if mine.id == other.id {
		t.Error("both are one daemon")
	}
}
