package engine

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/seanchatmangpt/clnrm-tui/diff"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// TemplateDiff is what a save did to the expectations of a template, compared
// with the last sound version before it in this process. Renamed expectations
// are paired by what they ask for, and other ways of writing the same are no
// change. Secrets are masked. It never changes.
type TemplateDiff struct {
	Generation uint64 // of the template that the save made
	At         time.Time
	Took       time.Duration
	Changes    []ExpectationChange // in the order of judging; none when nothing changed
	// Counts over Changes, by kind and by effect. Undecided are those of which it
	// could not be shown whether they ask for more or for less.
	Added, Removed, Changed, Renamed, Tightened, Loosened, Undecided int

	old, new []*kept // one per combination of the matrix
	hide     *secret.Set
	mu       sync.Mutex
	last     weak.Pointer[[]cellDiff] // as last worked out, while anybody holds it
}

// ChangeEffect says what a change does to what a file accepts. It is proved, not
// guessed from the text.
type ChangeEffect string

// The effects of changes.
const (
	EffectTightens ChangeEffect = "tightens" // whatever passes now passed before
	EffectLoosens  ChangeEffect = "loosens"  // whatever passed before passes now
	EffectNeutral  ChangeEffect = "neutral"  // both, or neither could be shown: see Undecided
)

// ExpectationChange is one change of an expectation.
type ExpectationChange struct {
	Kind    string // "added", "removed", "changed" or "renamed"
	Section string // the heading it belongs under: "Spans", "Graph edges", …
	Path    string // in the old version; of what was added, in the new one
	NewPath string // in the new version
	// Old and New are the values, or names when Kind is "renamed". Old is empty
	// for what was added, New for what was removed. They are equal when the value
	// that changed is a secret.
	Old, New  string
	Effect    ChangeEffect
	Undecided bool
	Why       string        // half a sentence: what the effect rests on
	Pos       diag.Position // in the new version; of what was removed, in the old one
	Cell      string        // the combination of the matrix, when not all have the change
}

// DiffRow is one line of a side-by-side view.
type DiffRow struct {
	Left, Right string
	// Mark is '<' for what only the old version has, '>' for what only the new
	// one has, '|' for what differs and ' ' for what is the same.
	Mark             byte
	OldLine, NewLine int // in the template; 0 where the side has nothing
}

// cellDiff is the comparison of one combination of the matrix.
type cellDiff struct {
	cell string
	diff *diff.Diff
}

// Equal reports whether the save left the expectations as they were.
func (d *TemplateDiff) Equal() bool { return len(d.Changes) == 0 }

// cells compares the combinations of the matrix that both versions have. The
// trees are many times as large as the packed files, and not kept.
func (d *TemplateDiff) cells() []cellDiff {
	d.mu.Lock()
	defer d.mu.Unlock()
	if list := d.last.Value(); list != nil {
		return *list
	}
	list := new([]cellDiff)
	for _, now := range d.new {
		if i := slices.IndexFunc(d.old, func(k *kept) bool { return k.cell == now.cell }); i >= 0 {
			found := diff.Semantic{}.Diff(diff.FromFile(d.old[i].file()), diff.FromFile(now.file())).Hiding(d.hide)
			*list = append(*list, cellDiff{now.cell, found})
		}
	}
	d.last = weak.Make(list)
	return *list
}

// Side lays the old version and the new one side by side, the combinations of a
// matrix one below the other. It is worked out on each call, in a few milliseconds
// for a hundred expectations.
func (d *TemplateDiff) Side(onlyChanges bool) []DiffRow {
	var out []DiffRow
	for _, c := range d.cells() {
		for _, r := range c.diff.SideRows(onlyChanges) {
			out = append(out, DiffRow{Left: r.Left, Right: r.Right, Mark: r.Mark[0], OldLine: r.OldPos.Line, NewLine: r.NewPos.Line})
		}
	}
	return out
}

// WriteText writes the changes below their sections, each with its effect.
func (d *TemplateDiff) WriteText(w io.Writer, color bool) error {
	for _, c := range d.cells() {
		if err := diff.WriteTree(w, c.diff, diff.TextOptions{Color: color, OnlyChanges: true}); err != nil {
			return err
		}
	}
	return nil
}

// DiffReport is what a save did, for reports: paths as the user would type them.
func (e *Engine) DiffReport(ev Diffed) report.FileDiff {
	d := ev.Diff
	out := report.FileDiff{
		File: e.TypedPath(ev.Path), Equal: d.Equal(), Changes: []report.FileChange{},
		Summary: report.DiffSummary{Added: d.Added, Removed: d.Removed, Changed: d.Changed, Renamed: d.Renamed,
			Tightened: d.Tightened, Loosened: d.Loosened, Undecided: d.Undecided},
	}
	for i := range d.Changes {
		c := &d.Changes[i]
		r := report.FileChange{
			Path: c.Path, Kind: c.Kind, Old: c.Old, New: c.New, Effect: string(c.Effect), Undecided: c.Undecided, Why: c.Why,
			File: e.TypedPath(c.Pos.File), Line: c.Pos.Line, Matrix: c.Cell,
		}
		if c.NewPath != c.Path {
			r.NewPath = c.NewPath
		}
		out.Changes = append(out.Changes, r)
	}
	return out
}

// diffJob is a save that waits to be compared.
type diffJob struct {
	path     string
	gen      uint64
	old, new []*kept // one per combination of the matrix
	hide     *secret.Set
}

// diffLocked has a sound save compared in the background: the verdict goes
// first. A save that waits already is told together with this one. The caller
// holds e.mu.
func (e *Engine) diffLocked(en *entry, was []*kept, secrets []string) {
	if len(was) == 0 || sameFiles(was, en.kept) {
		return // the first sound version, or the same one again
	}
	job := diffJob{en.path, en.gen, was, en.kept, secret.NewSet(secrets...).WithNames(e.pipeline.secrets)}
	if i := slices.IndexFunc(e.diffs, func(j diffJob) bool { return j.path == en.path }); i >= 0 {
		job.old = e.diffs[i].old
		e.diffs[i] = job
		return
	}
	e.diffs = append(e.diffs, job)
	if !e.diffing {
		e.diffing = true
		e.background(e.diffAll)
	}
}

// diffAll compares what waits, one save after the other, until nothing does.
func (e *Engine) diffAll() {
	for {
		job, any := e.nextDiff()
		if !any {
			return
		}
		start := e.now()
		if d := e.compareSafely(&job); d != nil {
			d.Took = e.now().Sub(start)
			e.stages.add(StageDiff, d.Took)
			e.putDiff(job.path, d)
		}
	}
}

// nextDiff takes the oldest save that waits; without one nobody takes any more.
func (e *Engine) nextDiff() (diffJob, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.diffs) == 0 || e.ctx.Err() != nil {
		e.diffing = false
		e.publishStages()
		return diffJob{}, false
	}
	job := e.diffs[0]
	e.diffs = e.diffs[1:]
	return job, true
}

// compareSafely is compare with a panic turned into a notice: the verdicts do
// not depend on what a save did. There is no result then.
func (e *Engine) compareSafely(j *diffJob) (d *TemplateDiff) {
	defer func() {
		if r := recover(); r != nil {
			e.notice(diag.Error, "what the save of %s did is not known: comparing failed: %v", j.path, r)
		}
	}()
	return j.compare()
}

func (e *Engine) putDiff(path string, d *TemplateDiff) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d.At = e.now()
	en := e.entries[path]
	if en == nil || en.shown == nil {
		return // removed meanwhile
	}
	en.diff = d
	t := *en.shown
	t.Diff = d
	en.shown = &t
	e.emit(Diffed{Path: path, Diff: d})
}

// compare compares the two versions, combination by combination.
func (j *diffJob) compare() *TemplateDiff {
	d := &TemplateDiff{Generation: j.gen, old: j.old, new: j.new, hide: j.hide}
	cells := d.cells()
	var changes []ExpectationChange
	for _, now := range j.new {
		i := slices.IndexFunc(cells, func(c cellDiff) bool { return c.cell == now.cell })
		if i < 0 {
			changes = append(changes, cellChange("added", now, EffectTightens, "the test runs with this combination, too"))
			continue
		}
		for k := range cells[i].diff.Changes {
			changes = append(changes, changeOf(&cells[i].diff.Changes[k], now.cell))
		}
	}
	for _, was := range j.old {
		if !slices.ContainsFunc(j.new, func(k *kept) bool { return k.cell == was.cell }) {
			changes = append(changes, cellChange("removed", was, EffectLoosens, "the test no longer runs with this combination"))
		}
	}
	d.Changes = mergeCells(changes, len(cells))
	d.count()
	return d
}

// cellChange is a combination of the matrix that came or went.
func cellChange(kind string, k *kept, effect ChangeEffect, why string) ExpectationChange {
	c := ExpectationChange{Kind: kind, Section: "Matrix", Path: "matrix" + k.cell, NewPath: "matrix" + k.cell, Effect: effect, Why: why}
	c.Pos.File = k.path
	return c
}

func changeOf(c *diff.Change, cell string) ExpectationChange {
	// Scenarios are named after their combination; the change says it once.
	plain := func(s string) string {
		if cell == "" {
			return s
		}
		return strings.ReplaceAll(s, cell, "")
	}
	return ExpectationChange{
		Kind: string(c.Kind), Section: plain(c.Section()), Path: plain(c.Path), NewPath: plain(c.NewPath), Old: c.Old, New: c.New,
		Effect: ChangeEffect(c.Effect), Undecided: c.Undecided, Why: plain(c.Why), Pos: c.Pos, Cell: cell,
	}
}

// mergeCells tells a change that all compared combinations have once.
func mergeCells(changes []ExpectationChange, cells int) []ExpectationChange {
	if cells < 2 {
		return changes
	}
	times := map[ExpectationChange]int{}
	for _, c := range changes {
		c.Cell = ""
		times[c]++
	}
	var out []ExpectationChange
	told := map[ExpectationChange]bool{}
	for _, c := range changes {
		all := c
		all.Cell = ""
		switch {
		case times[all] < cells:
			out = append(out, c)
		case !told[all]:
			told[all] = true
			out = append(out, all)
		}
	}
	return out
}

func (d *TemplateDiff) count() {
	for i := range d.Changes {
		c := &d.Changes[i]
		switch c.Kind {
		case "added":
			d.Added++
		case "removed":
			d.Removed++
		case "changed":
			d.Changed++
		case "renamed":
			d.Renamed++
		}
		switch {
		case c.Effect == EffectTightens:
			d.Tightened++
		case c.Effect == EffectLoosens:
			d.Loosened++
		case c.Undecided:
			d.Undecided++
		}
	}
}
