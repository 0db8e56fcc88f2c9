package readiness

import (
	"context"
	"fmt"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
)

// endLimit bounds how long a process that was killed may take to be gone.
const endLimit = 15 * time.Second

// Ready reports whether the service has been ready.
func (n *Node) Ready() bool {
	select {
	case <-n.ready:
		return true
	default:
		return false
	}
}

// HasProcess reports whether the service has a process of its own. It is for a
// service that is Ready.
func (n *Node) HasProcess() bool { return n.own != nil }

// Restart ends the own process of a service that is Ready, and everything that it
// started (TERM, then KILL after grace), starts it again as BringUp did, and waits
// until it is ready by the same conditions; what the first process has printed and
// emitted counts for none of them. Calls must not overlap, nor be beside Death.
func (n *Node) Restart(ctx context.Context, grace time.Duration, argv []string, out client.Output, progress func(string)) error {
	if err := n.endProcess(ctx, grace); err != nil {
		return err
	}
	n.waking.Store(true)
	defer n.waking.Store(false)
	n.Log = NewLog(n.Spec)
	n.spans.forget()
	if err := n.launch(ctx, argv, out); err != nil {
		return err
	}
	return n.await(ctx, progress)
}

// endProcess ends the service's own process and waits until it is gone.
func (n *Node) endProcess(ctx context.Context, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, grace+endLimit)
	defer cancel()
	select {
	case <-n.own.Exited():
		return nil
	default:
	}
	if err := n.own.Kill(grace); err != nil {
		return n.Lost(err)
	}
	if _, err := n.own.Wait(ctx); err != nil {
		return fmt.Errorf("end the process of service %s: %w", n.Spec.Name, err)
	}
	return nil
}
