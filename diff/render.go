package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// TextOptions decide how text for people looks.
type TextOptions struct {
	Color bool // use SGR colour sequences
	// OnlyChanges leaves out what is the same and the summary.
	OnlyChanges bool
	// Width is the width of side-by-side output in columns; 0 means 120.
	Width int
}

// printer writes and remembers the first error.
type printer struct {
	w     io.Writer
	color bool
	err   error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// paint colours text by what happened: added green, removed red, else yellow.
func (p *printer) paint(k Kind, text string) string {
	if !p.color {
		return text
	}
	code := map[Kind]string{Added: "32", Removed: "31"}[k]
	if code == "" {
		code = "33"
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p *printer) dim(text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[2m" + text + "\x1b[0m"
}

// sign is the mark of a kind at the beginning of a line.
func (k Kind) sign() string {
	switch k {
	case Added:
		return "+"
	case Removed:
		return "-"
	default:
		return "~"
	}
}

// word is the kind as a sentence about expectations has it.
func (k Kind) word() string {
	if k == Changed {
		return "Modified"
	}
	return strings.ToUpper(string(k[:1])) + string(k[1:])
}

// WriteTree writes the changes below their sections.
func WriteTree(w io.Writer, d *Diff, o TextOptions) error {
	p := printer{w: w, color: o.Color}
	if d.Equal() {
		p.f("No changes\n")
		return p.err
	}
	if !o.OnlyChanges {
		p.f("Changes to expectations: %s → %s\n", visible(d.Old), visible(d.New))
	}
	last := ""
	for i := range d.Changes {
		c := &d.Changes[i]
		if s := c.Section(); s != last {
			if last != "" || !o.OnlyChanges {
				p.f("\n")
			}
			p.f("%s:\n", visible(s))
			last = s
		}
		p.f("  %s\n", p.paint(c.Kind, c.Kind.sign()+" "+c.Kind.word()+": "+c.text()))
		p.f("      %s\n", p.dim(c.effectText()))
	}
	if !o.OnlyChanges {
		p.f("\n%s\n", d.Summary())
	}
	return p.err
}

// String counts in one line what was found.
func (s Summary) String() string {
	return fmt.Sprintf("%d added, %d removed, %d changed, %d renamed; %d tightened, %d loosened, %d undecided",
		s.Added, s.Removed, s.Changed, s.Renamed, s.Tightened, s.Loosened, s.Undecided)
}

// text is a change on one line, without its sign.
func (c *Change) text() string {
	path := visible(c.shownPath())
	switch c.Kind {
	case Added:
		return path + valued(c.New, c.node(), c.newLeaf)
	case Removed:
		return path + valued(c.Old, c.node(), c.oldLeaf)
	}
	if c.Old == c.New {
		return path + ": another value, which is not shown"
	}
	text := path + ": " + quoted(c.Old) + " → " + quoted(c.New)
	if c.Distance > 0 {
		text += fmt.Sprintf(" (distance %d)", c.Distance)
	}
	return text
}

// shownPath is the path that a reader looks for: in the old tree what was removed or
// renamed, else in the new one.
func (c *Change) shownPath() string {
	if c.Kind == Removed || c.Kind == Renamed {
		return c.Path
	}
	return c.NewPath
}

// valued appends a value unless the path says it already.
func valued(value string, n *Node, l *Leaf) string {
	if value == "" || l == nil && len(n.Leaves) == 0 {
		return ""
	}
	if l == nil {
		return " (" + visible(value) + ")"
	}
	return " = " + quoted(value)
}

// effectText is the effect and what it rests on.
func (c *Change) effectText() string { return string(c.Effect) + ": " + visible(c.Why) }

func quoted(s string) string { return `"` + visible(s) + `"` }

// visible keeps text from moving the cursor or breaking a line.
func visible(s string) string { return diag.Printable(s) }

// section is the heading under which a node stands.
func section(n *Node) string {
	title := ""
	for _, t := range sections {
		if strings.HasPrefix(n.Rule, t.prefix) {
			title = t.title
			break
		}
	}
	if n.Scope != "" {
		title += " of scenario " + n.Scope
	}
	return title
}

var sections = [...]struct{ prefix, title string }{
	{ruleSpan, "Spans"}, {ruleInclude, "Graph edges"}, {ruleCross, "Graph edges"}, {"expect.graph", "Graph"}, {"expect.counts", "Span counts"},
	{ruleWindow, "Windows"}, {"expect.order", "Order"}, {"expect.status", "Status expectations"}, {"expect.hermeticity", "Hermeticity"},
	{"scenario", "Scenarios"}, {ruleStep, "Steps"}, {"limits", "Limits"}, {ruleService, "Services"},
}
