package docker

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The labels of everything that is created.
const (
	labelOwner    = "io.clnrm.owner"    // random, one per backend: whose it is
	labelSession  = "io.clnrm.session"  // random, one per attempt at a scenario
	labelRun      = "io.clnrm.run"      // Request.RunID
	labelScenario = "io.clnrm.scenario" // for people who look
	labelService  = "io.clnrm.service"
	labelProcess  = "io.clnrm.process" // which process owns it, see identity
)

// identity names a process so that it can be told later whether it still runs:
// machine, boot, pid namespace, pid and its start time in clock ticks.
type identity struct {
	machine, boot, namespace string
	pid                      int
	start                    string
}

// String is the form of the label.
func (i identity) String() string {
	return strings.Join([]string{i.machine, i.boot, i.namespace, strconv.Itoa(i.pid), i.start}, "/")
}

// parseIdentity reads a label; ok is false for one that this program did not write.
func parseIdentity(label string) (i identity, ok bool) {
	parts := strings.Split(label, "/")
	if len(parts) != 5 {
		return i, false
	}
	pid, err := strconv.Atoi(parts[3])
	if err != nil {
		return i, false
	}
	return identity{parts[0], parts[1], parts[2], pid, parts[4]}, true
}

// thisProcess is the identity of the running process.
func thisProcess() (identity, error) {
	i := identity{pid: os.Getpid()}
	var err error
	if i.machine, err = os.Hostname(); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	i.boot = strings.TrimSpace(string(boot))
	if i.namespace, err = os.Readlink("/proc/self/ns/pid"); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	if i.start, err = startTime(i.pid); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	return i, nil
}

// dead reports whether the process that i names has certainly ended, seen from
// me. One of another machine or pid namespace may be alive for all we can see.
func (i identity) dead(me identity) bool {
	if i.machine != me.machine {
		return false
	}
	if i.boot != me.boot {
		return true
	}
	if i.namespace != me.namespace {
		return false
	}
	start, err := startTime(i.pid)
	return err != nil || start != i.start
}

// startTime reads when a process started, field 22 of /proc/PID/stat.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The command name may hold any byte; count from its closing parenthesis.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat is too short", pid)
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return "", fmt.Errorf("process %d has ended", pid)
	}
	return string(fields[19]), nil
}

// token returns a random name.
func token() string {
	b := make([]byte, 8)
	// Read never fails (crypto/rand).
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
