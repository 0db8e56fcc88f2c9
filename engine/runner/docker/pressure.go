package docker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
)

// pressureGrace is what a process that uses something up, or stands between
// services, gets to say what it has done before it is killed. A relay proves first
// that it has left the links.
const pressureGrace = 15 * time.Second

// pressure is a process of the agent's that acts until it is told to end: one that
// uses something up in a service's container, so that it counts against the
// container's limits, or a relay.
type pressure struct {
	proc *client.Process
	acts chan struct{} // closed when it has begun

	mu   sync.Mutex
	said string
	told bool // acts is closed
}

// press starts such a process in the container of n and waits until it acts.
// explain words what it says of itself when it ends.
func (n *node) press(ctx context.Context, args []string, explain func(said string) ([]string, error)) (relief, error) {
	p := &pressure{acts: make(chan struct{})}
	a, err := n.forSteps()
	if err != nil {
		return nil, err
	}
	p.proc, err = a.Start(wire.Run{Argv: append([]string{agentPath}, args...)}, p.output)
	if err != nil {
		return nil, n.lost(err)
	}
	select {
	case <-p.acts:
	case <-p.proc.Exited():
		return nil, errors.New("it " + p.ended())
	case <-a.Done():
		return nil, n.lost(a.Err())
	case <-ctx.Done():
		_, err := shared.Abandon(ctx, n.await, p.proc)
		return nil, err
	}
	return func(ctx context.Context) ([]string, error) {
		said, err := p.end(ctx)
		if err != nil {
			return nil, err
		}
		details, err := explain(said)
		if err != nil {
			return nil, errors.New("it did not act to the end of the step: it " + p.ended())
		}
		return details, nil
	}, nil
}

// used words an amount that was used up.
func used(explain func(amount int64) string) func(said string) ([]string, error) {
	return func(said string) ([]string, error) {
		amount, err := strconv.ParseInt(said, 10, 64)
		return []string{explain(amount)}, err
	}
}

// output takes what the process prints.
func (p *pressure) output(_ bool, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said += string(text)
	if !p.told && strings.HasPrefix(p.said, agent.Acts+"\n") {
		p.told = true
		close(p.acts)
	}
}

// end ends the process and returns what it says of itself. One that has ended
// before has not acted as long as the step.
func (p *pressure) end(ctx context.Context) (said string, err error) {
	if err := p.proc.Kill(pressureGrace); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, pressureGrace+shared.KillWait)
	defer cancel()
	exit, err := p.proc.Wait(ctx)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	_, last, _ := strings.Cut(p.said, "\n")
	p.mu.Unlock()
	if exit.Code != 0 {
		return "", errors.New("it did not act to the end of the step: it " + p.ended())
	}
	return strings.TrimSpace(last), nil
}

// ended says how the process ended by itself.
func (p *pressure) ended() string {
	e := p.proc.Exit()
	p.mu.Lock()
	defer p.mu.Unlock()
	said := strings.TrimSpace(strings.TrimPrefix(p.said, agent.Acts))
	switch {
	case e.StartError != "":
		return "could not be started: " + e.StartError
	case e.OOM:
		return readiness.Exit(e).OutOfMemory()
	case e.Signal != "":
		return strings.TrimSpace("was ended by " + e.Signal + " " + said)
	default:
		return strings.TrimSpace(fmt.Sprintf("ended with status %d %s", e.Code, said))
	}
}
