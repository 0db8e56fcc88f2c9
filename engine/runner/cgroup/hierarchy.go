// Package cgroup reads and makes the control groups of the kernel, version 1 and
// version 2.
//
// It answers two questions: which limits hold around this process, and which
// limits can this process set for others. What lives in a group and when it ends
// is for package group, which the agent has as well.
package cgroup

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strings"
)

// mounts is where hierarchies are unless the kernel says otherwise.
const mounts = "sys/fs/cgroup"

// place is the control group of this process in one hierarchy.
type place struct {
	mount string // of the hierarchy, below the root
	at    string // the group below it; "/" is the top of what is mounted
	v2    bool
}

// dir is the folder of the group, below the root.
func (p place) dir() string { return path.Join(p.mount, p.at) }

// places finds the control groups of this process below root, which holds proc and
// sys as "/" does: by controller for version 1, and as "" that of version 2.
// Where it says nothing of mounts they are in the usual places.
func places(root fs.FS) map[string]place {
	out := map[string]place{}
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return out
	}
	mounted := mountsOf(root)
	for s := bufio.NewScanner(bytes.NewReader(groups)); s.Scan(); {
		parts := strings.SplitN(s.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for name := range strings.SplitSeq(parts[1], ",") {
			at, said := mounted[name]
			switch {
			case said:
				out[name] = at.of(parts[2])
			case mounted == nil:
				out[name] = place{mount: path.Join(mounts, name), at: path.Clean("/" + parts[2]), v2: name == ""}
			}
		}
	}
	return out
}

// mount is where a part of a hierarchy can be seen.
type mount struct {
	dir  string // below the root
	from string // the group that is its top
	v2   bool
}

// of is the place of a group there. In a container the path that the kernel names
// may not be below what is mounted: its top is then the container's own group.
func (m mount) of(group string) place {
	at, below := strings.CutPrefix(path.Clean("/"+group), strings.TrimSuffix(m.from, "/"))
	if !below || at != "" && at[0] != '/' {
		at = ""
	}
	return place{mount: m.dir, at: path.Clean("/" + at), v2: m.v2}
}

// mountsOf reads which hierarchies are mounted where, by controller, and as ""
// version 2; nil when the kernel does not tell.
func mountsOf(root fs.FS) map[string]mount {
	text, err := fs.ReadFile(root, "proc/self/mountinfo")
	if err != nil {
		return nil
	}
	out := map[string]mount{}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`)
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		seen, kind, ok := strings.Cut(s.Text(), " - ")
		where, what := strings.Fields(seen), strings.Fields(kind)
		if !ok || len(where) < 5 || len(what) < 3 {
			continue
		}
		m := mount{dir: strings.TrimPrefix(unescape.Replace(where[4]), "/"), from: unescape.Replace(where[3])}
		var names []string
		switch what[0] {
		case "cgroup2":
			m.v2, names = true, []string{""}
		case "cgroup":
			names = strings.Split(what[2], ",")
		}
		for _, name := range names {
			if _, twice := out[name]; !twice {
				out[name] = m
			}
		}
	}
	return out
}

// around lists the control groups around this process that have a controller, from
// the innermost to the top of what is mounted.
func around(root fs.FS, controller string) []Folder {
	all := places(root)
	p, v1 := all[controller]
	if !v1 {
		var v2 bool
		if p, v2 = all[""]; !v2 {
			return nil
		}
	}
	var out []Folder
	for at := p.at; ; at = path.Dir(at) {
		out = append(out, Folder{files: root, dir: path.Join(p.mount, at), v2: p.v2})
		if at == "/" {
			return out
		}
	}
}
