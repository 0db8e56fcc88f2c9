package runner

import (
	"cmp"
	"fmt"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Demand is what scenarios take of the machine while they run. None of its
// fields is negative.
type Demand struct {
	Containers    int
	MemoryMB      int // the sum of what the containers may use
	CPUMillicores int // only what [limits] declares: without it a container takes what is left
}

// DefaultMemoryMB is what a container counts for when its file declares no
// memory.
const DefaultMemoryMB = 512

// DemandOf is what a scenario takes: each of its containers counts for the
// limits that hold for it.
func DemandOf(f *spec.File, sc *spec.Scenario) Demand {
	var d Demand
	for _, s := range Services(f, sc) {
		l := f.ServiceLimits(sc, s)
		d = d.plus(Demand{1, cmp.Or(l.MemoryMB, DefaultMemoryMB), l.CPUMillicores})
	}
	return d
}

func (d Demand) plus(o Demand) Demand {
	return Demand{d.Containers + o.Containers, d.MemoryMB + o.MemoryMB, d.CPUMillicores + o.CPUMillicores}
}

func (d Demand) minus(o Demand) Demand {
	return Demand{d.Containers - o.Containers, d.MemoryMB - o.MemoryMB, d.CPUMillicores - o.CPUMillicores}
}

// atLeast is d with no field below o's.
func (d Demand) atLeast(o Demand) Demand {
	return Demand{max(d.Containers, o.Containers), max(d.MemoryMB, o.MemoryMB), max(d.CPUMillicores, o.CPUMillicores)}
}

// over names the first resource of which d holds more than limit has; empty when
// it fits. A limit of zero bounds nothing.
func (d Demand) over(limit Demand) string {
	switch {
	case limit.Containers > 0 && d.Containers > limit.Containers:
		return fmt.Sprintf("containers: %d of %d", d.Containers, limit.Containers)
	case limit.MemoryMB > 0 && d.MemoryMB > limit.MemoryMB:
		return fmt.Sprintf("memory: %d of %d MB", d.MemoryMB, limit.MemoryMB)
	case limit.CPUMillicores > 0 && d.CPUMillicores > limit.CPUMillicores:
		return fmt.Sprintf("CPU: %d of %d millicores", d.CPUMillicores, limit.CPUMillicores)
	}
	return ""
}

// Monitor says what there is and whether a scenario may start. Implementations
// are safe for concurrent use and answer at once: they are asked whenever a
// scenario ends.
type Monitor interface {
	// Name is the word that --monitor uses.
	Name() string
	// Usage is what is in use beside the limit, when promised was handed out.
	Usage(promised Demand) Usage
	// Blocked says why a scenario that wants so much may not start beside those
	// that were promised the rest; empty when it may. It is not asked while
	// nothing runs: whatever is larger than the limit runs alone.
	Blocked(promised, want Demand) string
	// Recheck is how long to wait before Blocked is asked again although no
	// scenario has ended; zero when its answer cannot change by itself.
	Recheck() time.Duration
}

// Usage is what is in use of a machine.
type Usage struct {
	Promised Demand // to the scenarios that run
	Limit    Demand // zero of a field is unbounded
	// Measured is the memory in use in MB, -1 when the monitor measures none.
	MeasuredMB int
}

// Simple is the monitor that counts: containers, declared memory and declared
// CPU against fixed limits. It measures nothing, so the same suite is scheduled
// alike on every machine.
type Simple struct{ Limit Demand }

// Name implements Monitor.
func (Simple) Name() string { return "simple" }

// Usage implements Monitor.
func (s Simple) Usage(promised Demand) Usage {
	return Usage{Promised: promised, Limit: s.Limit, MeasuredMB: -1}
}

// Blocked implements Monitor.
func (s Simple) Blocked(promised, want Demand) string {
	return promised.plus(want).over(s.Limit)
}

// Recheck implements Monitor.
func (Simple) Recheck() time.Duration { return 0 }
