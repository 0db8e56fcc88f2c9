package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
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
	for _, faults := range s.due(step) {
		for _, c := range faults {
			if s.node(c.Service) == nil {
				return nil, errors.Join(fmt.Errorf("inject %s into service %s: the scenario does not need that service", c.Fault, c.Service), heal())
			}
			s.out.Progress(c.Fault + " of " + c.Service + " during step " + step)
		}
		relieve, err := s.strike(ctx, faults)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("inject %s: %w", named(faults, "into"), err), heal())
		}
		began := time.Now()
		undo = append(undo, func() error {
			lasted := time.Since(began)
			details, err := relieve(context.WithoutCancel(ctx)) // also when the step was given up
			if err != nil {
				return fmt.Errorf("take back the %s: %w", named(faults, "of"), err)
			}
			for i, c := range faults {
				s.noteFault(injected(c, began, lasted) + details[i])
			}
			return nil
		})
	}
	return heal, nil
}

// due lists the faults of a step, those together that are injected together: what
// acts on links does so at one place.
func (s *session) due(step string) (groups [][]*spec.Chaos) {
	if s.req.Scenario == nil {
		return nil
	}
	var onLinks []*spec.Chaos
	for _, c := range s.req.Scenario.Chaos {
		switch {
		case c.During != step:
		case c.OnLink():
			onLinks = append(onLinks, c)
		default:
			groups = append(groups, []*spec.Chaos{c})
		}
	}
	if onLinks != nil {
		groups = append(groups, onLinks)
	}
	return groups
}

// named names faults and their services.
func named(faults []*spec.Chaos, preposition string) string {
	var words []string
	for _, c := range faults {
		words = append(words, c.Fault+" "+preposition+" service "+c.Service)
	}
	return strings.Join(words, ", ")
}

// injected words what was done, to whom and when.
func injected(c *spec.Chaos, began time.Time, lasted time.Duration) string {
	drawn := ""
	if c.By != "" {
		drawn = fmt.Sprintf(", drawn by %s of %s with seed %d", c.Option, c.By, c.Seed)
	}
	return fmt.Sprintf("%s of %s during step %s, for %s from %s%s",
		c.Fault, c.Between(), c.During, lasted.Round(time.Millisecond), began.UTC().Format("15:04:05.000Z"), drawn)
}

// undrawn words that the dice of chaos engines struck nobody in this scenario.
func undrawn(r runner.Request) (said []string) {
	if r.File == nil || r.Scenario == nil {
		return nil
	}
	for _, e := range r.File.Engines() {
		if !slices.ContainsFunc(r.Scenario.Chaos, func(c *spec.Chaos) bool { return c.By == e.Name }) {
			said = append(said, fmt.Sprintf("nothing by %s with seed %d", e.Name, e.Chaos.Seed))
		}
	}
	return said
}

// relief takes faults back; details are, for each, what it is known to have done.
type relief func(ctx context.Context) (details []string, err error)

// strike injects faults that are injected together.
func (s *session) strike(ctx context.Context, faults []*spec.Chaos) (relief, error) {
	c := faults[0]
	if c.OnLink() {
		return s.strikeLinks(ctx, faults)
	}
	n := s.node(c.Service)
	ctx, cancel := context.WithTimeout(ctx, chaosLimit)
	defer cancel()
	switch c.Fault {
	case spec.ChaosPause:
		_, err := s.c.api.ContainerPause(ctx, n.id, client.ContainerPauseOptions{})
		return s.resume(n), err
	case spec.ChaosPartition:
		was, err := s.c.stance(ctx, "clnrm-"+s.token, n)
		if err != nil {
			return nil, err
		}
		_, err = s.c.api.NetworkDisconnect(ctx, s.network, client.NetworkDisconnectOptions{Container: n.networkID()})
		return s.reconnect(n, was), err
	case spec.ChaosMemory:
		return n.press(ctx, []string{agent.StressArg, agent.StressMemory, strconv.Itoa(c.Megabytes)}, used(func(used int64) string {
			return fmt.Sprintf(": %d MiB held", used>>20)
		}))
	case spec.ChaosCPU:
		millicores := max(1, n.limits.CPUMillicores*c.Percent/100)
		return n.press(ctx, []string{agent.StressArg, agent.StressCPU, strconv.Itoa(millicores)}, used(func(used int64) string {
			return fmt.Sprintf(": %s of processor time used, %d%% of %d millicores asked", time.Duration(used).Round(time.Millisecond), c.Percent, n.limits.CPUMillicores)
		}))
	default:
		return nil, errors.New("there is no such fault")
	}
}

// resume lets the processes of a service go on.
func (s *session) resume(n *node) relief {
	return func(ctx context.Context) ([]string, error) {
		ctx, cancel := context.WithTimeout(ctx, chaosLimit)
		defer cancel()
		_, err := s.c.api.ContainerUnpause(ctx, n.id, client.ContainerUnpauseOptions{})
		return []string{""}, err
	}
}

// reconnect gives a service its network back.
func (s *session) reconnect(n *node, was stance) relief {
	return func(ctx context.Context) ([]string, error) {
		ctx, cancel := context.WithTimeout(ctx, chaosLimit)
		defer cancel()
		return []string{""}, s.c.comeBack(ctx, s.network, n, was)
	}
}

// noteFault adds to the evidence what was done on purpose.
func (s *session) noteFault(text string) {
	s.faultsMu.Lock()
	defer s.faultsMu.Unlock()
	s.faults = append(s.faults, text)
}
