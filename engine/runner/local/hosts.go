package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
)

// hostsFile is where the C library, Go and most others look names up first.
const hostsFile = "/etc/hosts"

// capSysAdmin is the capability to mount something.
const capSysAdmin = 21

// agentOf is the program that is the agent of n. Where a scenario has several
// services it sees a file of names of its own, in which they stand for this
// machine, as they stand for the containers of each other elsewhere.
func (s *session) agentOf(n *node) (*exec.Cmd, error) {
	// A session of its own: what a terminal sends to this process's group does
	// not concern it, and its end is the end of its input.
	attr := &syscall.SysProcAttr{Setsid: true}
	if len(s.nodes) < 2 {
		cmd := exec.Command("/proc/self/exe", agent.Arg)
		cmd.SysProcAttr = attr
		return cmd, nil
	}
	known, err := os.ReadFile(hostsFile)
	if err != nil {
		return nil, nameless(err)
	}
	names := make([]string, len(s.nodes))
	for i, other := range s.nodes {
		names[i] = other.svc.Name
	}
	file := filepath.Join(n.dir, "hosts")
	if err := os.WriteFile(file, []byte(hosts(string(known), names)), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command("/proc/self/exe", agent.HostsArg, file)
	attr.Unshareflags = syscall.CLONE_NEWNS
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		attr.AmbientCaps = []uintptr{capSysAdmin}
	}
	cmd.SysProcAttr = attr
	return cmd, nil
}

// nameless says that services cannot be given names.
func nameless(err error) error {
	return &runner.EnvironmentError{
		What:   "the services of the scenario cannot find each other by name on this machine, which takes mounts of their own",
		Remedy: "run it with --backend docker, or allow user namespaces, or keep to one service", Err: err,
	}
}

// hosts is a file of names, known, in which these are this machine and nothing
// else.
func hosts(known string, names []string) string {
	var b strings.Builder
	for line := range strings.Lines(known) {
		text, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(text)
		if len(fields) < 2 {
			continue
		}
		kept := slices.DeleteFunc(fields[1:], func(name string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		})
		if len(kept) > 0 {
			fmt.Fprintf(&b, "%s %s\n", fields[0], strings.Join(kept, " "))
		}
	}
	for _, name := range names {
		if !strings.ContainsAny(name, "# \t\r\n") { // else no program could ask for it
			fmt.Fprintf(&b, "127.0.0.1 %s\n", name)
		}
	}
	return b.String()
}
