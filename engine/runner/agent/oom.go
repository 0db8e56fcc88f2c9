package agent

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// oomFiles are where the kernel counts the processes that it killed for want
// of memory in this container, for cgroup v2 and v1.
var oomFiles = []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"}

// oomKills returns that count, 0 where the kernel does not tell. On the host
// there is none that is only ours: the files count for everybody who shares the
// control group, or the machine.
func (a *agent) oomKills() int64 {
	if a.host != nil {
		return 0
	}
	for _, path := range oomFiles {
		if text, err := os.ReadFile(path); err == nil {
			return parseOOM(text)
		}
	}
	return 0
}

// limitFiles and peakFiles are where the kernel tells the memory limit of this
// container and the most that it used, for cgroup v2 and v1.
var (
	limitFiles = []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}
	peakFiles  = []string{"/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"}
)

// memoryNumber reads the first of these files that holds a number of bytes, 0
// when none does.
func memoryNumber(files []string) int64 {
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// preferred is how much more than the agent its programs are worth killing when
// memory runs out, in thousandths of all memory: without the agent nobody could
// tell what happened.
const preferred = "500"

// sacrifice makes this process, and all that it starts, those that the kernel
// kills first. Where that is not allowed the kernel chooses by size.
func sacrifice() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(preferred), 0)
}

// parseOOM finds the line "oom_kill N".
func parseOOM(text []byte) int64 {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) == 2 && string(fields[0]) == "oom_kill" {
			if n, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				return n
			}
		}
	}
	return 0
}

// signalNames are the names of the signals that end programs.
var signalNames = map[syscall.Signal]string{
	syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT",
	syscall.SIGILL: "SIGILL", syscall.SIGTRAP: "SIGTRAP", syscall.SIGABRT: "SIGABRT",
	syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE", syscall.SIGKILL: "SIGKILL",
	syscall.SIGUSR1: "SIGUSR1", syscall.SIGSEGV: "SIGSEGV", syscall.SIGUSR2: "SIGUSR2",
	syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM", syscall.SIGTERM: "SIGTERM",
	syscall.SIGXCPU: "SIGXCPU", syscall.SIGXFSZ: "SIGXFSZ", syscall.SIGSYS: "SIGSYS",
}

// signalName returns the name of a signal, for example SIGKILL.
func signalName(s syscall.Signal) string {
	if name, ok := signalNames[s]; ok {
		return name
	}
	return "SIG" + strconv.Itoa(int(s))
}
