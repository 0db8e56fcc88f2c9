package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// chaosLimit bounds how long the daemon may take to inject a fault or to take it
// back.
const chaosLimit = 10 * time.Second

// inject brings about the faults that act during a step. heal takes them back and
// must be called; a fault that cannot be injected is an error, and those before
// it have been taken back.
func (s *session) inject(ctx context.Context, step string) (heal func() error, err error) {
	var undo []func() error
	heal = func() error {
		var errs []error
		for _, f := range undo {
			errs = append(errs, f())
		}
		return errors.Join(errs...)
	}
	if s.req.Scenario == nil {
		return heal, nil
	}
	for _, c := range s.req.Scenario.Chaos {
		if c.During != step {
			continue
		}
		n := s.node(c.Service)
		if n == nil {
			return nil, errors.Join(fmt.Errorf("inject %s into service %s: the scenario does not need that service", c.Fault, c.Service), heal())
		}
		s.out.Progress(c.Fault + " of " + c.Service + " during step " + step)
		relieve, err := s.strike(ctx, c, n)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("inject %s into service %s: %w", c.Fault, c.Service, err), heal())
		}
		began := time.Now()
		undo = append(undo, func() error {
			lasted := time.Since(began)
			detail, err := relieve(context.WithoutCancel(ctx)) // also when the step was given up
			if err != nil {
				return fmt.Errorf("take the %s of service %s back: %w", c.Fault, c.Service, err)
			}
			s.noteFault(fmt.Sprintf("%s of %s during step %s, for %s", c.Fault, c.Service, step, lasted.Round(time.Millisecond)) + detail)
			return nil
		})
	}
	return heal, nil
}

// relief takes a fault back; detail is what it is known to have done.
type relief func(ctx context.Context) (detail string, err error)

// strike injects one fault.
func (s *session) strike(ctx context.Context, c *spec.Chaos, n *node) (relief, error) {
	ctx, cancel := context.WithTimeout(ctx, chaosLimit)
	defer cancel()
	switch c.Fault {
	case spec.ChaosPause:
		_, err := s.c.api.ContainerPause(ctx, n.id, client.ContainerPauseOptions{})
		return s.resume(n), err
	case spec.ChaosPartition:
		_, err := s.c.api.NetworkDisconnect(ctx, s.network, client.NetworkDisconnectOptions{Container: n.id})
		return s.reconnect(n), err
	case spec.ChaosMemory:
		return n.press(ctx, agent.StressMemory, c.Megabytes, func(used int64) string {
			return fmt.Sprintf(": %d MiB held", used>>20)
		})
	case spec.ChaosCPU:
		millicores := max(1, n.limits.CPUMillicores*c.Percent/100)
		return n.press(ctx, agent.StressCPU, millicores, func(used int64) string {
			return fmt.Sprintf(": %s of processor time used, %d%% of %d millicores asked", time.Duration(used).Round(time.Millisecond), c.Percent, n.limits.CPUMillicores)
		})
	default:
		return nil, errors.New("there is no such fault")
	}
}

// resume lets the processes of a service go on.
func (s *session) resume(n *node) relief {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, chaosLimit)
		defer cancel()
		_, err := s.c.api.ContainerUnpause(ctx, n.id, client.ContainerUnpauseOptions{})
		return "", err
	}
}

// reconnect gives a service its network back.
func (s *session) reconnect(n *node) relief {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, chaosLimit)
		defer cancel()
		_, err := s.c.api.NetworkConnect(ctx, s.network, client.NetworkConnectOptions{
			Container: n.id, EndpointConfig: &network.EndpointSettings{Aliases: []string{n.svc.Name}},
		})
		return "", err
	}
}

// noteFault adds to the evidence what was done on purpose.
func (s *session) noteFault(text string) {
	s.faultsMu.Lock()
	defer s.faultsMu.Unlock()
	s.faults = append(s.faults, text)
}
