// Package owner tells whose a container, a network or a directory is, so that
// what a program left behind can be told from what another one uses.
//
// It reads /proc and knows nothing of what is owned.
package owner

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Process names a process so that it can be told later whether it still runs:
// machine, boot, pid namespace, pid and its start time in clock ticks.
type Process struct {
	Machine, Boot, Namespace string
	PID                      int
	Start                    string
}

// String is the form in which it is written down, as in a label.
func (i Process) String() string {
	return strings.Join([]string{i.Machine, i.Boot, i.Namespace, strconv.Itoa(i.PID), i.Start}, "/")
}

// Parse reads what String wrote; ok is false for anything else.
func Parse(label string) (i Process, ok bool) {
	parts := strings.Split(label, "/")
	if len(parts) != 5 {
		return i, false
	}
	pid, err := strconv.Atoi(parts[3])
	if err != nil {
		return i, false
	}
	return Process{parts[0], parts[1], parts[2], pid, parts[4]}, true
}

// This is the running process.
func This() (Process, error) {
	i := Process{PID: os.Getpid()}
	var err error
	if i.Machine, err = os.Hostname(); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	i.Boot = strings.TrimSpace(string(boot))
	if i.Namespace, err = os.Readlink("/proc/self/ns/pid"); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	if i.Start, err = startTime(i.PID); err != nil {
		return i, fmt.Errorf("tell who this process is: %w", err)
	}
	return i, nil
}

// Dead reports whether the process that i names has certainly ended, seen from
// me. One of another machine or pid namespace may be alive for all we can see.
func (i Process) Dead(me Process) bool {
	if i.Machine != me.Machine {
		return false
	}
	if i.Boot != me.Boot {
		return true
	}
	if i.Namespace != me.Namespace {
		return false
	}
	start, err := startTime(i.PID)
	return err != nil || start != i.Start
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

// Token returns a random name of 16 hexadecimal digits.
func Token() string {
	b := make([]byte, 8)
	// Read never fails (crypto/rand).
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
