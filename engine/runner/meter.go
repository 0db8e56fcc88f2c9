package runner

import (
	"context"
	"time"
)

// Meter is implemented by sessions that can tell what their containers use.
type Meter interface {
	// Consumption returns what every container of the session uses, in the order
	// of the services. One whose container is gone is left out.
	Consumption(ctx context.Context) ([]Consumption, error)
}

// Consumption is what one container uses at one moment.
type Consumption struct {
	Service     string
	At          time.Time
	MemoryBytes int64         // without pages of files that can be dropped at once
	LimitBytes  int64         // 0 when it has none
	CPU         time.Duration // processor time since it was created
}

// Use is what one container of a scenario that runs uses.
type Use struct {
	Service  string
	MemoryMB int
	LimitMB  int // 0 when it has none
	// CPUPercent is the share of one processor since the last time it was
	// measured: 150 is one and a half. -1 the first time.
	CPUPercent int
}

// meterEvery is how often the containers of a scenario are measured. A scenario
// that is shorter is not.
const meterEvery = time.Second

// measure tells the observer what the containers of a session use, until the
// returned function is called. It measures nothing where it cannot be done.
func measure(ctx context.Context, s Session, obs Observer) (stop func()) {
	m, ok := s.(Meter)
	if !ok {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(meterEvery)
		defer tick.Stop()
		last := map[string]Consumption{}
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			now, err := m.Consumption(ctx)
			if err != nil {
				continue // how much it uses is no part of a verdict; the next second may know
			}
			if uses := usesOf(now, last); len(uses) > 0 && ctx.Err() == nil {
				obs.Uses(uses)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// usesOf compares what is used now with the last time, which it replaces.
func usesOf(now []Consumption, last map[string]Consumption) []Use {
	var out []Use
	for _, c := range now {
		u := Use{Service: c.Service, MemoryMB: int(c.MemoryBytes >> 20), LimitMB: int(c.LimitBytes >> 20), CPUPercent: -1}
		if before, ok := last[c.Service]; ok && c.At.After(before.At) && c.CPU >= before.CPU {
			u.CPUPercent = int(100 * (c.CPU - before.CPU) / c.At.Sub(before.At))
		}
		last[c.Service] = c
		out = append(out, u)
	}
	return out
}
