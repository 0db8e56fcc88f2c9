package tree

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// group is a folder with the templates in it that are shown, without those in
// folders below it.
type group struct {
	dir       string // with a slash at its end
	templates []*engine.Template
	row       bool // it has a row of its own: it is not the folder that all are in

	worst   *engine.Template // by the order of states; nil until somebody looks
	failing int              // templates with errors, or with a scenario that failed
}

// SetGrouped lists templates by folder, each with a row of its own, or without
// folders. The selection stays on its row.
func (t *Tree) SetGrouped(s *engine.Snapshot, on bool) {
	t.grouped = on
	t.Sync(s)
	t.list.Reveal(len(t.rows), t.height)
}

// Grouped reports whether templates are listed by folder.
func (t *Tree) Grouped() bool { return t.grouped }

// Below returns the templates that the row of a folder stands for, in the order of
// the rows.
func (t *Tree) Below(dir panel.Node) (out []engine.ScenarioID) {
	for _, g := range t.groups {
		if g.dir != dir.Path {
			continue
		}
		for _, tpl := range g.templates {
			out = append(out, engine.ScenarioID{Path: tpl.Path})
		}
	}
	return out
}

// addGrouped appends the visible rows of templates by folder: first those that
// are in the common folder itself, then each folder in the order of its path.
func (t *Tree) addGrouped(unfolded bool) {
	at := map[string]*group{}
	var last *group // most templates lie in the folder of the one before
	for _, tpl := range t.templates {
		of := t.filter.On(tpl)
		if t.hides(tpl, &of) {
			continue
		}
		dir := panel.DirOf(tpl.Path)
		if last == nil || last.dir != dir {
			if last = at[dir]; last == nil {
				last = &group{dir: dir}
				at[dir], t.groups = last, append(t.groups, last)
			}
		}
		last.templates = append(last.templates, tpl)
	}
	slices.SortFunc(t.groups, func(a, b *group) int { return cmp.Compare(a.dir, b.dir) })
	t.templates = nil
	for i, g := range t.groups {
		first := len(t.templates)
		t.templates = append(t.templates, g.templates...)
		open := true
		if g.dir != t.folder {
			open = t.addGroup(i, unfolded)
		}
		if !open {
			t.shown += len(g.templates)
			continue
		}
		for k, tpl := range g.templates {
			t.add(tpl, first+k, i, unfolded)
		}
	}
}

// addGroup appends the row of the ith folder, and reports whether it is open.
func (t *Tree) addGroup(i int, unfolded bool) bool {
	g := t.groups[i]
	g.row = true
	r := place{template: none, scenario: none, step: none, group: int32(i), fold: closed}
	if t.isOpen(panel.Node{Path: g.dir}, unfolded || t.focus || t.filter.Active()) {
		r.fold = open
	}
	t.rows = append(t.rows, r)
	return r.fold == open
}

// judge looks for the template that asks for something most, and counts those
// that fail.
func (g *group) judge() {
	if g.worst != nil {
		return
	}
	lowest := int64(len(urgency))
	for _, tpl := range g.templates {
		n := rank(tpl)
		if n < lowest {
			lowest, g.worst = n, tpl
		}
		if n <= failingRank {
			g.failing++
		}
	}
}

// name is how a folder is called below another one.
func (g *group) name(folder string) string { return strings.TrimPrefix(g.dir, folder) }
