package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

var _ runner.Meter = (*session)(nil)

// Consumption implements runner.Meter with one sample of the engine for each
// container.
func (s *session) Consumption(ctx context.Context) ([]runner.Consumption, error) {
	var out []runner.Consumption
	var errs []error
	for _, n := range s.nodes {
		if n.id == "" {
			continue
		}
		c, err := s.c.consumption(ctx, n.id)
		if err != nil {
			errs = append(errs, fmt.Errorf("usage of service %s: %w", n.svc.Name, err))
			continue
		}
		c.Service = n.svc.Name
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// consumption asks the engine once what a container uses.
func (c *connection) consumption(ctx context.Context, id string) (runner.Consumption, error) {
	r, err := c.api.ContainerStats(ctx, id, moby.ContainerStatsOptions{})
	if err != nil {
		return runner.Consumption{}, err
	}
	defer r.Body.Close()
	var st container.StatsResponse
	if err := json.NewDecoder(r.Body).Decode(&st); err != nil {
		return runner.Consumption{}, err
	}
	if st.Read.IsZero() || st.MemoryStats.Usage == 0 {
		return runner.Consumption{}, errors.New("the container does not run")
	}
	m := &st.MemoryStats
	idle := m.Stats["total_inactive_file"] // version 1 of control groups
	if idle == 0 {
		idle = m.Stats["inactive_file"]
	}
	out := runner.Consumption{
		At: st.Read, CPU: time.Duration(st.CPUStats.CPUUsage.TotalUsage),
		MemoryBytes: int64(m.Usage - min(idle, m.Usage)),
	}
	if m.Limit < 1<<62 {
		out.LimitBytes = int64(m.Limit)
	}
	return out, nil
}
