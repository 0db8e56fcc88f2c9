package readiness

import (
	"context"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// dependencyLimit bounds how long a service that must have ended may take; one
// that has a condition of its own for that is bounded by it.
const dependencyLimit = 5 * time.Minute

// New returns a service that was not started. lost and start are the fields of
// the same name; Agent is set before anything is started.
func New(s *spec.Service, start Start, lost func(error) error) *Node {
	return &Node{
		Spec: s, Start: start, Lost: lost, Log: NewLog(s),
		started: make(chan struct{}), ready: make(chan struct{}),
	}
}

// BringUp starts the service's own process, argv, once those of earlier that it
// depends on have come as far as the test asks, and waits until it is ready
// itself. Without argv it has no process. What depends on a service that is not
// among earlier does not wait for it. out gets what it prints.
func (n *Node) BringUp(ctx context.Context, earlier []*Node, argv []string, out client.Output, progress func(string)) error {
	for _, dep := range earlier {
		if !slices.Contains(n.Spec.DependsOn, dep.Spec.Name) {
			continue
		}
		if err := n.awaitDependency(ctx, dep, progress); err != nil {
			return err
		}
	}
	if len(argv) > 0 {
		if err := n.launch(ctx, argv, out); err != nil {
			return err
		}
	}
	close(n.started)
	if err := n.await(ctx, progress); err != nil {
		return err
	}
	close(n.ready)
	return nil
}

// awaitDependency waits until a service that n depends on has come as far as the
// test asks.
func (n *Node) awaitDependency(ctx context.Context, dep *Node, progress func(string)) error {
	come := dep.ready
	if n.Spec.Until[dep.Spec.Name] == spec.UntilStarted {
		come = dep.started
	}
	select {
	case <-come:
	case <-ctx.Done():
		return ctx.Err()
	}
	if n.Spec.Until[dep.Spec.Name] == spec.UntilExited {
		return dep.awaitExit(ctx, 0, dependencyLimit, progress)
	}
	return nil
}

// launch starts the service's own process.
func (n *Node) launch(ctx context.Context, argv []string, out client.Output) error {
	log := n.Log
	take := func(stderr bool, p []byte) {
		out(stderr, p)
		log.Add(stderr, p) // last: whoever waits for a line finds it told
	}
	var proc Process
	var err error
	if n.Own != nil {
		if proc, err = n.Own(ctx, argv, take); err != nil {
			return err
		}
	} else if proc, err = n.Start(argv, nil, "", 0, true, take); err != nil {
		return n.Lost(err)
	}
	n.own = proc
	select {
	case <-proc.Started():
		return nil
	case <-proc.Exited():
		if e := proc.Exit(); e.StartError != "" {
			return n.Fault(n.Spec.Pos, "it could not be started: "+e.StartError)
		}
		return nil // started, and ended at once
	case <-n.Agent.Done():
		return n.Lost(n.Agent.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// See takes a payload of the service's telemetry: BringUp, or Restart, may wait for a span in
// it. Only the names of the service's own spans are looked at for that.
func (n *Node) See(p runner.Payload) {
	if !n.awaitsSpan() {
		return
	}
	if !n.Ready() || n.waking.Load() {
		n.spans.see(p)
	}
}
