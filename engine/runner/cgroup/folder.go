package cgroup

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
)

// Folder is one control group in one hierarchy, to be read.
type Folder struct {
	files fs.FS
	dir   string
	v2    bool
}

// MemoryAround lists the control groups around this process that may limit memory,
// from the innermost outwards. root holds proc and sys as "/" does.
func MemoryAround(root fs.FS) []Folder { return around(root, "memory") }

// CPUAround lists those that may limit the processors.
func CPUAround(root fs.FS) []Folder { return around(root, "cpu") }

// MemoryLimit is how many bytes the group may use; false without a limit.
func (f Folder) MemoryLimit() (int64, bool) {
	return f.number(f.either("memory.max", "memory.limit_in_bytes"))
}

// MemoryUsed is how many bytes it uses, without pages of files that can be dropped
// at once.
func (f Folder) MemoryUsed() (int64, bool) {
	used, ok := f.number(f.either("memory.current", "memory.usage_in_bytes"))
	idle, _ := Field(f.files, path.Join(f.dir, "memory.stat"), f.either("inactive_file", "total_inactive_file"))
	return max(0, used-idle), ok
}

// CPUs is how many processors it may use; infinite without a limit.
func (f Folder) CPUs() float64 {
	quota, period := int64(-1), int64(0)
	if f.v2 {
		text, err := fs.ReadFile(f.files, path.Join(f.dir, "cpu.max"))
		if err != nil {
			return math.Inf(1)
		}
		if words := strings.Fields(string(text)); len(words) == 2 && words[0] != "max" {
			quota, _ = strconv.ParseInt(words[0], 10, 64)
			period, _ = strconv.ParseInt(words[1], 10, 64)
		}
	} else {
		quota, _ = f.number("cpu.cfs_quota_us")
		period, _ = f.number("cpu.cfs_period_us")
	}
	if quota <= 0 || period <= 0 {
		return math.Inf(1)
	}
	return float64(quota) / float64(period)
}

// CPUTime is the processor time that it has used, with all that has ended in it.
func (f Folder) CPUTime() (time.Duration, bool) {
	if f.v2 {
		us, ok := Field(f.files, path.Join(f.dir, "cpu.stat"), "usage_usec")
		return time.Duration(us) * time.Microsecond, ok
	}
	ns, ok := f.number("cpuacct.usage")
	return time.Duration(ns), ok
}

// Pids is how many processes and threads may be in it; false without a limit.
func (f Folder) Pids() (int64, bool) { return f.number("pids.max") }

// either is the name of a file or a key in version 2 or version 1.
func (f Folder) either(two, one string) string {
	if f.v2 {
		return two
	}
	return one
}

// number reads a file that holds one number. "max" is none.
func (f Folder) number(name string) (int64, bool) {
	text, err := fs.ReadFile(f.files, path.Join(f.dir, name))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// Field is the number behind a key at the beginning of a line of a file of the
// kernel; false where there is none.
func Field(files fs.FS, name, key string) (int64, bool) {
	text, err := fs.ReadFile(files, name)
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
