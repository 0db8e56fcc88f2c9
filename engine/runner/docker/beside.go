package docker

import (
	"context"
	"fmt"
	"time"

	moby "github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
)

// settle gives n its agent: as process 1 of its container, or beside that when the
// image cannot take it.
func (s *session) settle(ctx context.Context, n *node, at placement) error {
	if n.way == runner.WayAgent {
		err := s.launch(ctx, n, at)
		because := n.refusal(err)
		if because == "" {
			return err
		}
		if n.id != "" {
			if err := removeContainer(ctx, s.c.api, n.id); err != nil {
				return err
			}
			if n.client != nil {
				n.client.Close()
			}
			n.id, n.client = "", nil
		}
		n.engineOnly(because)
	}
	if err := s.c.starts.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.c.starts.Release(1)
	return s.launchBeside(ctx, n, at)
}

// startBeside starts a service whose agent is beside it, and then the agent that
// runs its steps.
func (s *session) startBeside(ctx context.Context, n *node, out client.Output) (readiness.Process, error) {
	if err := s.c.starts.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer s.c.starts.Release(1)
	proc, err := s.embody(ctx, n, out)
	if err != nil {
		return nil, err
	}
	if n.way == runner.WayExec {
		return proc, nil
	}
	select {
	case <-proc.Exited(): // it could not be started, or has ended at once
		return proc, nil
	default:
	}
	if err := s.enter(ctx, n); err != nil {
		select {
		case <-proc.Exited(): // what it was there for it has done, or not: that is judged
		case <-time.After(execDrain): // the end of a container is told late
			return nil, err
		}
	}
	return proc, nil
}

// endBeside ends what runs in a container whose agent is beside it: first what
// steps have left, then process 1.
func (s *session) endBeside(ctx context.Context, n *node, grace time.Duration, t *runner.Telemetry) (details []string) {
	if n.body == nil {
		return nil
	}
	lost := func(text string) {
		t.Complete, t.Unseen = false, true
		details = append(details, "service "+n.svc.Name+": "+text)
	}
	select {
	case <-n.body.Exited():
		return nil // and with it all that ran there
	default:
	}
	if n.inside != nil {
		f, err := n.inside.Finish(ctx, grace)
		if err != nil {
			lost(n.lost(err).Error())
		}
		details = append(details, t.Account(n.svc.Name, wire.Finished{Killed: f.Killed}, 0, grace)...)
	} else if others, err := s.others(ctx, n); err != nil {
		lost("what runs in it cannot be told: " + err.Error())
	} else if others > 0 && ownInit(n.image.Command(n.svc.Args), n.image.StopSignal) == "" {
		t.Complete = false
		t.Cut = append(t.Cut, fmt.Sprintf("%d processes of service %s beside its process 1 were killed: without the agent they cannot be asked to end", others, n.svc.Name))
	}
	forced, err := n.body.end(ctx, grace)
	if err != nil {
		lost("it could not be ended: " + err.Error())
	} else if forced {
		details = append(details, t.Account(n.svc.Name, wire.Finished{Killed: []uint32{1}}, 0, grace)...)
	}
	return details
}

// others counts the processes of a container beside its process 1.
func (s *session) others(ctx context.Context, n *node) (int, error) {
	var o moby.ContainerTopOptions
	if s.c.engine == podman {
		o.Arguments = []string{"pid"} // else it may execute what is called ps in the container
	}
	top, err := s.c.api.ContainerTop(ctx, n.id, o)
	if err != nil {
		return 0, err
	}
	return len(top.Processes) - 1, nil
}

// leaveBeside removes what n has beside its container, which is gone.
func (s *session) leaveBeside(ctx context.Context, n *node) (err error) {
	if n.side != nil && n.side.id != "" {
		err = removeContainer(ctx, s.c.api, n.side.id)
	}
	if n.body != nil {
		n.body.close()
	}
	if n.inside != nil {
		n.inside.Close()
	}
	return err
}
