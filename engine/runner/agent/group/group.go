// Package group is a control group of the kernel, version 1 or 2, as those see it
// that run programs in one: they enter processes, read what was counted, and kill
// and remove everything at the end.
//
// The folders of a group come in; who makes them, and with which limits, is
// another matter. Only the standard library may be imported: the package is part
// of the agent.
package group

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Group is the folders of one control group: one in version 2, one for each
// hierarchy that has a part in it in version 1. The empty group counts nothing and
// holds nobody.
type Group []string

// Container is the group of a container as its processes see it.
var Container = Group{"/sys/fs/cgroup", "/sys/fs/cgroup/memory"}

// pollEvery is how often the end of what was killed is looked for.
const pollEvery = 2 * time.Millisecond

// Enter puts a process into the group, and with it all that it starts from then
// on. It reads back whether it is there.
func (g Group) Enter(pid int) error {
	for _, dir := range g {
		file := filepath.Join(dir, "cgroup.procs")
		if err := write(file, strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("enter the control group: %w", err)
		}
		members, err := Members(dir)
		if err != nil {
			return fmt.Errorf("enter the control group: %w", err)
		}
		if !contains(members, pid) {
			return fmt.Errorf("enter the control group: process %d is not in %s", pid, file)
		}
	}
	return nil
}

// OOMKills is how many processes of the group the kernel has killed for want of
// memory; 0 where it does not tell.
func (g Group) OOMKills() int64 {
	text := g.read("memory.events", "memory.oom_control")
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

// Memory returns the limit of the group and the most that it used, in bytes; 0
// where the kernel does not tell.
func (g Group) Memory() (limit, peak int64) {
	return g.number("memory.max", "memory.limit_in_bytes"), g.number("memory.peak", "memory.max_usage_in_bytes")
}

// number reads the number in the first of these files that there is.
func (g Group) number(names ...string) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(g.read(names...))), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// read reads the first of these files that there is in any folder.
func (g Group) read(names ...string) []byte {
	for _, dir := range g {
		for _, name := range names {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				return text
			}
		}
	}
	return nil
}

// Remove kills everything in the group, and in groups that were made below it, and
// removes it. What the kernel cannot end within the time is an error.
func (g Group) Remove(within time.Duration) error {
	for limit := time.Now().Add(within); ; time.Sleep(pollEvery) {
		g.kill()
		var errs []error
		for _, dir := range g {
			errs = append(errs, remove(dir))
		}
		err := errors.Join(errs...)
		if err == nil || time.Now().After(limit) {
			return err
		}
	}
}

// kill kills what is in the group now.
func (g Group) kill() {
	for _, dir := range g {
		if write(filepath.Join(dir, "cgroup.kill"), "1") == nil {
			continue
		}
		// Frozen first, what grows faster than it is killed comes to rest; in
		// version 1 it dies when it thaws.
		freezer := filepath.Join(dir, "freezer.state")
		_ = write(freezer, "FROZEN") // only one folder has it
		for _, below := range tree(dir) {
			members, err := Members(below)
			if err != nil {
				continue // it is gone
			}
			for _, pid := range members {
				if pid > 0 && pid != os.Getpid() {
					_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
				}
			}
		}
		_ = write(freezer, "THAWED")
	}
}

// remove removes the folder of a group and those below it.
func remove(dir string) error {
	all := tree(dir)
	for i := len(all) - 1; i >= 0; i-- {
		if err := os.Remove(all[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// tree lists a folder and those below it, each before its own.
func tree(dir string) []string {
	all := []string{dir}
	for i := 0; i < len(all); i++ {
		entries, err := os.ReadDir(all[i])
		if err != nil {
			continue // it is gone
		}
		for _, e := range entries {
			if e.IsDir() {
				all = append(all, filepath.Join(all[i], e.Name()))
			}
		}
	}
	return all
}

// Members lists the processes in the folder of a group. One that is in another pid
// namespace is 0.
func Members(dir string) ([]int, error) {
	text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, word := range bytes.Fields(text) {
		if pid, err := strconv.Atoi(string(word)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

func contains(pids []int, pid int) bool {
	for _, p := range pids {
		if p == pid {
			return true
		}
	}
	return false
}

// write writes into a file of the kernel, which is there or not: it is never made.
func write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
