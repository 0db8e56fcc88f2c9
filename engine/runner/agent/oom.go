package agent

import (
	"os"
	"strconv"
	"syscall"
)

// preferred is how much more than the agent its programs are worth killing when
// memory runs out, in thousandths of all memory: without the agent nobody could
// tell what happened.
const preferred = "500"

// sacrifice makes this process, and all that it starts, those that the kernel
// kills first. Where that is not allowed the kernel chooses by size.
func sacrifice() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(preferred), 0)
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
