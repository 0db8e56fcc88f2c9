package cgroup

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
)

// Resource is what a group can limit, by the kernel's name of its controller.
type Resource string

// The resources.
const (
	Memory Resource = "memory"
	CPU    Resource = "cpu"
	Pids   Resource = "pids"
)

// Resources are all of them.
var Resources = []Resource{Memory, CPU, Pids}

// besides are controllers of version 1 that limit nothing here: one measures, one
// stops what is to be killed. Version 2 has both without a controller.
var besides = []string{"cpuacct", "freezer"}

// parent is a folder in which groups can be made, and what they can limit or do.
type parent struct {
	place
	has []string
}

// Maker makes control groups below that of this process, so that whatever limits
// this process limits them as well. Make one with Find; it is safe for concurrent
// use.
type Maker struct {
	self    string // names the group that this process itself moves to in version 2
	files   fs.FS
	parents []parent
	lacks   map[Resource]string
	home    bool // it has made a place for this process
}

// Find looks for where groups can be made, and changes nothing. self is a name that
// no other process has; root is where the hierarchies are, "/" but in tests.
func Find(root, self string) *Maker {
	m := &Maker{self: self, files: os.DirFS(root), lacks: map[Resource]string{}}
	all := places(m.files)
	for name, p := range all {
		p.mount = filepath.Join(root, p.mount)
		all[name] = p
	}
	for _, r := range Resources {
		if why := m.look(all, string(r)); why != "" {
			m.lacks[r] = why
		}
	}
	for _, name := range besides {
		if _, v1 := all[name]; v1 {
			_ = m.look(all, name) // nothing that is promised
		}
	}
	return m
}

// look enters the parent that has a controller, or says why there is none.
func (m *Maker) look(all map[string]place, controller string) (why string) {
	p, ok := all[controller]
	if !ok {
		if p, ok = all[""]; !ok {
			return "the kernel offers no control groups with the controller " + controller
		}
		if !hasController(p.dir(), controller) {
			return "the controller " + controller + " is not given to the control group " + p.dir()
		}
		if path.Base(p.at) == m.self { // this process has moved there before
			p.at = path.Dir(p.at)
		}
	}
	if why := unusable(p); why != "" {
		return why
	}
	for i := range m.parents {
		if m.parents[i].place == p {
			m.parents[i].has = append(m.parents[i].has, controller)
			return ""
		}
	}
	m.parents = append(m.parents, parent{p, []string{controller}})
	return ""
}

// hasController reports whether a group of version 2 may hand a controller on.
func hasController(dir, name string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	return err == nil && slices.Contains(strings.Fields(string(text)), name)
}

// writable is the mode of access(2) that asks for writing.
const writable = 2

// unusable says why no group can be made in a place; "" when one can.
func unusable(p place) string {
	dir := p.dir()
	files := []string{dir}
	if p.v2 {
		files = append(files, filepath.Join(dir, "cgroup.procs"), filepath.Join(dir, "cgroup.subtree_control"))
	}
	for _, file := range files {
		if err := syscall.Access(file, writable); err != nil {
			return fmt.Sprintf("%s cannot be written to: %v", file, err)
		}
	}
	if !p.v2 || isRoot(dir) {
		return ""
	}
	// A group of version 2 has processes or groups with limits, never both.
	members, err := group.Members(dir)
	if err != nil {
		return err.Error()
	}
	own := family()
	if slices.ContainsFunc(members, func(pid int) bool { return !own[pid] }) {
		return fmt.Sprintf("other programs are in the control group %s, which this one would have to itself", dir)
	}
	return ""
}

// isRoot reports whether a folder is the root of version 2, the only group that has
// processes and limits others.
func isRoot(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "cgroup.type"))
	return os.IsNotExist(err)
}

// family are this process and its children.
func family() map[int]bool {
	me := os.Getpid()
	own := map[int]bool{me: true}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", me))
	if err != nil {
		return own
	}
	for _, file := range tasks {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended
		}
		for _, word := range strings.Fields(string(text)) {
			var pid int
			if _, err := fmt.Sscan(word, &pid); err == nil {
				own[pid] = true
			}
		}
	}
	return own
}

// Lacks says why a resource cannot be limited; "" when it can.
func (m *Maker) Lacks(r Resource) string { return m.lacks[r] }

// version names the kernel's interface to a parent.
func (p parent) version() string {
	if p.v2 {
		return "cgroup v2"
	}
	return "cgroup v1"
}
