package session

import (
	"cmp"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// AgentPids are the threads of what starts and watches a service's programs,
	// which count beside those and must not use up what the test asks for.
	AgentPids = 64
	// leastMillicores is the smallest share of a processor that can be given.
	leastMillicores = 10
)

// Millicores is the share of the processors that limits give on a machine that has
// so many: never more than all, and 0 when nothing is asked for.
func Millicores(l spec.Limits, cpus int) int {
	all := cpus * 1000
	out := min(l.CPUMillicores, all)
	if l.CPUShare > 0 {
		out = max(leastMillicores, min(cmp.Or(out, all), int(l.CPUShare*float64(all))))
	}
	return out
}
