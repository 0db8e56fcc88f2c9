package engine

import (
	"errors"
	"os"
	"runtime"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

// Monitors are the words for Options.Monitor.
var Monitors = []string{"simple", "cgroup"}

// monitor makes what decides whether a scenario may start.
func monitor(set *settings.Set) (runner.Monitor, error) {
	limit := runner.Demand{Containers: set.Int(settings.MaxContainers), MemoryMB: set.Int(settings.MaxMemoryMB), CPUMillicores: runtime.NumCPU() * 1000}
	if !set.IsSet(settings.MaxMemoryMB) {
		limit.MemoryMB = max(limit.MemoryMB, limit.Containers*runner.DefaultMemoryMB)
	}
	if set.Text(settings.Monitor) != "cgroup" {
		return runner.Simple{Limit: limit}, nil
	}
	m, err := runner.NewCgroup(os.DirFS("/"), limit)
	if errors.Is(err, runner.ErrNoCgroup) {
		return nil, &runner.EnvironmentError{What: "nothing to watch memory with", Remedy: "use --monitor simple", Err: err}
	}
	return m, err
}
