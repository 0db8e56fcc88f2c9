package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// trySeeds is how many seeds are tried for a hint, and tryDraws how many faults
	// may be drawn for it.
	trySeeds = 200
	tryDraws = 20_000
	// shownDraws is how many faults a message lists.
	shownDraws = 4
)

// engine checks a chaos engine: whatever it is asked for must be able to act
// somewhere, and with the seed that counts something must.
func (c *checker) engine(s *spec.Service) {
	before := len(c.ds) + c.left
	e := s.Chaos
	if s.EndpointPos.Line > 0 {
		c.errorf(s.EndpointPos, "image-and-build", "remove the line", "service %q: a chaos engine acts on the services of the scenario and has no endpoint", s.Name)
	}
	for _, u := range e.Unused {
		c.errorf(u.Pos, "invalid-chaos", "list what it belongs to in `scenarios`, or remove one of the two", "`%s` of service %q has no effect: `scenarios` lists nothing that makes use of it", u.Key, s.Name)
	}
	if len(e.Acts) == 0 && len(e.Unused) == 0 {
		c.errorf(s.PluginPos, "invalid-chaos", `write failure_rate = 0.2, latency_ms = 100, or scenarios = ["RandomFailures"]`, "service %q is a chaos engine that is asked for no fault", s.Name)
	}
	c.targets(s, e.Targets, e.TargetsPos)
	for _, a := range e.Acts {
		c.targets(s, a.Services, a.ServicesPos)
	}
	for _, name := range e.During {
		if !slices.ContainsFunc(c.f.Scenarios, func(sc *spec.Scenario) bool { return hasStep(sc, name) }) {
			c.errorf(e.DuringPos, "invalid-chaos", "name steps of this file; `run` is a step named run", "there is no step %q during which service %q could act", name, s.Name)
		}
	}
	for _, sc := range c.f.Scenarios {
		c.beneath(s, sc)
		for _, st := range sc.Steps {
			if sc.StepService(st) == s.Name {
				c.errorf(cmp.Or(st.ServicePos, st.Pos), "no-container", "run it in another service: faults act by themselves while its steps run", "step %q cannot run in service %q, which is a chaos engine and no container", st.Name, s.Name)
			}
		}
		if a, b := e.Together(sc); a != nil {
			c.errorf(b.Pos, "invalid-chaos", "name one of them in `during` of the engine, let them run one after the other, or write [[scenario.chaos]]",
				"steps %q and %q of scenario %q run side by side, and service %q injects faults into one step at a time", a.Name, b.Name, sc.Name, s.Name)
		}
	}
	if e.Overflow {
		c.errorf(s.PluginPos, "invalid-chaos", "name `targets` and `during`", "the chaos engines of this file would inject more than %d faults", spec.MaxDrawn)
	}
	if len(c.ds)+c.left == before {
		c.drawn(s)
	}
}

func hasStep(sc *spec.Scenario, name string) bool {
	return slices.ContainsFunc(sc.Steps, func(st *spec.Step) bool { return st.Name == name })
}

// targets checks the services on which an engine is to act.
func (c *checker) targets(s *spec.Service, names []string, pos spec.Pos) {
	for _, name := range names {
		if t := c.f.Service(name); t == nil || !t.Contained() {
			c.errorf(pos, "unknown-service", c.suggestService(name), "there is no container %q for service %q to inject a fault into", name, s.Name)
		}
	}
}

// beneath checks that what an engine holds fits into the memory of the services.
func (c *checker) beneath(s *spec.Service, sc *spec.Scenario) {
	for _, f := range c.f.Draw(s, sc, s.Chaos.Seed, true) {
		if limit := c.f.ServiceLimits(sc, c.f.Service(f.Service)).MemoryMB; f.Fault == spec.ChaosMemory && limit > 0 && f.Megabytes >= limit {
			c.errorf(f.Pos, "invalid-chaos", "hold less, raise the limit, or leave the service out of `targets`", "%d MiB cannot be held in service %q: its memory limit is %d MiB", f.Megabytes, f.Service, limit)
		}
	}
}

// drawn says what an engine injects, and refuses what it never could.
func (c *checker) drawn(s *spec.Service) {
	can := map[string]bool{}
	for _, sc := range c.f.Scenarios {
		for _, f := range c.f.Draw(s, sc, s.Chaos.Seed, true) {
			can[f.Option] = true
		}
	}
	for _, a := range s.Chaos.Acts {
		// Certain faults rule others out that would act if the dice fell so.
		if !can[a.Option] && !c.alone(s, a) {
			c.errorf(a.Pos, "invalid-chaos", nowhere(a), "`%s` of service %q can act in no scenario: there is %s", a.Option, s.Name, without(a))
			return
		}
	}
	var all []string
	for _, sc := range c.f.Scenarios {
		n := 0
		for _, f := range sc.Chaos {
			if f.By == s.Name {
				n++
				all = append(all, fmt.Sprintf("%s of %s during step %s", f.Fault, f.Between(), f.During))
			}
		}
		if n == 0 && len(c.f.Scenarios) > 1 && c.aimed(s.Chaos, sc) {
			c.warnf(sc.Pos, "chaos-drawn", c.otherSeed(s, sc), "service %q injects nothing into scenario %q with seed %d", s.Name, sc.Name, s.Chaos.Seed)
		}
	}
	if len(all) == 0 {
		c.errorf(s.PluginPos, "invalid-chaos", c.otherSeed(s, c.f.Scenarios...), "service %q injects no fault at all with seed %d", s.Name, s.Chaos.Seed)
		return
	}
	text := strings.Join(all[:min(len(all), shownDraws)], ", ")
	if more := len(all) - shownDraws; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	c.at(diag.Info, s.PluginPos, "chaos-drawn", "", "with seed %d service %q injects %s", s.Chaos.Seed, s.Name, text)
}

// aimed reports whether an engine means a scenario: what it says of steps and
// services, if anything, is of this one, too.
func (c *checker) aimed(e *spec.ChaosEngine, sc *spec.Scenario) bool {
	if len(e.During) > 0 && !slices.ContainsFunc(e.During, func(name string) bool { return hasStep(sc, name) }) {
		return false
	}
	needed := c.f.Needs(serviceNames(sc)...)
	return len(e.Targets) == 0 || slices.ContainsFunc(needed, func(s *spec.Service) bool { return slices.Contains(e.Targets, s.Name) })
}

// alone reports whether something that an engine does could act if it did nothing
// else.
func (c *checker) alone(s *spec.Service, a spec.ChaosAct) bool {
	engine, only := *s, *s.Chaos
	only.Acts = []spec.ChaosAct{a}
	engine.Chaos = &only
	return slices.ContainsFunc(c.f.Scenarios, func(sc *spec.Scenario) bool { return len(c.f.Draw(&engine, sc, only.Seed, true)) > 0 })
}

// without says what is missing where an act can act nowhere.
func without(a spec.ChaosAct) string {
	if f := (spec.Chaos{Fault: a.Fault}); f.OnLink() {
		return "no step with two containers in one network"
	}
	if a.Fault == spec.ChaosPause || a.Fault == spec.ChaosPartition {
		return "no step beside whose own service another container could be struck"
	}
	return "no container that it could act on"
}

// nowhere is the way out of that.
func nowhere(a spec.ChaosAct) string {
	if a.Fault == spec.ChaosMemory || a.Fault == spec.ChaosCPU {
		return "name the service in a scenario, or remove the line"
	}
	return "run the steps in one service and let it depend on another, or remove the line"
}

// otherSeed proposes a seed with which an engine injects something.
func (c *checker) otherSeed(s *spec.Service, scenarios ...*spec.Scenario) string {
	draws := 0
	for seed := uint64(0); seed < trySeeds && draws < tryDraws; seed++ {
		for _, sc := range scenarios {
			n := len(c.f.Draw(s, sc, seed, false))
			if n > 0 {
				return "seed = " + strconv.FormatUint(seed, 10) + " would, or raise the rates"
			}
			draws += 1 + len(sc.Steps)*len(c.f.Services)
		}
	}
	return "raise the rates, or name fewer steps in `during` and other `targets`"
}
