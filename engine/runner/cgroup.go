package runner

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// Cgroup is the monitor that counts as Simple does and looks at the machine as
// well: the limits of the control group around this process, and of those above
// it, and the memory that is really free, in the group and on the host. It reads
// version 1 and version 2.
type Cgroup struct {
	simple Simple
	files  fs.FS
	groups []group
	total  int64 // bytes of memory that the tightest group has; the host's without one
}

// group is one control group with a limit of memory.
type group struct {
	usage, limit, stat string // file names
	inactive           string // the key of stat for pages that can be dropped at once
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
	cpus := math.Inf(1)
	for _, dir := range c.around() {
		if n, ok := c.number(path.Join(dir.memory, dir.limitFile())); ok && n < host {
			c.groups = append(c.groups, dir.group())
			c.total = min(c.total, n)
		}
		cpus = min(cpus, c.cpus(dir))
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

// folder is one level of the hierarchy around this process.
type folder struct {
	memory, cpu string // folders below the root; cpu is memory's in version 2
	v2          bool
}

func (f folder) limitFile() string {
	if f.v2 {
		return "memory.max"
	}
	return "memory.limit_in_bytes"
}

func (f folder) group() group {
	if f.v2 {
		return group{path.Join(f.memory, "memory.current"), path.Join(f.memory, "memory.max"), path.Join(f.memory, "memory.stat"), "inactive_file"}
	}
	return group{path.Join(f.memory, "memory.usage_in_bytes"), path.Join(f.memory, "memory.limit_in_bytes"), path.Join(f.memory, "memory.stat"), "total_inactive_file"}
}

// around lists the control groups around this process from the innermost to the
// root. Inside a container the path that the kernel names may not be there: the
// root of what is mounted is then the container's own group.
func (c *Cgroup) around() []folder {
	const mount = "sys/fs/cgroup"
	text, err := fs.ReadFile(c.files, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	at := map[string]string{} // controller → path; "" is version 2
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		parts := strings.SplitN(s.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for name := range strings.SplitSeq(parts[1], ",") {
			at[name] = parts[2]
		}
	}
	var out []folder
	if _, v1 := at["memory"]; v1 {
		for _, p := range upward(at["memory"]) {
			out = append(out, folder{memory: path.Join(mount, "memory", p)})
		}
		for _, p := range upward(at["cpu"]) {
			out = append(out, folder{cpu: path.Join(mount, "cpu", p)})
		}
		return out
	}
	for _, p := range upward(at[""]) {
		dir := path.Join(mount, p)
		out = append(out, folder{memory: dir, cpu: dir, v2: true})
	}
	return out
}

// upward is a path and everything above it, down to "/".
func upward(p string) []string {
	p = path.Clean("/" + p)
	out := []string{p}
	for p != "/" {
		p = path.Dir(p)
		out = append(out, p)
	}
	return out
}

// cpus is how many processors a group may use; infinite without a bound.
func (c *Cgroup) cpus(f folder) float64 {
	if f.cpu == "" {
		return math.Inf(1)
	}
	quota, period := int64(-1), int64(0)
	if f.v2 {
		text, err := fs.ReadFile(c.files, path.Join(f.cpu, "cpu.max"))
		if err != nil {
			return math.Inf(1)
		}
		if words := strings.Fields(string(text)); len(words) == 2 && words[0] != "max" {
			quota, _ = strconv.ParseInt(words[0], 10, 64)
			period, _ = strconv.ParseInt(words[1], 10, 64)
		}
	} else {
		quota, _ = c.number(path.Join(f.cpu, "cpu.cfs_quota_us"))
		period, _ = c.number(path.Join(f.cpu, "cpu.cfs_period_us"))
	}
	if quota <= 0 || period <= 0 {
		return math.Inf(1)
	}
	return float64(quota) / float64(period)
}

// number reads a file that holds one number. "max" is none.
func (c *Cgroup) number(name string) (int64, bool) {
	text, err := fs.ReadFile(c.files, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// field is the number behind a key at the beginning of a line.
func (c *Cgroup) field(name, key string) (int64, bool) {
	text, err := fs.ReadFile(c.files, name)
	if err != nil {
		return 0, false
	}
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) >= 2 && words[0] == key {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// meminfo is a line of /proc/meminfo in bytes.
func (c *Cgroup) meminfo(key string) (int64, bool) {
	kb, ok := c.field("proc/meminfo", key)
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
		limit, lok := c.number(g.limit)
		used, uok := c.number(g.usage)
		if !lok || !uok {
			continue
		}
		idle, _ := c.field(g.stat, g.inactive)
		least = min(least, max(0, limit-max(0, used-idle)))
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
