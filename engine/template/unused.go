package template

import (
	"maps"
	"slices"
)

// unused lists the variables of the file's tables that nothing has read so far
// and that no expression mentions, in this file or in those that were rendered:
// a branch that was not taken counts as use.
func (vs *variables) unused() []VarInfo {
	mentioned, all := vs.mentioned()
	if all {
		return nil
	}
	var out []VarInfo
	for _, l := range vs.layers {
		for _, name := range slices.Sorted(maps.Keys(l.groups)) {
			if _, read := vs.known[name]; !read && !vs.passing[name] && !mentioned[name] {
				line := l.groups[name][0].line
				out = append(out, VarInfo{Name: name, Origin: found{origin: l.label, line: line}.where(), Line: line})
			}
		}
	}
	return out
}

// mentioned collects the names that expressions use outside of the entries that
// define them; all says that one uses every variable.
func (vs *variables) mentioned() (names map[string]bool, all bool) {
	names = map[string]bool{}
	for _, p := range vs.r.programs {
		for _, use := range p.Unit.Paths {
			name := use.Name
			if name == "vars" {
				if len(use.Steps) == 0 || use.Steps[0].Sub != nil {
					return nil, true
				}
				name = use.Steps[0].Key
			}
			if p != vs.r.main || vs.definition(name, use.Off) == nil {
				names[name] = true
			}
		}
	}
	return names, false
}
