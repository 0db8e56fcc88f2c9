package spec

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// policyField is the policy of a scenario (semantics 1.8). What a policy forbids
// is decided before anything runs; what it bounds bounds the run.
var policyField = field[scenarioDraft]{name: "policy", schema: inTable(policyTable), shape: "a table", set: func(d *decoder, path string, e *entry, s *scenarioDraft) bool {
	s.Policy = &Policy{Pos: d.pos(e.at)}
	return policyTable.decode(d, join(path, e.key), e.val, s.Policy)
}}

var policyTable = newTable(unknownPolicy,
	str("security_level", func(p *Policy) *string { return &p.SecurityLevel }).at(func(p *Policy) *Pos { return &p.LevelPos }),
	duration("max_execution_time", time.Second, func(p *Policy) *time.Duration { return &p.maxTime }),
	integer("max_memory_mb", func(p *Policy) *int { return &p.MaxMemoryMB }).at(func(p *Policy) *Pos { return &p.MemoryPos }),
	field[Policy]{name: "max_cpu_usage", schema: of(object{"type": "number", "minimum": 0, "maximum": 1}), shape: "a number from 0.0 to 1.0", set: func(d *decoder, path string, e *entry, _ *Policy) bool {
		n, ok := e.val.number()
		if ok && n >= 0 && n < 1 {
			d.warnf(e.at, "not-honoured", "write [limits] cpu_millicores", "`%s` has no effect: a share of an unknown processor is no limit", join(path, e.key))
		}
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
