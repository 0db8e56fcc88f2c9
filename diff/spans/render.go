package spans

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Schema names the version of the object that WriteJSON writes.
const Schema = "clnrm.trace-diff/1"

type jsonDiff struct {
	Schema    string       `json:"schema"`
	Old       string       `json:"old"`
	New       string       `json:"new"`
	Equal     bool         `json:"equal"`
	MatchRate float64      `json:"match_rate"`
	Spans     jsonCounts   `json:"spans"`
	Changes   []jsonChange `json:"changes"`
	Summary   jsonSummary  `json:"summary"`
}

type jsonCounts struct {
	Old     int `json:"old"`
	New     int `json:"new"`
	Matched int `json:"matched"`
}

type jsonSummary struct {
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
	Moved   int `json:"moved"`
	Changed int `json:"changed"`
}

type jsonChange struct {
	Kind    Kind        `json:"kind"`
	Path    string      `json:"path"`
	NewPath string      `json:"new_path,omitempty"` // of a moved span
	Fields  []jsonField `json:"fields,omitempty"`
}

type jsonField struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// WriteJSON writes one indented clnrm.trace-diff/1 object.
func WriteJSON(w io.Writer, d *Diff) error {
	out := jsonDiff{
		Schema: Schema, Old: d.Old, New: d.New, Equal: d.Equal(), MatchRate: d.MatchRate(),
		Spans: jsonCounts{d.OldSpans, d.NewSpans, d.Matched}, Changes: []jsonChange{},
		Summary: jsonSummary{d.Count(Missing), d.Count(Extra), d.Count(Moved), d.Count(Changed)},
	}
	for i := range d.Changes {
		c := &d.Changes[i]
		j := jsonChange{Kind: c.Kind, Path: c.Path}
		if c.NewPath != c.Path {
			j.NewPath = c.NewPath
		}
		for _, f := range c.Fields {
			j.Fields = append(j.Fields, jsonField{f.Name, f.Old, f.New})
		}
		out.Changes = append(out.Changes, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// TextOptions decide how text for people looks.
type TextOptions struct {
	Color       bool // use SGR colour sequences
	OnlyChanges bool // leave out the summary and what is the same
	Depth       int  // how many spans below each other the tree shows; 0 means all
}

// printer writes and remembers the first error.
type printer struct {
	w     *bufio.Writer
	color bool
	err   error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) paint(k Kind, text string) string {
	code := map[Kind]string{Missing: "31", Extra: "32", Moved: "36", Changed: "33"}[k]
	if !p.color || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// sign is the mark of what became of a span.
func (k Kind) sign() string {
	return map[Kind]string{Missing: "-", Extra: "+", Moved: ">", Changed: "~"}[k]
}

// maxListed bounds the changes of each kind that are listed for people; JSON
// has them all.
const maxListed = 50

// WriteTree writes the changes by kind, and then the tree of the spans with what
// became of each.
func WriteTree(w io.Writer, d *Diff, o TextOptions) error {
	p := printer{w: bufio.NewWriter(w), color: o.Color}
	if !o.OnlyChanges {
		p.f("Trace diff: %s (%d spans) → %s (%d spans)\n", visible(d.Old), d.OldSpans, visible(d.New), d.NewSpans)
		p.f("Match rate: %.1f%% (%d spans match)\n", 100*d.MatchRate(), d.Matched)
	}
	if d.m.presence {
		p.f("Values of attributes are not compared\n")
	}
	if d.Equal() {
		p.f("No changes\n")
	}
	for _, k := range [...]Kind{Missing, Extra, Moved, Changed} {
		p.list(d, k)
	}
	if !d.Equal() {
		p.f("\nSpan tree:\n")
		t := newTree(d)
		t.write(&p, t.tops, "", cmp.Or(o.Depth, maxDepth))
	}
	if p.err == nil {
		p.err = p.w.Flush()
	}
	return p.err
}

// list writes the changes of one kind.
func (p *printer) list(d *Diff, k Kind) {
	n := d.Count(k)
	if n == 0 {
		return
	}
	p.f("\n%s spans (%d):\n", strings.ToUpper(string(k[:1]))+string(k[1:]), n)
	left := maxListed
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Kind != k {
			continue
		}
		if left--; left < 0 {
			p.f("  and %d more\n", n-maxListed)
			return
		}
		line := k.sign() + " " + visible(c.Path)
		if c.NewPath != c.Path {
			line += " → " + visible(c.NewPath)
		}
		p.f("  %s\n", p.paint(k, line))
		for _, f := range c.Fields {
			p.f("      %s: %s → %s\n", visible(f.Name), quoted(f.Old), quoted(f.New))
		}
	}
}

func quoted(s string) string { return `"` + visible(s) + `"` }

// visible keeps text from moving the cursor or breaking a line.
func visible(s string) string { return diag.Printable(s) }

// tree is both traces in one: the new one, with the missing spans where they were.
type tree struct {
	d       *Diff
	changed map[item]*Change
	kids    map[item][]item
	tops    []item
	busy    map[item]bool // something below or at it differs
}

// item is a span of the new trace, or one of the old that is missing.
type item struct {
	ref     trace.Ref
	missing bool
}

func newTree(d *Diff) *tree {
	t := &tree{d: d, changed: map[item]*Change{}, kids: map[item][]item{}, busy: map[item]bool{}}
	up := map[item]item{}
	hang := func(at item, parent trace.Ref, s *side, ofOld bool) {
		if s.cyclic[at.ref] || parent == trace.NoRef {
			t.tops = append(t.tops, at)
			return
		}
		above := item{parent, ofOld}
		if ofOld && s.partner[parent] != trace.NoRef {
			above = item{s.partner[parent], false}
		}
		t.kids[above] = append(t.kids[above], at)
		up[at] = above
	}
	for r := range trace.Ref(d.NewSpans) {
		hang(item{r, false}, d.m.new.set.Parent(r), d.m.new, false)
	}
	for r := range trace.Ref(d.OldSpans) {
		if d.m.old.partner[r] == trace.NoRef {
			hang(item{r, true}, d.m.old.set.Parent(r), d.m.old, true)
		}
	}
	for i := range d.Changes {
		c := &d.Changes[i]
		at := item{c.new, false}
		if c.Kind == Missing {
			at = item{c.old, true}
		}
		t.changed[at] = c
		for above, ok := at, true; ok && !t.busy[above]; above, ok = up[above] {
			t.busy[above] = true
		}
	}
	return t
}

// write draws a list of siblings and what differs below them. Spans without a
// difference at or below them are only counted.
func (t *tree) write(p *printer, list []item, indent string, depth int) {
	shown := slices.DeleteFunc(slices.Clone(list), func(i item) bool { return !t.busy[i] })
	same := len(list) - len(shown)
	for i, at := range shown {
		branch, below := "├── ", "│   "
		if i == len(shown)-1 && same == 0 {
			branch, below = "└── ", "    "
		}
		p.f("%s%s%s\n", indent, branch, t.line(p, at))
		if depth > 1 && len(indent) < maxIndent {
			t.write(p, t.kids[at], indent+below, depth-1)
		} else if n := t.differences(t.kids[at]); n > 0 {
			p.f("%s%s└── … %d that differ are deeper\n", indent, below, n)
		}
	}
	if same > 0 {
		p.f("%s└── ✓ %d the same\n", indent, same)
	}
}

// differences counts the spans among and below some that differ themselves.
func (t *tree) differences(list []item) (n int) {
	for stack := slices.Clone(list); len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], t.kids[at]...)
		if at.missing || t.changed[at] != nil {
			n++
		}
	}
	return n
}

// maxDepth is deeper than maxIndent allows.
const maxDepth = 1 << 20

// maxIndent bounds how deep, in bytes of indentation, the tree is drawn.
const maxIndent = 240

func (t *tree) line(p *printer, at item) string {
	c := t.changed[at]
	if at.missing {
		return p.paint(Missing, "❌ "+visible(t.d.m.old.set.Span(at.ref).Name))
	}
	name := visible(t.d.m.new.set.Span(at.ref).Name)
	switch {
	case c == nil:
		return "✓ " + name
	case c.Kind == Extra:
		return p.paint(Extra, "➕ "+name)
	case c.Kind == Moved:
		return p.paint(Moved, "↪ "+name+" (was "+visible(c.Path)+")")
	}
	return p.paint(Changed, "✏️ "+name)
}
