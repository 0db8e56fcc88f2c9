package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
)

// Cgroup is the monitor that counts as Simple does and looks at the machine as
// well: the limits of the control group around this process, and of those above
// it, and the memory that is really free, in the group and on the host. It reads
// version 1 and version 2.
type Cgroup struct {
	simple Simple
	files  fs.FS
	groups []cgroup.Folder // those with a limit of memory
	total  int64           // bytes of memory that the tightest group has; the host's without one
}

// recheck is how often a scenario that waits for free memory looks again.
const recheck = 500 * time.Millisecond

// ErrNoCgroup says that a machine does not tell what it has.
var ErrNoCgroup = errors.New("the limits of this machine cannot be read")

// NewCgroup reads the limits below root, which holds proc and sys as "/" does:
// os.DirFS("/") but in tests. limit bounds on top of what is found; a field of
// zero leaves only that. The error wraps ErrNoCgroup.
func NewCgroup(root fs.FS, limit Demand) (*Cgroup, error) {
	c := &Cgroup{simple: Simple{limit}, files: root}
	host, ok := c.meminfo("MemTotal:")
	if !ok {
		return nil, fmt.Errorf("%w: /proc/meminfo", ErrNoCgroup)
	}
	c.total = host
	for _, f := range cgroup.MemoryAround(root) {
		if n, ok := f.MemoryLimit(); ok && n < host {
			c.groups = append(c.groups, f)
			c.total = min(c.total, n)
		}
	}
	cpus := math.Inf(1)
	for _, f := range cgroup.CPUAround(root) {
		cpus = min(cpus, f.CPUs())
	}
	c.simple.Limit = tighter(limit, int(c.total>>20), cpus)
	return c, nil
}

// tighter is a limit under the bounds of the machine.
func tighter(l Demand, memoryMB int, cpus float64) Demand {
	if l.MemoryMB == 0 || memoryMB < l.MemoryMB {
		l.MemoryMB = memoryMB
	}
	if millis := cpus * 1000; l.CPUMillicores == 0 && !math.IsInf(cpus, 1) || millis < float64(l.CPUMillicores) {
		l.CPUMillicores = max(1, int(millis))
	}
	return l
}

// meminfo is a line of /proc/meminfo in bytes.
func (c *Cgroup) meminfo(key string) (int64, bool) {
	kb, ok := cgroup.Field(c.files, "proc/meminfo", key)
	return kb << 10, ok
}

// free is the memory in bytes that can be had now: on the host and in every
// group around us. Pages of files that nobody uses count as free.
func (c *Cgroup) free() int64 {
	least := int64(math.MaxInt64)
	if n, ok := c.meminfo("MemAvailable:"); ok {
		least = n
	}
	for _, g := range c.groups {
		limit, lok := g.MemoryLimit()
		used, uok := g.MemoryUsed()
		if lok && uok {
			least = min(least, max(0, limit-used))
		}
	}
	return least
}

// Name implements Monitor.
func (*Cgroup) Name() string { return "cgroup" }

// Usage implements Monitor.
func (c *Cgroup) Usage(promised Demand) Usage {
	u := c.simple.Usage(promised)
	if free := c.free(); free != math.MaxInt64 {
		u.MeasuredMB = int(max(0, c.total-free) >> 20)
	}
	return u
}

// Blocked implements Monitor.
func (c *Cgroup) Blocked(promised, want Demand) string {
	if why := c.simple.Blocked(promised, want); why != "" {
		return why
	}
	if free := c.free() >> 20; int64(want.MemoryMB) > free {
		return fmt.Sprintf("memory: %d MB wanted, %d MB free", want.MemoryMB, free)
	}
	return ""
}

// Recheck implements Monitor.
func (*Cgroup) Recheck() time.Duration { return recheck }
