package check

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// mostLatency is how long packets can be held back at the most.
const mostLatency = time.Minute

// chaos checks the faults that a scenario injects: each must be one that really
// acts, in a service that is there, during a step that can be answered.
func (c *checker) chaos(s *spec.Scenario) {
	var sound []*spec.Chaos
	for _, f := range s.Chaos {
		if f.By != "" {
			continue // drawn from what c.engine checks
		}
		before := len(c.ds) + c.left
		i := slices.IndexFunc(s.Steps, func(st *spec.Step) bool { return st.Name == f.During })
		svc := c.f.Service(f.Service)
		needed := c.f.Needs(serviceNames(s)...)
		switch {
		case !slices.Contains(spec.ChaosFaults(), f.Fault):
			c.errorf(f.Pos, "invalid-chaos", "the faults are "+strings.Join(spec.ChaosFaults(), ", "), "%q is not a fault that can be injected", f.Fault)
		case svc == nil || !svc.Contained():
			c.errorf(cmp.Or(f.ServicePos, f.Pos), "unknown-service", c.suggestService(f.Service), "there is no container %q to inject a fault into", f.Service)
		case !slices.Contains(needed, svc):
			c.errorf(cmp.Or(f.ServicePos, f.Pos), "invalid-chaos", neededHint, "scenario %q does not need service %q, so there is nothing to inject a fault into", s.Name, f.Service)
		case i < 0:
			c.errorf(cmp.Or(f.DuringPos, f.Pos), "invalid-chaos", "name a step of scenario "+strconv.Quote(s.Name)+"; `run` is a step named run", "there is no step %q during which the fault could act", f.During)
		case f.OnLink():
			c.link(s, f, needed)
		case f.Latency != 0 || f.Jitter != 0 || f.From != "":
			c.errorf(f.Pos, "invalid-chaos", "leave it out", "`latency_ms`, `jitter_ms` and `from` are for latency and loss: %s has none", f.Fault)
		case f.Fault == spec.ChaosCPU || f.Fault == spec.ChaosMemory:
			c.pressure(s, svc, f)
		case f.Megabytes != 0 || f.Percent != 0:
			c.errorf(f.Pos, "invalid-chaos", "leave it out", "`megabytes` is for memory and `percent` for cpu and loss: %s has no amount", f.Fault)
		case cmp.Or(s.Steps[i].Service, s.Service) == f.Service:
			c.errorf(f.Pos, "invalid-chaos", "run the step in another service", "step %q runs in service %q itself and would not be answered", f.During, f.Service)
		case f.Fault == spec.ChaosPartition && c.f.NetworkOf(s) == spec.NetworkNone:
			c.errorf(f.Pos, "invalid-chaos", `write network = "sealed"`, "there is no network to cut service %q off from", f.Service)
		case f.Fault == spec.ChaosPause && c.neighbour(s, i, f.Service) != "":
			c.errorf(f.Pos, "invalid-chaos", "let them run one after the other, or one of them in another service",
				"step %q runs beside step %q, in service %q, and would not be answered while that stands still", c.neighbour(s, i, f.Service), f.During, f.Service)
		}
		if len(c.ds)+c.left == before {
			sound = append(sound, f)
		}
	}
	c.clashes(s, sound)
}

// mostClashes bounds how many faults of a scenario are held against each other:
// nobody reads what more of them would say.
const mostClashes = 500

// clashes refuses faults that may act at the same time and cannot.
func (c *checker) clashes(s *spec.Scenario, faults []*spec.Chaos) {
	for i, f := range faults[:min(len(faults), mostClashes)] {
		for _, o := range faults[:i] {
			if why := s.Clash(o, f); why != "" {
				c.errorf(f.Pos, "invalid-chaos", "let them act during steps that do not run at the same time", "%s of service %q during step %q cannot act beside %s of service %q (line %d): %s",
					f.Fault, f.Service, f.During, o.Fault, o.Service, o.Pos.Line, why)
				break
			}
		}
	}
}

// neighbour is a step that may run in a service at the same time as step i; "" when
// there is none.
func (c *checker) neighbour(s *spec.Scenario, i int, service string) string {
	for k, st := range s.Steps {
		if k != i && s.StepService(st) == service && s.Beside(i, k) {
			return st.Name
		}
	}
	return ""
}

// neededHint is the way out when a fault names a service that is not started.
const neededHint = "name it in depends_on of a service that the scenario needs, or leave the fault out"

// serviceNames are the services in which a scenario runs its steps; what those
// depend on is needed, too.
func serviceNames(s *spec.Scenario) []string {
	names := []string{s.Service}
	for _, st := range s.Steps {
		names = append(names, s.StepService(st))
	}
	return names
}

// link checks a fault that acts on packets between services, of which the
// scenario needs these.
func (c *checker) link(s *spec.Scenario, f *spec.Chaos, needed []*spec.Service) {
	from := c.f.Service(f.From)
	others := slices.ContainsFunc(needed, func(o *spec.Service) bool { return o.Contained() && o.Name != f.Service })
	switch {
	case f.Fault == spec.ChaosLatency && (f.Latency < time.Millisecond || f.Latency+f.Jitter > mostLatency || f.Percent != 0 || f.Megabytes != 0):
		c.errorf(f.Pos, "invalid-chaos", "write latency_ms = 200", "latency needs `latency_ms`, from 1 and with `jitter_ms` up to %d, and no other amount, to say how long packets are held back", mostLatency.Milliseconds())
	case f.Fault == spec.ChaosLoss && (f.Percent == 0 || f.Percent > 100 || f.Megabytes != 0 || f.Latency != 0 || f.Jitter != 0):
		c.errorf(f.Pos, "invalid-chaos", "write percent = 20", "loss needs `percent`, from 1 to 100, and no other amount, to say how many packets are lost")
	case f.From != "" && (from == nil || !from.Contained() || f.From == f.Service):
		c.errorf(cmp.Or(f.FromPos, f.Pos), "unknown-service", c.suggestService(f.From), "there is no other container %q to keep service %q from", f.From, f.Service)
	case from != nil && !slices.Contains(needed, from):
		c.errorf(cmp.Or(f.FromPos, f.Pos), "invalid-chaos", neededHint, "scenario %q does not need service %q, so nothing is exchanged with it", s.Name, f.From)
	case c.f.NetworkOf(s) == spec.NetworkNone:
		c.errorf(f.Pos, "invalid-chaos", `write network = "sealed"`, "there is no network on which packets could be held back or lost")
	case !others:
		c.errorf(f.Pos, "invalid-chaos", "add the service that it talks to", "service %q has no other to exchange packets with", f.Service)
	}
}

// pressure checks how much a fault is to use up: what is over the limit of the
// container could not act.
func (c *checker) pressure(s *spec.Scenario, svc *spec.Service, f *spec.Chaos) {
	limit := c.f.ServiceLimits(s, svc).MemoryMB
	switch {
	case f.Fault == spec.ChaosMemory && (f.Megabytes == 0 || f.Percent != 0):
		c.errorf(f.Pos, "invalid-chaos", "write megabytes = 64", "memory needs `megabytes`, and nothing else, to say how much is held")
	case f.Fault == spec.ChaosMemory && limit > 0 && f.Megabytes >= limit:
		c.errorf(f.Pos, "invalid-chaos", "hold less, or raise the limit", "%d MiB cannot be held in service %q: its memory limit is %d MiB", f.Megabytes, f.Service, limit)
	case f.Fault == spec.ChaosCPU && (f.Percent == 0 || f.Percent > 100 || f.Megabytes != 0):
		c.errorf(f.Pos, "invalid-chaos", "write percent = 80", "cpu needs `percent`, from 1 to 100, and nothing else, to say how much of the service's limit is used up")
	}
}
