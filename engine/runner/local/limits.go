package local

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
)

const (
	// leastMemoryMB is the smallest limit of memory of a service: what starts and
	// watches its programs has it, too.
	leastMemoryMB = 16
	// leastProcessMB is the smallest where the limit is one of every process: those
	// that start programs need the stacks of their threads.
	leastProcessMB = 256
)

// tooLittle says why a service with this limit of memory, 0 for none, cannot run
// without a container; nil when it can. apart says why there is no limit for the
// service as a whole; "" when there is.
func tooLittle(service string, memoryMB int, apart string) error {
	switch {
	case memoryMB == 0 || memoryMB >= leastProcessMB || apart == "" && memoryMB >= leastMemoryMB:
		return nil
	case apart == "":
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("a memory limit of %d MB for service %s cannot be held locally: what starts its programs needs %d", memoryMB, service, leastMemoryMB),
			Remedy: "run it with --backend docker, or raise the limit",
		}
	default:
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("a memory limit of %d MB for service %s cannot be held locally: without a control group (%s) it would be one of the processes that start the programs, too, which need %d", memoryMB, service, apart, leastProcessMB),
			Remedy: "run it with --backend docker, raise the limit, or see clnrm-tui health",
		}
	}
}

// confine makes the control group of n and notes which limits hold.
func (s *session) confine(n *node) error {
	l := n.asked
	want := cgroup.Limits{MemoryBytes: int64(l.MemoryMB) << 20, CPUMillicores: shared.Millicores(l, runtime.NumCPU())}
	if l.Pids > 0 {
		want.Pids = l.Pids + shared.AgentPids
	}
	n.group = s.b.groups.Make(groupName(s.b.me, s.token, n.svc.Name), want)
	n.limits = runner.ContainerLimits{By: cmp.Or(n.group.Holds[cgroup.Memory], n.group.Holds[cgroup.CPU], n.group.Holds[cgroup.Pids])}
	for _, r := range []struct {
		resource cgroup.Resource
		asked    int
		held     *int
		text     string
	}{
		{cgroup.Memory, l.MemoryMB, &n.limits.MemoryMB, "the limit of %d MB of memory for %s holds for each process by itself: %s"},
		{cgroup.CPU, want.CPUMillicores, &n.limits.CPUMillicores, "the limit of %d CPU millicores for %s is not enforced: %s"},
		{cgroup.Pids, l.Pids, &n.limits.Pids, "the limit of %d processes for %s is not enforced: %s"},
	} {
		if n.group.Holds[r.resource] != "" {
			*r.held = r.asked
		} else if r.asked > 0 {
			n.unheld = append(n.unheld, fmt.Sprintf(r.text, r.asked, n.svc.Name, n.group.Lacks[r.resource]))
		}
	}
	return tooLittle(n.svc.Name, l.MemoryMB, n.group.Lacks[cgroup.Memory])
}

// perProcess is the limit of memory of every process, in bytes, where there is none
// of the service as a whole; 0 where there is.
func (n *node) perProcess() int64 {
	if n.limits.MemoryMB > 0 {
		return 0
	}
	return int64(n.asked.MemoryMB) << 20
}

// Limits tries out which limits of services hold on this machine, and says what
// enforces them, and why others do not hold, each in one sentence. Ready comes first.
func (b *Backend) Limits() (held, lacking []string, err error) {
	g := b.groups.Make(groupName(b.me, owner.Token(), "trial"), cgroup.Limits{MemoryBytes: leastProcessMB << 20, CPUMillicores: 100, Pids: shared.AgentPids})
	by := map[string][]string{}
	for _, r := range cgroup.Resources {
		switch why := g.Lacks[r]; {
		case why == "":
			by[g.Holds[r]] = append(by[g.Holds[r]], string(r))
		case r == cgroup.Memory:
			lacking = append(lacking, "memory is limited for each process by itself: "+why)
		default:
			lacking = append(lacking, string(r)+" is not limited: "+why)
		}
	}
	for _, version := range slices.Sorted(maps.Keys(by)) {
		held = append(held, strings.Join(by[version], ", ")+" by "+version)
	}
	return held, lacking, g.Group.Remove(leaveLimit)
}
