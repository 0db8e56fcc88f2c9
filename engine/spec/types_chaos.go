package spec

import "time"

// Chaos is a fault that is injected into a service while a step runs: one
// [[scenario.chaos]], or one that a chaos engine drew.
type Chaos struct {
	Pos        Pos
	Fault      string // one of ChaosFaults
	Service    string
	ServicePos Pos
	During     string // name of the step
	DuringPos  Pos
	Megabytes  int // of memory that ChaosMemory holds; 0 when it is not given
	// Percent is, for ChaosCPU, the share of the service's processor limit that is
	// used, and for ChaosLoss the share of packets that is lost; 0 when it is not
	// given.
	Percent int
	Latency time.Duration // ChaosLatency holds each packet back for as long
	Jitter  time.Duration // and for up to as much longer
	From    string        // the only other service that ChaosLatency and ChaosLoss keep it from; "" means all
	FromPos Pos

	// By is the chaos engine that drew it, Option which of its options, and Seed
	// what the dice began with; By is "" when the test names the fault itself.
	By, Option string
	Seed       uint64
}

// Between names what the fault acts on.
func (c *Chaos) Between() string {
	if c.From != "" {
		return c.Service + " from " + c.From
	}
	return c.Service
}

// OnLink reports whether the fault acts on packets between services.
func (c *Chaos) OnLink() bool { return c.Fault == ChaosLatency || c.Fault == ChaosLoss }

// The faults that can be injected.
const (
	ChaosCPU       = "cpu"       // processor time is used up in the service's container
	ChaosLatency   = "latency"   // packets between the service and others are held back
	ChaosLoss      = "loss"      // packets between the service and others are lost
	ChaosMemory    = "memory"    // memory is held in the service's container
	ChaosPause     = "pause"     // every process of the service stands still
	ChaosPartition = "partition" // the service is cut off from the scenario's network
)

// ChaosFaults lists the faults that can be injected.
func ChaosFaults() []string {
	return []string{ChaosCPU, ChaosLatency, ChaosLoss, ChaosMemory, ChaosPartition, ChaosPause}
}

// ChaosEngine is what a service of PluginChaos injects: what is drawn of it for a
// scenario is in Scenario.Chaos.
type ChaosEngine struct {
	Seed       uint64 // what the dice begin with: its own, else that of [determinism], else 0
	Acts       []ChaosAct
	Targets    []string // the services that it acts on; none means all containers of the scenario
	TargetsPos Pos
	During     []string // the steps during which it acts; none means all
	DuringPos  Pos
	Overflow   bool     // more was drawn than MaxDrawn, and the rest left out
	Unused     []Unused // options of which no entry of `scenarios` makes use

	seeded bool // the seed is its own
}

// Unused is an option that is given and has no effect.
type Unused struct {
	Key string
	Pos Pos
}

// MaxDrawn is how many faults the chaos engines of a file may draw.
const MaxDrawn = 5000

// ChaosAct is one thing that a chaos engine does.
type ChaosAct struct {
	Option      string // the key, or the entry of `scenarios`, that asks for it
	Pos         Pos
	Fault       string  // one of ChaosFaults
	Rate        float64 // 0 to 1: how probably it acts on one service during one step
	Megabytes   int     // of ChaosMemory
	Percent     int     // of ChaosCPU and ChaosLoss
	Latency     time.Duration
	Spikes      bool     // the latency is drawn, too: up to Latency
	Cascades    bool     // what depends on the service is struck with it
	Services    []string // instead of the engine's targets
	ServicesPos Pos
}
