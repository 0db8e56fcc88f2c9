package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// restartGrace is what a service gets between TERM and KILL when it is restarted.
const restartGrace = 5 * time.Second

// errOver is for whoever asks too late.
var errOver = errors.New("the scenario of the service is over")

// restarts are those of the services of a session that somebody asks for while it
// runs. They happen one at a time, and before Finish or not at all.
type restarts struct {
	ctx    context.Context
	cancel context.CancelFunc

	gate   sync.Mutex // held while one is let in
	closed bool
	wg     sync.WaitGroup

	mu   sync.Mutex // held during each
	list []runner.Restart
}

func newRestarts() *restarts {
	r := &restarts{}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// end waits until none goes on, and lets none begin any more.
func (r *restarts) end() []runner.Restart {
	r.cancel()
	r.gate.Lock()
	r.closed = true
	r.gate.Unlock()
	r.wg.Wait()
	return r.list
}

// takeRequests has a service restarted whenever its agent is asked for it.
func (s *session) takeRequests(n *node) {
	r := s.restarts
	n.client.HandleAsked(func(answer func(wire.Answered)) {
		r.gate.Lock()
		defer r.gate.Unlock()
		if r.closed {
			go answer(wire.Answered{Problem: errOver.Error()})
			return
		}
		r.wg.Go(func() {
			said, err := s.restart(n)
			if err != nil {
				answer(wire.Answered{Problem: err.Error()})
				return
			}
			answer(wire.Answered{Said: said})
		})
	})
}

// restart ends the own process of a service and starts it again. Once it has begun
// it is on record, whatever comes of it: the scenario is over two lives of the
// service, and no verdict over it may be a pass.
func (s *session) restart(n *node) (said string, err error) {
	r := s.restarts
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ctx.Err() != nil:
		return "", errOver
	case !n.await.Ready():
		return "", fmt.Errorf("service %s is not ready for the first time yet", n.svc.Name)
	case !n.await.HasProcess():
		return "", fmt.Errorf("service %s has no process of its own: its image has no command and the test gives no args", n.svc.Name)
	}
	s.out.Progress("restarting " + n.svc.Name + ", as asked by hand")
	begin := time.Now()
	r.list = append(r.list, runner.Restart{Service: n.svc.Name, How: "was not ready again"})
	mine := &r.list[len(r.list)-1]
	defer func() {
		if err != nil {
			mine.How = "was not ready again: " + strings.TrimPrefix(err.Error(), "service "+n.svc.Name+": ")
		}
	}()
	if err := n.await.Restart(r.ctx, restartGrace, n.image.Command(n.svc.Args), s.ownOutput(n), s.out.Progress); err != nil {
		return "", err
	}
	mine.How = fmt.Sprintf("was ready again after %s", time.Since(begin).Round(time.Millisecond))
	return mine.How, nil
}

// execLimit bounds how long the daemon may take for each step on the way to an
// agent.
const execLimit = 20 * time.Second

// Restart asks the process that runs a scenario to restart one of its services,
// and waits until that is ready again. said is what became of it. The error says
// why it was not restarted, or is not ready.
func (b *Backend) Restart(ctx context.Context, r Running) (said string, err error) {
	c, err := b.connect(ctx)
	if err != nil {
		return "", err
	}
	begin, cancel := context.WithTimeout(ctx, execLimit)
	defer cancel()
	made, err := c.api.ExecCreate(begin, r.ID, client.ExecCreateOptions{
		User: "0:0", AttachStdout: true, AttachStderr: true, Cmd: []string{agentPath, agent.RestartArg},
	})
	if err != nil {
		return "", fmt.Errorf("ask the agent of %s: %w", r.Service, err)
	}
	attached, err := c.api.ExecAttach(begin, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return "", fmt.Errorf("ask the agent of %s: %w", r.Service, err)
	}
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	defer attached.Close()
	var out, complaint bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &complaint, attached.Reader); err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("hear the agent of %s: %w", r.Service, err))
	}
	if said = strings.TrimSpace(out.String()); said == "" {
		why := strings.TrimSpace(complaint.String())
		if why == "" {
			why = "its agent does not say what became of it, and the scenario may be over"
		}
		return "", errors.New(why)
	}
	return said, nil
}
