// Package tree is the panel of templates: template, scenario, step.
//
// The snapshot and a filter flow in; a flat array of visible rows is kept, and
// only the rows on the screen are drawn, so that ten thousand templates scroll
// as fast as ten. The selection of the whole dashboard lives here.
package tree

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/query"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// openBelow is the number of templates up to which they are shown unfolded
// until the user folds them.
const openBelow = 30

// place is one visible row in little memory, for there may be a hundred thousand:
// indices, none of which is there where it is below 0.
type place struct {
	template int32 // in Tree.templates; none for a folder
	scenario int32 // of the template; none for a folder and a template
	step     int32 // of the scenario; none unless the row is a step
	group    int32 // in Tree.groups, the folder that the row is or is in; none unless grouped
	fold     fold
}

// row is one visible row, taken out of its place. t is nil for a folder, s for a folder and a template;
// step is -1 unless the row is a step of s.
type row struct {
	t     *engine.Template
	s     *engine.Scenario
	group *group // the folder that the row is or is in; nil unless grouped
	step  int
	fold  fold
}

// fold says whether a row has rows inside and whether they are shown.
type fold uint8

const (
	leaf fold = iota
	closed
	open
)

// node returns what the row stands for.
func (r row) node() panel.Node {
	n := panel.Node{Path: r.path()}
	if r.s != nil {
		n.Scenario = r.s.ID.Name
		if r.step >= 0 {
			n.Step = r.s.Steps()[r.step].Name
		}
	}
	return n
}

// row returns the ith visible row.
func (t *Tree) row(i int) row {
	p := t.rows[i]
	r := row{step: int(p.step), fold: p.fold}
	if p.group >= 0 {
		r.group = t.groups[p.group]
	}
	if p.template >= 0 {
		r.t = t.templates[p.template]
	}
	if p.scenario >= 0 {
		r.s = r.t.Scenarios[p.scenario]
	}
	return r
}

// path is that of the template, or of the folder with a slash at its end.
func (r row) path() string {
	if r.t == nil {
		return r.group.dir
	}
	return r.t.Path
}

// Tree is the panel. Use New.
type Tree struct {
	rows  []place
	parts parts // what rows were made from
	list  widget.List
	// templates are in the order in which rows show them, shown or not; grouped
	// ones are those shown.
	templates []*engine.Template
	height    int // of the last Draw
	node      panel.Node
	held      panel.Node          // the selection, which no change of its verdict hides
	folds     map[panel.Node]bool // what the user opened (true) or closed
	marks     map[panel.Node]bool
	filter    query.Query
	focus     bool // show only what needs attention
	order     Order
	groups    []*group // the folders, while grouped
	grouped   bool
	total     int    // templates, shown or not
	shown     int    // templates that have a row, or are in a folder that has one
	chosen    bool   // the user has selected something: until then the first row is
	folder    string // that all templates are in, see commonFolder
}

// New returns an empty tree.
func New() *Tree {
	return &Tree{folds: map[panel.Node]bool{}, marks: map[panel.Node]bool{}}
}

// Sync rebuilds the rows from a snapshot. The selection stays on its row, which
// stays while it is selected even when the filter or focus mode shows it no longer;
// when it is gone, the selection moves to the row that has taken its place.
func (t *Tree) Sync(s *engine.Snapshot) {
	t.hold()
	t.rebuild(s)
}

// rebuild is Sync with the row that is held already.
func (t *Tree) rebuild(s *engine.Snapshot) {
	t.rows = t.rows[:0]
	t.parts.forget()
	t.total, t.shown = len(s.Templates), 0
	t.folder = commonFolder(s.Templates)
	unfolded := t.total <= openBelow
	t.groups = nil
	t.templates = t.ordered(s.Templates)
	if t.grouped {
		t.addGrouped(unfolded)
	} else {
		for i, tpl := range t.templates {
			t.parts.begin(len(t.rows))
			t.add(tpl, i, none, unfolded)
		}
		if t.order == ByPath {
			t.parts.are(s.Templates)
		}
	}
	t.follow()
}

// commonFolder is the folder that all templates are in, with a slash at its end,
// or "". It stands in the title once instead of in every row.
func commonFolder(templates []*engine.Template) string {
	if len(templates) == 0 {
		return ""
	}
	first, last := templates[0].Path, templates[len(templates)-1].Path // sorted: the others lie between
	n := 0
	for n < min(len(first), len(last)) && first[n] == last[n] {
		n++
	}
	return first[:strings.LastIndexByte(first[:n], '/')+1]
}

// none stands for an index where there is nothing.
const none = -1

// add appends the visible rows of the template with index i. g is none unless it
// stands below the row of a folder, whose index it is.
func (t *Tree) add(tpl *engine.Template, i, g int, unfolded bool) {
	of := t.filter.On(tpl)
	if t.hides(tpl, &of) {
		return
	}
	narrowed := t.focus || t.filter.Active() && !of.Whole()
	n := panel.Node{Path: tpl.Path}
	t.shown++
	at := len(t.rows)
	whole := place{template: int32(i), group: int32(g), scenario: none, step: none}
	t.rows = append(t.rows, whole)
	if len(tpl.Scenarios) == 0 {
		return
	}
	t.rows[at].fold = closed
	if !t.isOpen(n, unfolded || narrowed) {
		return
	}
	t.rows[at].fold = open
	for k, s := range tpl.Scenarios {
		n.Scenario = s.ID.Name
		if t.leavesOut(&of, s) {
			continue
		}
		p := whole
		p.scenario = int32(k)
		if s.Stepped {
			p.fold = closed
			if t.isOpen(n, false) {
				p.fold = open
			}
		}
		t.rows = append(t.rows, p)
		if p.fold == open {
			p.fold = leaf
			for i := range s.Steps() {
				p.step = int32(i)
				t.rows = append(t.rows, p)
			}
		}
	}
}

// isOpen returns what the user chose for a row, or else what is usual.
func (t *Tree) isOpen(n panel.Node, usual bool) bool {
	if len(t.folds) > 0 { // most trees were never folded, and hashing a path costs more than this
		if v, ok := t.folds[n]; ok {
			return v
		}
	}
	return usual
}

// attention reports whether focus mode shows a template.
func attention(t *engine.Template) bool {
	if t.Status == engine.CheckError || t.Status == engine.CheckWarning {
		return true
	}
	for _, s := range t.Scenarios {
		if panel.NeedsAttention(s) {
			return true
		}
	}
	return false
}

// follow puts the cursor on the selected row again.
func (t *Tree) follow() {
	if !t.chosen {
		t.list.Cursor = 0
		t.settle()
		return
	}
	for n := t.node; n.Path != ""; n = n.Parent() {
		if i := t.find(n); i >= 0 {
			t.list.Cursor = i
			t.settle()
			return
		}
		if n == n.Parent() {
			break
		}
	}
	if t.grouped { // its folder is closed
		if i := t.find(panel.Node{Path: panel.DirOf(t.node.Path)}); i >= 0 {
			t.list.Cursor = i
		}
	}
	t.settle()
}

// settle makes the row under the cursor the selection.
func (t *Tree) settle() {
	t.list.Fit(len(t.rows), t.height)
	if len(t.rows) == 0 {
		return
	}
	t.node = t.row(t.list.Cursor).node()
}

// find returns the index of a row, looking near the cursor first; -1 when it
// is not visible.
func (t *Tree) find(n panel.Node) int {
	if c := t.list.Cursor; c < len(t.rows) && t.row(c).node() == n {
		return c
	}
	for i := range t.rows {
		if r := t.row(i); r.path() == n.Path && r.node() == n {
			return i
		}
	}
	return -1
}

// Node returns the selection: the zero Node when nothing is shown.
func (t *Tree) Node() panel.Node {
	if len(t.rows) == 0 {
		return panel.Node{}
	}
	return t.node
}

// Select makes n the selection and unfolds what hides it. A filter or focus
// mode that hides it is cleared.
func (t *Tree) Select(s *engine.Snapshot, n panel.Node) {
	t.chosen = true
	if dir := panel.DirOf(n.Path); t.grouped && dir != t.folder {
		t.folds[panel.Node{Path: dir}] = true
	}
	if n.Scenario != "" {
		t.folds[panel.Node{Path: n.Path}] = true
	}
	if n.Step != "" {
		t.folds[n.Parent()] = true
	}
	t.node = n
	t.rebuild(s)
	if t.node != n && (t.focus || t.filter.Active()) {
		t.focus, t.filter = false, query.Query{}
		t.node = n
		t.rebuild(s)
	}
	t.list.Reveal(len(t.rows), t.height)
}

// Title implements panel.Panel.
func (t *Tree) Title(v *panel.View) (name, note string) {
	var parts []string // the first is shown in a narrow title, too: marks decide what r runs
	switch n, hidden := t.Marked(v.Snap); {
	case hidden > 0:
		parts = append(parts, fmt.Sprintf("%d marked, %d hidden", n, hidden))
	case n > 0:
		parts = append(parts, fmt.Sprintf("%d marked", n))
	}
	if t.focus {
		parts = append(parts, "focus")
	}
	if t.filter.Active() {
		parts = append(parts, "/"+t.filter.String())
	}
	if t.order != ByPath {
		parts = append(parts, "by "+string(t.order))
	}
	if t.shown != t.total {
		parts = append(parts, fmt.Sprintf("%d/%d", t.shown, t.total))
	} else {
		parts = append(parts, fmt.Sprint(t.total))
	}
	name = "Templates"
	if t.folder != "" {
		name += " " + text.Clean(t.folder)
	}
	return name, strings.Join(parts, "  ")
}

// Move implements panel.Panel.
func (t *Tree) Move(_ *panel.View, m widget.Motion) {
	t.chosen = true
	t.list.Move(m, len(t.rows), t.height)
	t.settle()
}

// Scroll implements panel.Panel.
func (t *Tree) Scroll(_ *panel.View, rows int) {
	t.list.Scroll(rows, len(t.rows), t.height)
}

// Click implements panel.Panel.
func (t *Tree) Click(_ *panel.View, _, y int) {
	if i := t.list.Top + y; y >= 0 && i < len(t.rows) {
		t.chosen = true
		t.list.Cursor = i
		t.settle()
	}
}
