package spec

import (
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// policyField is the policy of a scenario. What a policy forbids is decided
// before anything runs; what it bounds bounds the run.
var policyField = field[scenarioDraft]{name: "policy", schema: inTable(policyTable), shape: "a table", set: func(d *decoder, path string, e *entry, s *scenarioDraft) bool {
	s.Policy = &Policy{Pos: d.pos(e.at)}
	return policyTable.decode(d, join(path, e.key), e.val, s.Policy)
}}

var policyTable = newTable(unknownPolicy,
	str("security_level", func(p *Policy) *string { return &p.SecurityLevel }).at(func(p *Policy) *Pos { return &p.LevelPos }),
	duration("max_execution_time", time.Second, func(p *Policy) *time.Duration { return &p.maxTime }),
	integer("max_memory_mb", func(p *Policy) *int { return &p.MaxMemoryMB }).at(func(p *Policy) *Pos { return &p.MemoryPos }),
	field[Policy]{name: "max_cpu_usage", schema: of(object{"type": "number", "minimum": 0, "maximum": 1}), shape: "a number from 0.0 to 1.0", set: func(_ *decoder, _ string, e *entry, p *Policy) bool {
		n, ok := e.val.number()
		p.MaxCPU = n
		return ok && n >= 0 && n <= 1
	}},
	strList("disallowed_commands", func(p *Policy) *[]string { return &p.Disallowed }).at(func(p *Policy) *Pos { return &p.DisallowedPos }),
	strList("allowed_network_hosts", func(p *Policy) *[]string { return &p.Hosts }).at(func(p *Policy) *Pos { return &p.HostsPos }),
	ignored[Policy]("description"),
)

// unknownPolicy: a rule that is not understood cannot be kept, so it is refused.
var unknownPolicy = unknownRule{severity: diag.Error, code: "not-evaluated", text: "`{key}` in [{table}] is not enforced"}

// bounded makes the policy's time part of the scenario's timeout: the smaller
// one counts.
func (s *Scenario) bounded() {
	if s.Policy == nil || s.Policy.maxTime == 0 {
		return
	}
	if s.Timeout == 0 || s.Policy.maxTime < s.Timeout {
		s.Timeout = s.Policy.maxTime
	}
}

// networkField is a network level.
func networkField[T any](to func(*T) *NetworkLevel) field[T] {
	levels := []NetworkLevel{NetworkNone, NetworkSealed, NetworkInternal, NetworkOpen}
	return field[T]{name: "network", schema: of(object{"enum": levels}), shape: "one of none, sealed, internal and open", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		*to(into) = NetworkLevel(e.val.text)
		return e.val.kind == kindString && slices.Contains(levels, *to(into))
	}}
}

// unknownIsolation: isolation that is asked for and not given is none.
var unknownIsolation = unknownRule{severity: diag.Error, code: "not-evaluated", text: "`{key}` in [{table}] is not known"}

// isolationTable is [isolation]: what the containers of the file can reach.
var isolationTable = newTable(unknownIsolation,
	networkField(func(f *File) *NetworkLevel { return &f.Network }).at(func(f *File) *Pos { return &f.NetworkPos }),
)

// unknownChaos: a fault that is asked for and does not act proves nothing.
var unknownChaos = unknownRule{severity: diag.Error, code: "not-evaluated", text: "`{key}` in [{table}] is not known"}

var chaosTable = newTable(unknownChaos,
	str("fault", func(c *Chaos) *string { return &c.Fault }),
	str("service", func(c *Chaos) *string { return &c.Service }).at(func(c *Chaos) *Pos { return &c.ServicePos }),
	str("during", func(c *Chaos) *string { return &c.During }).at(func(c *Chaos) *Pos { return &c.DuringPos }),
	atLeastOne("megabytes", func(c *Chaos) *int { return &c.Megabytes }),
	atLeastOne("percent", func(c *Chaos) *int { return &c.Percent }),
	duration("latency_ms", time.Millisecond, func(c *Chaos) *time.Duration { return &c.Latency }),
	duration("jitter_ms", time.Millisecond, func(c *Chaos) *time.Duration { return &c.Jitter }),
	str("from", func(c *Chaos) *string { return &c.From }).at(func(c *Chaos) *Pos { return &c.FromPos }),
)
