package agent

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// HostsArg is the hidden first argument that makes a program the agent of a
// service outside of containers, where others are found by name: the second is a
// file that it and all that it starts see as /etc/hosts. The program must have
// been started with mounts of its own, and with the ambient capability to make
// some unless it is root. The file is removed.
const HostsArg = "clnrm-agent-hosts"

// enterHosts lays a file over /etc/hosts and starts this program again as the
// agent. It returns only when that fails.
func enterHosts(file string) error {
	const prCapAmbient, capAmbientClearAll = 47, 4
	runtime.LockOSThread() // capabilities are those of a thread, and the next program gets this one's
	if err := syscall.Mount(file, "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("lay a file over /etc/hosts: %w", err)
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, prCapAmbient, capAmbientClearAll, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("give up capabilities: %w", e)
	}
	return fmt.Errorf("start the agent: %w", syscall.Exec("/proc/self/exe", []string{"/proc/self/exe", Arg}, nil))
}
