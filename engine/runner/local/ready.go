package local

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

const (
	// firstPause is the pause after the first failed look at a service; it
	// doubles from there.
	firstPause = 20 * time.Millisecond
	// portLimit bounds how long a service may take to listen on its first port.
	portLimit = 30 * time.Second
	// portPause is the longest pause between two looks at a port.
	portPause = 250 * time.Millisecond
)

// The defaults of a health check and of wait_for_span (semantics 7.4).
const (
	defaultInterval = 5 * time.Second
	defaultTimeout  = 10 * time.Second
	defaultRetries  = 3
	defaultSpanWait = 30 * time.Second
)

// bringUp starts the service's own process once what it depends on is ready,
// and waits until it is ready itself.
func (s *session) bringUp(ctx context.Context, n *node) error {
	for _, dep := range s.nodes {
		if dep == n {
			break // the request has dependencies first
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
	if argv := n.program.Image.Command(n.svc.Args); len(argv) > 0 {
		proc, err := n.start(argv, nil, "", 0, func(stderr bool, p []byte) {
			_, _ = n.log.Write(p) // never fails
			s.out.Output(n.svc.Name, "", stream(stderr), p)
		})
		if err != nil {
			return n.lost(err)
		}
		n.own = proc
	}
	if err := s.awaitReady(ctx, n); err != nil {
		return err
	}
	close(n.ready)
	return nil
}

// awaitReady waits for everything that the test says about readiness.
func (s *session) awaitReady(ctx context.Context, n *node) error {
	if n.own != nil {
		select {
		case <-n.own.Started():
		case <-n.own.Exited():
			if e := n.own.Exit(); e.StartError != "" {
				return n.fault("it could not be started: " + e.StartError)
			}
		case <-n.client.Done():
			return n.lost(n.client.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
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
		if err != nil {
			return err
		}
		if death := n.death(); death != "" {
			return n.fault(fmt.Sprintf("%s before %s: %s", death, what, detail))
		}
		if ok {
			return nil
		}
		if time.Since(begin)+pause > limit && tries >= least {
			return n.fault(fmt.Sprintf("%s: not after %d attempts in %s; the last one: %s",
				what, tries, time.Since(begin).Round(time.Millisecond), detail))
		}
		s.out.Progress(fmt.Sprintf("waiting for %s of %s (attempt %d)", what, n.svc.Name, tries+1))
		select {
		case <-time.After(pause):
		case <-n.client.Done():
			return n.lost(n.client.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, longest)
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
	return s.await(ctx, n, what, time.Duration(h.Retries)*h.Interval, h.Interval, h.Retries, func(ctx context.Context) (bool, string, error) {
		var last tail
		proc, err := n.start(h.Command, nil, "", h.Timeout, func(_ bool, p []byte) { _, _ = last.Write(p) })
		if err != nil {
			return false, "", n.lost(err)
		}
		e, err := proc.Wait(ctx)
		if err != nil && ctx.Err() == nil {
			err = n.lost(err)
		}
		return err == nil && e.Code == 0 && e.Signal == "", explainCheck(e, h.Timeout, last.String()), err
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

// awaitPort waits until the service listens on its first port.
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

// awaitsSpan reports whether Open waits for a span of n: only when the service
// itself can emit it (semantics 7.4).
func (n *node) awaitsSpan() bool { return n.svc.WaitForSpan != "" && len(n.svc.Args) > 0 }

// awaitSpan waits until the service has emitted the span that it is waited for.
func (s *session) awaitSpan(ctx context.Context, n *node) error {
	limit := n.svc.WaitForSpanTimeout
	if limit <= 0 {
		limit = defaultSpanWait
	}
	s.out.Progress(fmt.Sprintf("waiting for span %s of %s", n.svc.WaitForSpan, n.svc.Name))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	exited := n.own.Exited()
	for {
		seen, changed := n.spans.wait(n.svc.WaitForSpan)
		if seen {
			return nil
		}
		select {
		case <-changed:
		case <-exited:
			exited = nil
			if death := n.death(); death != "" {
				return n.fault(fmt.Sprintf("%s before it emitted the span %q", death, n.svc.WaitForSpan))
			}
		case <-timer.C:
			return &runner.ServiceError{
				Service: n.svc.Name, Log: n.log.String(), Pos: n.svc.WaitForSpanPos,
				What: fmt.Sprintf("the span %q was not emitted within %s", n.svc.WaitForSpan, limit),
			}
		case <-n.client.Done():
			return n.lost(n.client.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// spanWatch knows the names of the spans that have arrived, for those who wait.
type spanWatch struct {
	mu      sync.Mutex
	names   map[string]bool
	changed chan struct{} // closed at every payload
}

// see notes the names in a payload. One that cannot be read is left to whoever
// judges it.
func (w *spanWatch) see(p runner.Payload) {
	spans, _, err := trace.DecodeOTLP(p.Body, p.JSON)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.names == nil {
		w.names = map[string]bool{}
	}
	for _, span := range spans {
		w.names[span.Name] = true
	}
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// wait reports whether a name was seen, and returns what is closed at the next
// payload.
func (w *spanWatch) wait(name string) (seen bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.names[name], w.changed
}
