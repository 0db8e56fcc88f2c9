package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// chaosDraft are the options of a chaos engine while they are decoded.
type chaosDraft struct {
	failure, partition         option // shares, 0 to 1
	latency, memory, cpu, loss option
	seed                       *uint64
	targets, during            []string
	targetsPos, duringPos      Pos
	listed                     bool // `scenarios` is given
	scenarios                  []chaosScenario
	maximum, cut, trigger      option // what only entries of `scenarios` have
}

// option is a number that may be given, or a list of services.
type option struct {
	value    float64
	services []string
	given    bool
	pos      Pos
}

// or is the option, or the other one where it is not given.
func (o option) or(other option, otherwise float64) float64 {
	switch {
	case o.given:
		return o.value
	case other.given:
		return other.value
	}
	return otherwise
}

// chaosScenario is one entry of `scenarios` with the options of its own.
type chaosScenario struct {
	name string
	pos  Pos
	own  chaosDraft
}

// amountOption is an option that is a number.
func amountOption[T any](name string, schema object, shape string, fits func(float64) bool, to func(*T) *option) field[T] {
	return field[T]{name: name, schema: of(schema), shape: shape, set: func(d *decoder, _ string, e *entry, into *T) bool {
		n, ok := e.val.number()
		*to(into) = option{value: n, given: true, pos: d.pos(e.val.at)}
		return ok && fits(n)
	}}
}

// rateOption is a probability.
func rateOption[T any](name string, to func(*T) *option) field[T] {
	return amountOption(name, object{"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a probability above 0.0, up to 1.0",
		func(n float64) bool { return n > 0 && n <= 1 }, to)
}

// wholeOption is an integer from 1 up.
func wholeOption[T any](name string, most int, to func(*T) *option) field[T] {
	return amountOption(name, object{"type": "integer", "minimum": 1, "maximum": most}, "an integer from 1 to "+strconv.Itoa(most),
		func(n float64) bool { return n >= 1 && n <= float64(most) && n == float64(int(n)) }, to)
}

const (
	mostLatencyMS = 60_000
	mostPressure  = 1 << 20 // MiB
)

// chaosOptions are the keys of a service of PluginChaos.
var chaosOptions = []field[serviceDraft]{
	rateOption("failure_rate", func(s *serviceDraft) *option { return &s.chaos.failure }),
	wholeOption("latency_ms", mostLatencyMS, func(s *serviceDraft) *option { return &s.chaos.latency }),
	rateOption("network_partition_rate", func(s *serviceDraft) *option { return &s.chaos.partition }),
	wholeOption("packet_loss_percent", 100, func(s *serviceDraft) *option { return &s.chaos.loss }),
	wholeOption("memory_pressure_mb", mostPressure, func(s *serviceDraft) *option { return &s.chaos.memory }),
	wholeOption("cpu_stress_percent", 100, func(s *serviceDraft) *option { return &s.chaos.cpu }),
	field[serviceDraft]{name: "seed", schema: natural, shape: "an integer from 0 up", set: func(_ *decoder, _ string, e *entry, s *serviceDraft) bool {
		seed := uint64(e.val.num)
		s.chaos.seed = &seed
		return e.val.kind == kindInt && e.val.num >= 0
	}},
	strList("targets", func(s *serviceDraft) *[]string { return &s.chaos.targets }).at(func(s *serviceDraft) *Pos { return &s.chaos.targetsPos }),
	strList("during", func(s *serviceDraft) *[]string { return &s.chaos.during }).at(func(s *serviceDraft) *Pos { return &s.chaos.duringPos }),
	field[serviceDraft]{name: "scenarios", schema: listOf(anyOf(of(object{"enum": chaosScenarioNames}), inTable(chaosScenarioTable))),
		shape: `a list of names such as "RandomFailures", or tables such as { RandomFailures = { failure_rate = 0.2 } }`, set: chaosScenarioList},
}

// The entries of `scenarios`.
const (
	randomFailures    = "RandomFailures"
	latencySpikes     = "LatencySpikes"
	memoryExhaustion  = "MemoryExhaustion"
	cpuSaturation     = "CpuSaturation"
	networkPartition  = "NetworkPartition"
	cascadingFailures = "CascadingFailures"
)

var chaosScenarioNames = []string{randomFailures, latencySpikes, memoryExhaustion, cpuSaturation, networkPartition, cascadingFailures}

// chaosScenarioTable is an entry of `scenarios` with options of its own.
var chaosScenarioTable = newTable(unknownChaos,
	chaosEntry(randomFailures, lasts, rateOption("failure_rate", func(s *chaosDraft) *option { return &s.failure })),
	chaosEntry(latencySpikes, lasts, wholeOption("max_latency_ms", mostLatencyMS, func(s *chaosDraft) *option { return &s.maximum })),
	chaosEntry(memoryExhaustion, lasts, wholeOption("target_mb", mostPressure, func(s *chaosDraft) *option { return &s.memory })),
	chaosEntry(cpuSaturation, lasts, wholeOption("target_percent", 100, func(s *chaosDraft) *option { return &s.cpu })),
	chaosEntry(networkPartition, lasts, servicesOption("affected_services", func(s *chaosDraft) *option { return &s.cut })),
	chaosEntry(cascadingFailures, noCounterpart("propagation_delay_ms", "a service and all that depend on it stand still from the beginning of a step to its end"),
		field[chaosDraft]{name: "trigger_service", schema: text, shape: "the name of a service", set: func(d *decoder, _ string, e *entry, s *chaosDraft) bool {
			s.trigger = option{services: []string{e.val.text}, given: true, pos: d.pos(e.val.at)}
			return e.val.kind == kindString
		}}),
)

// lasts is how long an entry acts, which is as long as a step.
var lasts = noCounterpart("duration_secs", "a fault acts from the beginning of a step to its end")

// noCounterpart is an option whose effect this version does not have.
func noCounterpart(name, because string) field[chaosDraft] {
	return field[chaosDraft]{name: name, schema: nothing, quiet: true, set: func(d *decoder, path string, e *entry, _ *chaosDraft) bool {
		d.errorf(e.at, "not-evaluated", "remove the line; `during` says in which steps", "`%s` has no counterpart: %s", join(path, e.key), because)
		return true
	}}
}

// servicesOption is a list of services.
func servicesOption(name string, to func(*chaosDraft) *option) field[chaosDraft] {
	return field[chaosDraft]{name: name, schema: texts, shape: "a list of services", set: func(d *decoder, _ string, e *entry, s *chaosDraft) bool {
		list, ok := d.strings(e.val)
		*to(s) = option{services: list, given: true, pos: d.pos(e.val.at)}
		return ok && len(list) > 0
	}}
}

// chaosEntry is an entry by name.
func chaosEntry(name string, options ...field[chaosDraft]) field[[]chaosScenario] {
	own := newTable(unknownChaos, options...)
	return field[[]chaosScenario]{name: name, schema: inTable(own), shape: "a table", set: func(d *decoder, path string, e *entry, into *[]chaosScenario) bool {
		s := chaosScenario{name: name, pos: d.pos(e.at)}
		ok := own.decode(d, join(path, name), e.val, &s.own)
		*into = append(*into, s)
		return ok
	}}
}

func chaosScenarioList(d *decoder, path string, e *entry, s *serviceDraft) bool {
	s.chaos.listed = true
	for i, n := range e.val.items {
		at := fmt.Sprintf("%s[%d]", join(path, e.key), i)
		switch {
		case n.kind == kindString && slices.Contains(chaosScenarioNames, n.text):
			s.chaos.scenarios = append(s.chaos.scenarios, chaosScenario{name: n.text, pos: d.pos(n.at)})
		case n.kind == kindString:
			d.errorf(n.at, "not-evaluated", "known here: "+strings.Join(chaosScenarioNames, ", "), "%q is nothing that a chaos engine does", n.text)
		case !chaosScenarioTable.decode(d, at, n, &s.chaos.scenarios):
			return false
		}
	}
	for i, sc := range s.chaos.scenarios {
		if slices.ContainsFunc(s.chaos.scenarios[:i], func(o chaosScenario) bool { return o.name == sc.name }) {
			d.errorf(d.file.places[sc.pos], "repeated-key", keepOne, "%s is listed twice", sc.name)
		}
	}
	return e.val.kind == kindArray
}

// engine makes of the options what the engine does: those of `scenarios` where
// that is given, with the options as their amounts, else what the options say.
func (c *chaosDraft) engine() *ChaosEngine {
	e := &ChaosEngine{Targets: c.targets, TargetsPos: c.targetsPos, During: c.during, DuringPos: c.duringPos}
	if c.seed != nil {
		e.Seed, e.seeded = *c.seed, true
	}
	if c.listed {
		for _, s := range c.scenarios {
			e.Acts = append(e.Acts, c.scenario(s))
		}
	}
	for _, o := range []struct {
		option
		key string
		act ChaosAct
		by  []string // the entries of `scenarios` that make use of it
	}{
		{c.failure, "failure_rate", ChaosAct{Fault: ChaosPause, Rate: c.failure.value}, []string{randomFailures, cascadingFailures}},
		{c.partition, "network_partition_rate", ChaosAct{Fault: ChaosPartition, Rate: c.partition.value}, []string{networkPartition}},
		{c.memory, "memory_pressure_mb", ChaosAct{Fault: ChaosMemory, Rate: 1, Megabytes: int(c.memory.value)}, []string{memoryExhaustion}},
		{c.cpu, "cpu_stress_percent", ChaosAct{Fault: ChaosCPU, Rate: 1, Percent: int(c.cpu.value)}, []string{cpuSaturation}},
		{c.latency, "latency_ms", ChaosAct{Fault: ChaosLatency, Rate: 1, Latency: milliseconds(c.latency.value)}, []string{latencySpikes}},
		{c.loss, "packet_loss_percent", ChaosAct{Fault: ChaosLoss, Rate: 1, Percent: int(c.loss.value)}, nil},
	} {
		switch used := slices.ContainsFunc(c.scenarios, func(s chaosScenario) bool { return slices.Contains(o.by, s.name) }); {
		case !o.given:
		case !c.listed || o.by == nil:
			o.act.Option, o.act.Pos = o.key, o.pos
			e.Acts = append(e.Acts, o.act)
		case !used:
			e.Unused = append(e.Unused, Unused{Key: o.key, Pos: o.pos})
		}
	}
	return e
}

// The amounts of entries of `scenarios` for which none is given.
const (
	usualFailures   = 0.1
	usualPartitions = 0.05
	usualLatencyMS  = 100
	usualMemoryMB   = 100
	usualCPU        = 50
	usualSpikes     = 0.3 // how probable a spike is
)

// scenario is what an entry of `scenarios` does.
func (c *chaosDraft) scenario(s chaosScenario) ChaosAct {
	a := ChaosAct{Option: s.name, Pos: s.pos}
	switch s.name {
	case randomFailures:
		a.Fault, a.Rate = ChaosPause, s.own.failure.or(c.failure, usualFailures)
	case cascadingFailures:
		a.Fault, a.Rate, a.Cascades = ChaosPause, c.failure.or(option{}, usualFailures), true
		if t := s.own.trigger; t.given {
			a.Rate, a.Services, a.ServicesPos = 1, t.services, t.pos
		}
	case latencySpikes:
		a.Fault, a.Rate, a.Spikes = ChaosLatency, usualSpikes, true
		a.Latency = milliseconds(s.own.maximum.or(c.latency, usualLatencyMS))
	case memoryExhaustion:
		a.Fault, a.Rate, a.Megabytes = ChaosMemory, 1, int(s.own.memory.or(c.memory, usualMemoryMB))
	case cpuSaturation:
		a.Fault, a.Rate, a.Percent = ChaosCPU, 1, int(s.own.cpu.or(c.cpu, usualCPU))
	case networkPartition:
		a.Fault, a.Rate = ChaosPartition, c.partition.or(option{}, usualPartitions)
		if cut := s.own.cut; cut.given {
			a.Rate, a.Services, a.ServicesPos = 1, cut.services, cut.pos
		}
	}
	return a
}

func milliseconds(n float64) time.Duration { return time.Duration(n) * time.Millisecond }
