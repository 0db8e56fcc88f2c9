package diff

import (
	"io"
	"strconv"
	"strings"
)

// WriteMarkdown writes the changes for a comment on a pull request: what asks for
// less comes first.
func WriteMarkdown(w io.Writer, d *Diff) error {
	p := printer{w: w}
	s := d.Summary()
	p.f("### Expectations: %s → %s\n\n", code(d.Old), code(d.New))
	if d.Equal() {
		p.f("No changes.\n")
		return p.err
	}
	switch {
	case s.Loosened > 0:
		p.f("**%s loosened.** ", expectations(s.Loosened))
	case s.Undecided > 0:
		p.f("No expectation was shown to be loosened; %s could not be decided. ", changes(s.Undecided))
	default:
		p.f("Nothing was loosened. ")
	}
	p.f("%s.\n\n", s)
	p.f("| | change | old | new | effect |\n| --- | --- | --- | --- | --- |\n")
	row := func(c *Change) {
		p.f("| %s | %s | %s | %s | %s: %s |\n", c.Kind, code(c.shownPath()), code(c.Old), code(c.New), c.Effect, cell(c.Why))
	}
	for i := range d.Changes {
		if d.Changes[i].Effect == Loosens {
			row(&d.Changes[i])
		}
	}
	for i := range d.Changes {
		if d.Changes[i].Effect != Loosens {
			row(&d.Changes[i])
		}
	}
	return p.err
}

func expectations(n int) string {
	if n == 1 {
		return "1 expectation"
	}
	return strconv.Itoa(n) + " expectations"
}

func changes(n int) string {
	if n == 1 {
		return "1 change"
	}
	return strconv.Itoa(n) + " changes"
}

// code writes text as it is into a cell of a table, nothing for no text.
func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	return fence + pad + pipes(s) + pad + fence
}

// cell escapes prose in a cell of a table.
func cell(s string) string {
	return pipes(strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", "[", "\\[").Replace(s))
}

// pipes keeps text inside its cell; GitHub reads \| even in code.
func pipes(s string) string { return strings.ReplaceAll(visible(s), "|", "\\|") }
