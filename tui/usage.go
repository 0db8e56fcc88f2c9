package tui

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// usageEvery is the least time between two looks at the process.
const usageEvery = time.Second

// usage looks at this process, no more often than usageEvery and only when it
// is asked. The zero usage has never looked.
type usage struct {
	at   time.Time
	cpu  time.Duration
	last panel.Usage
}

// sample returns the usage at a moment. The share of the processor is that
// since the sample before; the first one has none.
func (u *usage) sample(now time.Time) panel.Usage {
	since := now.Sub(u.at)
	if !u.at.IsZero() && since < usageEvery {
		return u.last
	}
	cpu := processorTime()
	next := panel.Usage{CPU: -1, ResidentKB: residentKB(), Goroutines: runtime.NumGoroutine()}
	if !u.at.IsZero() && since > 0 {
		next.CPU = float64(cpu-u.cpu) / float64(since)
	}
	u.at, u.cpu, u.last = now, cpu, next
	return next
}

// processorTime is the time that this process has had so far, 0 when the system
// does not say.
func processorTime() time.Duration {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// residentKB is the memory of this process that is in use now, in kB; 0 where
// the system has no /proc.
func residentKB() int {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize() / 1024
}
