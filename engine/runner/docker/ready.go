package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// firstPause is the pause after the first failed look at a service; it
	// doubles from there, so that what comes up fast is seen fast.
	firstPause = 20 * time.Millisecond
	// portLimit bounds how long a service may take to listen on its first port.
	portLimit = 30 * time.Second
	// portPause is the longest pause between two looks at a port.
	portPause = 250 * time.Millisecond
	// logKept is how much of the end of a service's output an error carries, in
	// bytes.
	logKept = 8 << 10
)

// The defaults of a health check and of wait_for_span (semantics 7.4).
const (
	defaultInterval = 5 * time.Second
	defaultTimeout  = 10 * time.Second
	defaultRetries  = 3
	defaultSpanWait = 30 * time.Second
)

// image returns the image of a service, with errors as runner has them.
func (c *connection) image(ctx context.Context, dir string, s *spec.Service, progress func(string)) (service.Image, error) {
	img, err := c.images.Resolve(ctx, dir, s, progress)
	var missing *service.UnavailableError
	var build *service.BuildError
	switch {
	case errors.As(err, &missing):
		return img, &runner.EnvironmentError{What: "service " + s.Name + ": " + missing.What, Remedy: missing.Remedy, Err: missing.Err}
	case errors.As(err, &build):
		e := &runner.ServiceError{Service: s.Name, What: build.Error(), Log: build.Log, Pos: s.Pos}
		if s.Build != nil {
			e.Pos = s.Build.Pos
		}
		return img, e
	case err != nil && ctx.Err() == nil:
		return img, &runner.EnvironmentError{What: "the image of service " + s.Name + " could not be made", Err: err}
	}
	return img, err
}

// bringUp starts the service's own process once what it depends on is ready,
// and waits until it is ready itself.
func (s *session) bringUp(ctx context.Context, n *node) error {
	for _, dep := range s.nodes {
		if dep == n {
			break // what comes later cannot be awaited: the request has dependencies first
		}
		if !slices.Contains(n.svc.DependsOn, dep.svc.Name) {
			continue
		}
		select {
		case <-dep.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := s.startService(ctx, n); err != nil {
		return err
	}
	if err := s.awaitReady(ctx, n); err != nil {
		return err
	}
	close(n.ready)
	return nil
}

// startService starts the image's command, or the test's args, if there is one.
func (s *session) startService(ctx context.Context, n *node) error {
	argv := n.image.Command(n.svc.Args)
	if len(argv) == 0 {
		return nil
	}
	proc, err := n.start(argv, nil, "", 0, func(stderr bool, p []byte) {
		n.log.add(p)
		s.out.Output(n.svc.Name, "", stream(stderr), p)
	})
	if err != nil {
		return n.lost(err)
	}
	n.own = proc
	select {
	case <-proc.Started():
		return nil
	case <-proc.Exited():
		if e := proc.Exit(); e.StartError != "" {
			return n.fault("it could not be started: " + e.StartError)
		}
		return nil // started, and ended at once
	case <-n.client.Done():
		return n.lost(n.client.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fault is a *runner.ServiceError with the end of the service's output.
func (n *node) fault(what string) error {
	return &runner.ServiceError{Service: n.svc.Name, What: what, Log: n.log.String(), Pos: n.svc.Pos}
}

// awaitReady waits for everything that the test says about readiness.
func (s *session) awaitReady(ctx context.Context, n *node) error {
	switch {
	case n.svc.HealthCheck != nil:
		if err := s.awaitHealth(ctx, n); err != nil {
			return err
		}
	case len(n.svc.Ports) > 0 && n.own != nil:
		if err := s.awaitPort(ctx, n, n.svc.Ports[0]); err != nil {
			return err
		}
	}
	if n.awaitsSpan() {
		return s.awaitSpan(ctx, n)
	}
	return nil
}

// attempt is one look at a service; detail says why it is not ready.
type attempt func(ctx context.Context) (ok bool, detail string, err error)

// await repeats an attempt until it succeeds, the limit has passed and at least
// the given number of attempts were made, or the service has died.
func (s *session) await(ctx context.Context, n *node, what string, limit, longest time.Duration, least int, try attempt) error {
	begin := time.Now()
	pause := firstPause
	for tries := 1; ; tries++ {
		ok, detail, err := try(ctx)
		if ok || err != nil {
			return err
		}
		if death := n.death(); death != "" {
			return n.fault(fmt.Sprintf("%s before %s: %s", death, what, detail))
		}
		if time.Since(begin)+pause > limit && tries >= least {
			return n.fault(fmt.Sprintf("%s: not after %d attempts in %s; the last one: %s; its process %s",
				what, tries, time.Since(begin).Round(time.Millisecond), detail, n.state()))
		}
		s.out.Progress(fmt.Sprintf("waiting for %s of %s (attempt %d)", what, n.svc.Name, tries+1))
		if err := n.rest(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longest)
	}
}

// rest waits for d, or until the service's process has failed.
func (n *node) rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	var exited <-chan struct{}
	if n.own != nil && n.death() == "" {
		exited = n.own.Exited()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-n.client.Done():
		return n.lost(n.client.Err())
	case <-exited:
		if n.death() != "" {
			return nil // the caller sees it
		}
		<-t.C // it ended well, as one that puts itself into the background does
	case <-t.C:
	}
	return nil
}

// death says how the service's own process failed; "" while it has not.
func (n *node) death() string {
	if n.own == nil {
		return ""
	}
	select {
	case <-n.own.Exited():
	default:
		return ""
	}
	e := n.own.Exit()
	switch {
	case e.StartError != "":
		return "it could not be started (" + e.StartError + ")"
	case e.OOM:
		return "its process was killed for want of memory"
	case e.Signal != "":
		return "its process was ended by " + e.Signal
	case e.Code != 0:
		return "its process ended with status " + strconv.Itoa(e.Code)
	}
	return ""
}

// state says what the service's own process does.
func (n *node) state() string {
	if n.own == nil {
		return "is none: its image has no command and the test gives no args"
	}
	select {
	case <-n.own.Exited():
		return "ended with status " + strconv.Itoa(n.own.Exit().Code)
	default:
		return "runs"
	}
}

// awaitHealth runs the health check until it exits with 0.
func (s *session) awaitHealth(ctx context.Context, n *node) error {
	h := *n.svc.HealthCheck
	if h.Interval <= 0 {
		h.Interval = defaultInterval
	}
	if h.Timeout <= 0 {
		h.Timeout = defaultTimeout
	}
	if h.Retries <= 0 {
		h.Retries = defaultRetries
	}
	what := "health check `" + strings.Join(h.Command, " ") + "`"
	limit := time.Duration(h.Retries) * h.Interval
	return s.await(ctx, n, what, limit, h.Interval, h.Retries, func(ctx context.Context) (bool, string, error) {
		var last logTail
		proc, err := n.start(h.Command, nil, "", h.Timeout, func(_ bool, p []byte) { last.add(p) })
		if err != nil {
			return false, "", n.lost(err)
		}
		e, err := proc.Wait(ctx)
		if err != nil && ctx.Err() == nil {
			err = n.lost(err)
		}
		if err != nil {
			return false, "", err
		}
		return e.Code == 0 && e.Signal == "", explainCheck(e, h.Timeout, last.String()), nil
	})
}

// explainCheck says how a health check ended.
func explainCheck(e wire.Exit, timeout time.Duration, output string) string {
	how := "exit status " + strconv.Itoa(e.Code)
	switch {
	case e.TimedOut:
		how = "no end within " + timeout.String()
	case e.StartError != "":
		how = "it could not be started: " + e.StartError
	case e.Signal != "":
		how = "ended by " + e.Signal
	}
	if output = strings.TrimSpace(output); output != "" {
		how += ", output: " + output
	}
	return how
}

// awaitPort waits until something listens on the service's first port, asked
// from inside, where no proxy can answer for it.
func (s *session) awaitPort(ctx context.Context, n *node, port int) error {
	target := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	what := "something listening on port " + strconv.Itoa(port)
	return s.await(ctx, n, what, portLimit, portPause, 1, func(ctx context.Context) (bool, string, error) {
		p, err := n.client.Probe(ctx, wire.Probe{Kind: wire.ProbeTCP, Target: target, TimeoutMS: 1000})
		if err != nil && ctx.Err() == nil {
			err = n.lost(err)
		}
		return p.OK, p.Detail, err
	})
}

// logTail keeps the end of an output.
type logTail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *logTail) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-logKept):]...)
	if over := len(t.buf) - logKept; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
}

// String returns what is kept.
func (t *logTail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
