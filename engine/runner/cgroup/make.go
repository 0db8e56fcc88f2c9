package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
)

// Limits are what a group may use; 0 of a field means no limit.
type Limits struct {
	MemoryBytes   int64 // without swap
	CPUMillicores int   // at least 10
	Pids          int   // processes and threads
}

// period is the time in which a group may use its share of the processors, the
// kernel's own default.
const period = 100 * time.Millisecond

// Made is a control group that this process has made.
type Made struct {
	// Group is the group for the agent; empty where none could be made.
	Group group.Group
	// Holds are the resources whose limits hold, by what limits them, as it was read
	// back; Lacks are those that were asked for and do not hold, with the reason.
	Holds map[Resource]string
	Lacks map[Resource]string

	folders []Folder
}

// Make makes a group of that name with these limits. It never fails as a whole:
// what does not hold is in Lacks.
func (m *Maker) Make(name string, l Limits) *Made {
	g := &Made{Holds: map[Resource]string{}, Lacks: map[Resource]string{}}
	for _, r := range l.asked() {
		if why := m.lacks[r]; why != "" {
			g.Lacks[r] = why
		}
	}
	for _, p := range m.parents {
		if err := m.makeIn(g, p, name, l); err != nil {
			for _, r := range l.asked() {
				if slices.Contains(p.has, string(r)) {
					g.Lacks[r] = err.Error()
				}
			}
		}
	}
	return g
}

// asked are the resources that limits are about.
func (l Limits) asked() (out []Resource) {
	for r, asked := range map[Resource]bool{Memory: l.MemoryBytes > 0, CPU: l.CPUMillicores > 0, Pids: l.Pids > 0} {
		if asked {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// makeIn makes the part of g that is in one hierarchy.
func (m *Maker) makeIn(g *Made, p parent, name string, l Limits) error {
	var denied map[string]error
	if p.v2 {
		var err error
		if denied, err = m.prepare(p); err != nil {
			return err
		}
	}
	dir := filepath.Join(p.dir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	g.Group = append(g.Group, dir)
	f := Folder{files: os.DirFS(dir), dir: ".", v2: p.v2}
	g.folders = append(g.folders, f)
	for _, r := range l.asked() {
		if !slices.Contains(p.has, string(r)) {
			continue
		}
		err := denied[string(r)]
		if err == nil {
			err = f.limit(dir, r, l)
		}
		if err != nil {
			g.Lacks[r] = err.Error()
			continue
		}
		g.Holds[r] = p.version()
	}
	return nil
}

// limit sets a limit and reads back that it holds.
func (f Folder) limit(dir string, r Resource, l Limits) error {
	set := func(name, text string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0)
	}
	switch r {
	case Memory:
		if err := set(f.either("memory.max", "memory.limit_in_bytes"), strconv.FormatInt(l.MemoryBytes, 10)); err != nil {
			return err
		}
		if got, ok := f.MemoryLimit(); !ok || got != l.MemoryBytes {
			return fmt.Errorf("a memory limit of %d bytes was set, and the kernel says %d", l.MemoryBytes, got)
		}
		return f.withoutSwap(set, l.MemoryBytes)
	case CPU:
		quota := period.Microseconds() * int64(l.CPUMillicores) / 1000
		var err error
		if f.v2 {
			err = set("cpu.max", fmt.Sprintf("%d %d", quota, period.Microseconds()))
		} else {
			err = errors.Join(set("cpu.cfs_period_us", strconv.FormatInt(period.Microseconds(), 10)), set("cpu.cfs_quota_us", strconv.FormatInt(quota, 10)))
		}
		if err != nil {
			return err
		}
		if got := f.CPUs(); int(got*1000+0.5) != l.CPUMillicores {
			return fmt.Errorf("a limit of %d CPU millicores was set, and the kernel says %.3f processors", l.CPUMillicores, got)
		}
		return nil
	default:
		if err := set("pids.max", strconv.Itoa(l.Pids)); err != nil {
			return err
		}
		if got, ok := f.Pids(); !ok || got != int64(l.Pids) {
			return fmt.Errorf("a limit of %d processes was set, and the kernel says %d", l.Pids, got)
		}
		return nil
	}
}

// withoutSwap keeps a group from going on in swap when its memory is used up. A
// machine without swap need not be told.
func (f Folder) withoutSwap(set func(name, text string) error, bytes int64) error {
	var err error
	if f.v2 {
		err = set("memory.swap.max", "0")
	} else {
		err = set("memory.memsw.limit_in_bytes", strconv.FormatInt(bytes, 10))
	}
	if total, ok := Field(os.DirFS("/"), "proc/meminfo", "SwapTotal:"); err != nil && ok && total > 0 {
		return fmt.Errorf("the kernel does not limit swap: %w", err)
	}
	return nil
}

// Used is what everything in the group uses: memory in bytes, without pages that
// can be dropped at once, and processor time. False where it is not known.
func (g *Made) Used() (memory int64, cpu time.Duration, ok bool) {
	var known [2]bool
	for _, f := range g.folders {
		if n, ok := f.MemoryUsed(); ok {
			memory, known[0] = n, true
		}
		if t, ok := f.CPUTime(); ok {
			cpu, known[1] = t, true
		}
	}
	return memory, cpu, known[0] && known[1]
}

// Left lists the groups anywhere in the hierarchies of this process whose name is
// one of those that are meant, each with all its folders.
func Left(root string, meant func(name string) bool) map[string]group.Group {
	out := map[string]group.Group{}
	seen := map[string]bool{}
	for _, p := range places(os.DirFS(root)) {
		top := filepath.Join(root, p.mount)
		if seen[top] {
			continue
		}
		seen[top] = true
		// What cannot be read is another user's.
		_ = filepath.WalkDir(top, func(dir string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fs.SkipDir
			case !d.IsDir():
				return nil
			case meant(d.Name()):
				if syscall.Access(filepath.Dir(dir), writable) == nil { // else another user's
					out[d.Name()] = append(out[d.Name()], dir)
				}
				return fs.SkipDir // what is below goes with it
			}
			return nil
		})
	}
	return out
}
