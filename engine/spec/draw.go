package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

// StandIn is the container in which steps run that name no service.
const StandIn = "default"

// StepService is the service in which a step runs: its own, that of the scenario,
// or the container that stands in where none is named.
func (s *Scenario) StepService(st *Step) string { return cmp.Or(st.Service, s.Service, StandIn) }

// Engines lists the services that are chaos engines.
func (f *File) Engines() []*Service {
	var out []*Service
	for _, s := range f.Services {
		if s.Chaos != nil {
			out = append(out, s)
		}
	}
	return out
}

// drawAll adds to the scenarios what the chaos engines of the file draw for them.
func (f *File) drawAll() {
	left := MaxDrawn
	for _, e := range f.Engines() {
		for _, sc := range f.Scenarios {
			drawn := f.Draw(e, sc, e.Chaos.Seed, false)
			if len(drawn) > left {
				drawn, e.Chaos.Overflow = drawn[:left], true
			}
			left -= len(drawn)
			sc.Chaos = append(sc.Chaos, drawn...)
		}
	}
}

// Draw returns the faults that a chaos engine of the file injects into a scenario
// beside those that it has already. They depend on the seed, and on the names of
// the engine, the scenario, its steps and the services alone, so that a step more
// does not change what happens in the others. With certain every die falls as
// unluckily as it can, which gives all that may ever be drawn.
//
// What could not act is left out: a service in which a step runs does not stand
// still and is not cut off meanwhile, in a step in which a service is cut off no
// packets are held back or lost, and no service is struck twice in the same way.
func (f *File) Draw(engine *Service, sc *Scenario, seed uint64, certain bool) []*Chaos {
	dr := &draw{f: f, sc: sc, engine: engine, seed: seed, certain: certain}
	var names []string
	for _, st := range sc.Steps {
		names = append(names, sc.StepService(st))
		if sc.StepService(st) == StandIn && f.Service(StandIn) == nil {
			dr.standIn = true
		}
	}
	for _, s := range f.Needs(append(names, sc.Service)...) {
		if s.Contained() {
			dr.needed = append(dr.needed, s)
		}
	}
	if a, _ := engine.Chaos.Together(sc); a != nil {
		return nil // package check refuses it
	}
	places := make(map[string]int, len(sc.Steps))
	for i, st := range sc.Steps {
		places[st.Name] = i
	}
	for i, st := range sc.Steps {
		if len(dr.drawn) > MaxDrawn {
			break // too many in any case
		}
		if !engine.Chaos.acts(st) {
			continue
		}
		dr.near, dr.ofStep = nil, len(dr.drawn)
		for _, o := range sc.Chaos {
			if k, known := places[o.During]; known && o.By != engine.Name && sc.Beside(i, k) {
				dr.near = append(dr.near, o)
			}
		}
		dr.step(i)
	}
	return dr.drawn
}

// Together returns two steps of a scenario during which the engine would act at
// the same time; nil when there are none.
func (e *ChaosEngine) Together(sc *Scenario) (a, b *Step) {
	for _, st := range sc.Steps {
		switch {
		case !st.Concurrent:
			a = nil
		case !e.acts(st):
		case a != nil:
			return a, st
		default:
			a = st
		}
	}
	return nil, nil
}

// acts reports whether the engine acts during a step.
func (e *ChaosEngine) acts(st *Step) bool {
	return len(e.During) == 0 || slices.Contains(e.During, st.Name)
}

// draw is the drawing for one scenario.
type draw struct {
	f       *File
	sc      *Scenario
	engine  *Service
	seed    uint64
	certain bool
	needed  []*Service // containers of the scenario
	standIn bool       // and one that no service names
	drawn   []*Chaos

	// Of the present step: the faults that others inject meanwhile, and from where
	// on drawn is of it.
	near   []*Chaos
	ofStep int
}

// drawOrder is in which faults are drawn: those that rule others out come first.
var drawOrder = []string{ChaosPause, ChaosPartition, ChaosMemory, ChaosCPU, ChaosLatency, ChaosLoss}

func (dr *draw) step(i int) {
	for _, fault := range drawOrder {
		for k := range dr.engine.Chaos.Acts {
			if a := &dr.engine.Chaos.Acts[k]; a.Fault == fault {
				dr.act(i, a)
			}
		}
	}
}

// act draws one thing that the engine does, for one step.
func (dr *draw) act(i int, a *ChaosAct) {
	from := len(dr.drawn)
	for _, s := range dr.needed {
		switch targets := dr.engine.Chaos.Targets; {
		case len(a.Services) > 0 && !slices.Contains(a.Services, s.Name),
			len(a.Services) == 0 && len(targets) > 0 && !slices.Contains(targets, s.Name),
			!dr.certain && dr.die(i, a, s, "") >= a.Rate:
			continue
		}
		for _, struck := range dr.struck(a, s) {
			dr.strike(i, a, struck, from)
		}
	}
}

// struck are the services that an act on s strikes.
func (dr *draw) struck(a *ChaosAct, s *Service) []*Service {
	out := []*Service{s}
	for i := 0; a.Cascades && i < len(out); i++ {
		for _, o := range dr.needed {
			if slices.Contains(o.DependsOn, out[i].Name) && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// strike draws one fault, for links one with every other container. Those from
// `from` on are of the same act.
func (dr *draw) strike(i int, a *ChaosAct, s *Service, from int) {
	c := Chaos{
		Pos: a.Pos, Fault: a.Fault, Service: s.Name, ServicePos: a.Pos, During: dr.sc.Steps[i].Name, DuringPos: a.Pos,
		Megabytes: a.Megabytes, Percent: a.Percent, Latency: a.Latency,
		FromPos: a.Pos, By: dr.engine.Name, Option: a.Option, Seed: dr.seed,
	}
	if !c.OnLink() {
		dr.add(i, &c)
		return
	}
	if a.Spikes {
		c.Latency = max(time.Millisecond, time.Duration(float64(a.Latency)*dr.die(i, a, s, "height")).Round(time.Millisecond))
	}
	others := make([]string, 0, len(dr.needed)+1)
	for _, o := range dr.needed {
		others = append(others, o.Name)
	}
	if dr.standIn {
		others = append(others, StandIn)
	}
	for _, o := range others {
		// What the services send each other goes over one link, whichever is struck.
		if o == s.Name || slices.ContainsFunc(dr.drawn[from:], func(d *Chaos) bool { return d.Service == o && d.From == s.Name }) {
			continue
		}
		one := c
		one.From = o
		dr.add(i, &one)
	}
}

// add keeps a fault that can act beside the others.
func (dr *draw) add(i int, c *Chaos) {
	switch {
	case (c.OnLink() || c.Fault == ChaosPartition) && dr.f.NetworkOf(dr.sc) == NetworkNone,
		(c.Fault == ChaosPause || c.Fault == ChaosPartition) && dr.occupied(i, c.Service):
		return
	}
	for _, o := range dr.drawn[dr.ofStep:] {
		if o.clash(c) != "" || o.Fault == c.Fault && o.Service == c.Service && o.From == c.From {
			return
		}
	}
	for _, o := range dr.near {
		if o.clash(c) != "" {
			return
		}
	}
	dr.drawn = append(dr.drawn, c)
}

// occupied reports whether a step runs in the service during step i.
func (dr *draw) occupied(i int, service string) bool {
	for k, st := range dr.sc.Steps {
		if dr.sc.StepService(st) == service && dr.sc.Beside(i, k) {
			return true
		}
	}
	return false
}

// die is a number from 0 up to 1, but not 1.
func (dr *draw) die(i int, a *ChaosAct, s *Service, of string) float64 {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		strconv.FormatUint(dr.seed, 10), dr.engine.Name, dr.sc.Name, dr.sc.Steps[i].Name, s.Name, a.Option, of,
	}, "\x00")))
	const digits = 53 // of a float64
	return float64(binary.BigEndian.Uint64(sum[:])>>(64-digits)) / (1 << digits)
}

// Beside reports whether two steps, by their places, can run at the same time. A
// step runs beside itself.
func (s *Scenario) Beside(i, k int) bool {
	if i == k {
		return true
	}
	i, k = min(i, k), max(i, k)
	for _, st := range s.Steps[i : k+1] {
		if !st.Concurrent {
			return false
		}
	}
	return !s.after(k, i)
}

// after reports whether step k waits for step i, which stands before it.
func (s *Scenario) after(k, i int) bool {
	waits := map[string]bool{}
	for _, name := range s.Steps[k].DependsOn {
		waits[name] = true
	}
	for j := k - 1; j >= i; j-- {
		if !waits[s.Steps[j].Name] {
			continue
		}
		if j == i {
			return true
		}
		for _, name := range s.Steps[j].DependsOn {
			waits[name] = true
		}
	}
	return false
}

// Clash says why two faults of the scenario cannot act as asked, because they
// may act at the same time; "" when they can.
func (s *Scenario) Clash(a, b *Chaos) string {
	if !s.meet(a.During, b.During) {
		return ""
	}
	return a.clash(b)
}

// clash says why two faults cannot act at the same time.
func (a *Chaos) clash(b *Chaos) string {
	pair := func(one, other string) bool {
		return a.Fault == one && b.Fault == other || a.Fault == other && b.Fault == one
	}
	switch {
	case a.OnLink() && b.OnLink() && a.During != b.During:
		return "packets are held back or lost for one step at a time"
	case a.OnLink() && b.Fault == ChaosPartition, b.OnLink() && a.Fault == ChaosPartition:
		return "a service is cut off, and what its packets meet on the way would not be known"
	case a.Service != b.Service:
		return ""
	case pair(ChaosPause, ChaosPause):
		return "a service can stand still only once at a time"
	case pair(ChaosPartition, ChaosPartition):
		return "a service can be cut off only once at a time"
	case pair(ChaosPause, ChaosMemory), pair(ChaosPause, ChaosCPU):
		return "a service that stands still uses up nothing"
	}
	return ""
}

// meet reports whether steps of these names can run at the same time.
func (s *Scenario) meet(a, b string) bool {
	if a == b {
		return true
	}
	place := func(name string) int {
		return slices.IndexFunc(s.Steps, func(st *Step) bool { return st.Name == name })
	}
	i, k := place(a), place(b)
	return i >= 0 && k >= 0 && s.Beside(i, k)
}
