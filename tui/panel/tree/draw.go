package tree

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// columns are the widths of what stands at the right end; 0 is not shown.
type columns struct{ word, time, age int }

// sparkRuns is how many of the last runs a row shows.
const sparkRuns = 6

// leastWord is the room of the state of a row even where its word is shorter, so
// that what stands before it is aligned.
const leastWord = 4

// columnsFor gives the names the room they need first. word is what the state
// of a row gets at least when the name is too long for both.
func columnsFor(w int) columns {
	switch {
	case w >= 52:
		return columns{word: 14, time: 6, age: 3}
	case w >= 40:
		return columns{word: 12, time: 6}
	case w >= 30:
		return columns{word: 9}
	default:
		return columns{}
	}
}

// cells is what a row shows.
type cells struct {
	status panel.Status
	name   string
	path   bool   // the name is a path
	extra  string // behind the name, where there is room
	more   string // behind extra, where there is room for all of it
	word   string
	style  grid.Style // of word
	time   string
	age    string
	spark  widget.Line // the last runs
	worth  int         // strength of the expectations in percent; below 0 is not shown
}

// Draw implements panel.Panel.
func (t *Tree) Draw(v *panel.View, r grid.Region) {
	if t.height != r.H {
		t.height = r.H
		t.list.Reveal(len(t.rows), t.height)
	}
	if len(t.rows) == 0 {
		t.drawEmpty(v, r)
		return
	}
	cols := columnsFor(r.W)
	for y := 0; y < r.H && t.list.Top+y < len(t.rows); y++ {
		i := t.list.Top + y
		t.drawRow(v, r.Row(y), t.row(i), cols, i == t.list.Cursor)
	}
}

// drawEmpty says why there is nothing to see.
func (t *Tree) drawEmpty(v *panel.View, r grid.Region) {
	var lines []string
	switch {
	case t.focus && t.total > 0:
		lines = []string{"Nothing fails, runs or is out of date.", "F shows everything."}
	case t.filter.Active():
		lines = []string{"No template or scenario matches.", "esc clears the filter."}
	case !v.Snap.Ready:
		lines = []string{"Looking for test files" + v.Theme.Glyphs.Ellipsis}
	default:
		lines = []string{"No test files (*.clnrm.tera, *.clnrm.toml) in", text.Clean(v.Snap.Root),
			"Save one, and it appears here."}
	}
	y := 1
	for _, l := range lines {
		for _, part := range text.Wrap(l, r.W-4) {
			r.Text(2, y, theme.Text, part)
			y++
		}
	}
}

// drawRow draws one row: marker, mark, fold, sign, name, columns.
func (t *Tree) drawRow(v *panel.View, r grid.Region, row row, cols columns, selected bool) {
	g := &v.Theme.Glyphs
	c := t.cells(v, row)
	plain := theme.Text
	if row.s == nil && row.t != nil {
		plain = theme.Strong
	}
	if selected {
		r.Text(0, 0, theme.Accent|grid.Bold, g.Marker)
		plain = theme.Strong
	}
	if t.marks[row.node()] {
		r.Text(1, 0, theme.Accent|grid.Bold, g.Mark)
	}
	x := 2 + 2*depth(row)
	switch row.fold {
	case open:
		r.Text(x, 0, theme.Text, g.Open)
	case closed:
		r.Text(x, 0, theme.Text, g.Closed)
	}
	r.Text(x+2, 0, c.status.Style|grid.Bold, c.status.Glyph)
	x += 4

	if selected && v.Focused {
		plain, c.style = theme.Selected, theme.Selected
		r.Sub(x-1, 0, r.W, 1).Fill(theme.Selected, ' ')
	}
	right := r.W - 1
	right = column(r, right, cols.age, plain&^grid.Bold, c.age)
	right = column(r, right, cols.time, plain&^grid.Bold, c.time)
	name, word := share(c, right-x, cols.word, g.Ellipsis)
	r.Text(right-text.Width(word), 0, c.style, word)
	right -= max(text.Width(word), leastWord) + 2
	x = r.Text(x, 0, plain, name)
	if n := len(c.spark); n > 0 && x+2 <= right-n {
		t.drawSpark(r, right-n, c.spark, selected && v.Focused)
		right -= n
	}
	if c.worth >= 0 {
		right = drawWorth(r, x, right, plain&^grid.Bold, c.worth)
	}
	if all := c.extra + ", " + c.more; c.more != "" && text.Width(all) <= right-x-2 {
		c.extra = all
	}
	if room := right - x - 2; c.extra != "" && room >= 6 {
		r.Text(x+2, 0, plain&^grid.Bold, text.Shorten(c.extra, room, g.Ellipsis))
	}
}

// drawSpark draws the last runs of a scenario from column x on.
func (t *Tree) drawSpark(r grid.Region, x int, spark widget.Line, selected bool) {
	for _, sp := range spark {
		if selected {
			sp.Style |= grid.Reverse
		}
		x = r.Text(x, 0, sp.Style, sp.Text)
	}
}

// drawWorth writes how strong expectations are between the columns x and right, in
// as many words as fit, and returns where it begins.
func drawWorth(r grid.Region, x, right int, style grid.Style, percent int) int {
	for _, s := range []string{fmt.Sprintf("strength %d%%", percent), fmt.Sprintf("%d%%", percent)} {
		if from := right - text.Width(s); from >= x+2 {
			r.Text(from, 0, style, s)
			return from
		}
	}
	return right
}

// share divides room between the name and the state of a row: the name is
// whole as long as the state keeps least cells, and a path loses its middle.
func share(c cells, room, least int, ellipsis string) (name, word string) {
	if least == 0 {
		c.word = ""
	}
	want := text.Width(c.name)
	word = text.Shorten(c.word, max(min(room-want-2, text.Width(c.word)), min(least, text.Width(c.word))), ellipsis)
	room -= text.Width(word)
	if word != "" {
		room -= 2
	}
	room = max(room, 0)
	if c.path {
		return text.Middle(c.name, room, ellipsis), word
	}
	return text.Shorten(c.name, room, ellipsis), word
}

// column draws s right-aligned in a column of w cells that ends before x, and
// returns where the next column to the left ends.
func column(r grid.Region, x, w int, style grid.Style, s string) int {
	if w == 0 {
		return x
	}
	s = text.Cut(s, w)
	r.Text(x-text.Width(s), 0, style, s)
	return x - w - 1
}

func depth(r row) int {
	n := 0
	if r.s != nil {
		n++
	}
	if r.step >= 0 {
		n++
	}
	if r.group != nil && r.t != nil && r.group.row {
		n++
	}
	return n
}

// cells gathers what a row shows.
func (t *Tree) cells(v *panel.View, r row) cells {
	switch {
	case r.t == nil:
		return groupCells(v, r.group, t.folder)
	case r.s == nil && r.group != nil:
		return templateCells(v, r.t, r.group.dir)
	case r.s == nil:
		return templateCells(v, r.t, t.folder)
	case r.step < 0:
		return scenarioCells(v, r.s)
	default:
		return stepCells(v, r.s, &r.s.Steps()[r.step])
	}
}

// groupCells are those of a folder: as bad as the worst in it.
func groupCells(v *panel.View, g *group, folder string) cells {
	g.judge()
	c := cells{status: panel.OfTemplate(g.worst, &v.Theme.Glyphs), name: text.Clean(g.name(folder)), path: true, worth: -1}
	c.word = text.Count(len(g.templates), "template")
	if g.failing > 0 {
		c.word, c.style = fmt.Sprintf("%d of %d fail", g.failing, len(g.templates)), theme.Fail
	}
	return c
}

// suffixes of test files say nothing in a list of test files.
var suffixes = []string{".clnrm.toml.tera", ".clnrm.tera", ".clnrm.toml"}

func templateCells(v *panel.View, t *engine.Template, folder string) cells {
	g := &v.Theme.Glyphs
	c := cells{status: panel.OfTemplate(t, g), name: text.Clean(strings.TrimPrefix(t.Path, folder)), path: true, worth: worth(v, t)}
	for _, s := range suffixes {
		if rest, ok := strings.CutSuffix(c.name, s); ok && !strings.HasSuffix(rest, "/") && rest != "" {
			c.name = rest
			break
		}
	}
	if t.Status == engine.CheckPending {
		c.word = c.status.Word + g.Ellipsis
		return c
	}
	switch errors, warnings := diag.Count(t.Diagnostics); {
	case errors > 0:
		c.word, c.style = text.Count(errors, "error"), theme.Fail
	case warnings > 0:
		c.word, c.style = text.Count(warnings, "warning"), theme.Warn
	case t.Manual: // must not be missed: "run all" leaves it out
		c.word, c.style = "manual", theme.Accent
	case t.Cache.Hit:
		c.word = "cached"
	default:
		c.word = text.Clean(t.Cache.Reason)
	}
	c.time = text.Duration(t.Timing.Total)
	if !t.CheckedAt.IsZero() {
		c.age = v.Age(t.CheckedAt)
	}
	return c
}

// worthSpans is up to how many recorded spans the strength of a template is
// measured because it is on the screen. That of a larger trace takes seconds: the
// detail shows it when a scenario is selected.
const worthSpans = 5000

// worth is how many percent of the changes to its recorded spans a template would
// notice, rounded down; -1 where not every scenario passed over what it asks for
// now, and until it is measured.
func worth(v *panel.View, t *engine.Template) int {
	if v.Score == nil || t.Status == engine.CheckError || t.Status == engine.CheckPending || len(t.Scenarios) == 0 {
		return -1
	}
	spans := 0
	for _, s := range t.Scenarios {
		if s.Verdict != engine.VerdictPass || s.Stale || s.Last().Result == nil {
			return -1
		}
		spans += s.Last().Result.Spans
	}
	if spans > worthSpans {
		return -1
	}
	score, ready := v.Score(t.Path)
	if !ready || score.Why != "" || score.Mutants == 0 {
		return -1
	}
	return int(100 * score.Score)
}

func scenarioCells(v *panel.View, s *engine.Scenario) cells {
	c := cells{status: v.OfScenario(s), name: panel.ScenarioName(s.ID.Name), worth: -1}
	c.word, c.style = c.status.Word, c.status.Style
	switch s.Verdict {
	case engine.VerdictRunning, engine.VerdictQueued:
		c.extra = text.Clean(s.Last().Progress)
		if s.Verdict == engine.VerdictRunning && !s.Last().Since.IsZero() {
			c.time = text.Elapsed(v.Now.Sub(s.Last().Since))
		}
		return c
	}
	runs := v.History(s.ID)
	c.spark = panel.Spark(runs, sparkRuns, &v.Theme.Glyphs)
	c.extra = panel.Tries(s.Last().Result)
	if s.Last().Result != nil && s.Last().Result.Flaky || panel.Flaky(runs) {
		c.extra, c.more = "flaky", c.extra
	}
	if s.Last().Result != nil {
		c.time = text.Duration(s.Last().Result.Duration)
		if !s.Last().Result.At.IsZero() {
			c.age = v.Age(s.Last().Result.At)
		}
	}
	return c
}

func stepCells(v *panel.View, of *engine.Scenario, s *engine.Step) cells {
	c := cells{status: panel.OfStep(of, s, &v.Theme.Glyphs), name: text.Clean(s.Name), worth: -1}
	c.style = c.status.Style
	switch {
	case s.Verdict == engine.VerdictFail && s.ExitCode != 0:
		c.word = fmt.Sprintf("exit %d", s.ExitCode)
	case s.Verdict != engine.VerdictPass && s.Verdict != engine.VerdictNone:
		c.word = c.status.Word
	}
	if s.Verdict.Done() && s.Verdict != engine.VerdictSkipped {
		c.time = text.Duration(s.Duration)
	}
	return c
}
