package tree

import "github.com/seanchatmangpt/clnrm-tui/engine"

// parts tells which rows belong to which template.
type parts struct {
	templates []*engine.Template // nil where an update has to rebuild all rows
	starts    []int32            // of the rows of each, in the order of templates
	room      []place            // for the rows of one
}

func (p *parts) forget() { p.templates, p.starts = nil, p.starts[:0] }

// begin says where the rows of the next template begin.
func (p *parts) begin(at int) { p.starts = append(p.starts, int32(at)) }

// are says which templates the rows were made from.
func (p *parts) are(templates []*engine.Template) { p.templates = templates }

// Update is Sync for a snapshot that follows the one before, with nothing else
// changed: where templates have only changed in themselves, as they mostly do, only
// their rows are made anew.
func (t *Tree) Update(s *engine.Snapshot) {
	was := t.held
	t.hold()
	if t.focus && t.held != was || !t.patch(s.Templates) { // what was held is perhaps to go
		t.rebuild(s)
		return
	}
	t.parts.are(s.Templates)
	t.templates = s.Templates
	t.follow()
}

// patch replaces the rows of templates that have changed. It reports whether that
// was possible; otherwise all rows have to be made anew.
func (t *Tree) patch(now []*engine.Template) bool {
	was := t.parts.templates
	if was == nil || len(was) != len(now) || t.filter.Active() {
		return false
	}
	for i, tpl := range now {
		if tpl != was[i] && (tpl.Path != was[i].Path || !t.patchOne(i, tpl)) {
			return false
		}
	}
	return true
}

// patchOne does so for the ith template.
func (t *Tree) patchOne(i int, tpl *engine.Template) bool {
	from, to := int(t.parts.starts[i]), len(t.rows)
	if i+1 < len(t.parts.starts) {
		to = int(t.parts.starts[i+1])
	}
	all, shown := t.rows, t.shown
	t.rows = t.parts.room[:0]
	t.add(tpl, i, none, t.total <= openBelow)
	made := t.rows
	t.parts.room, t.rows, t.shown = made, all, shown
	if len(made) != to-from {
		return false
	}
	copy(t.rows[from:to], made)
	return true
}
