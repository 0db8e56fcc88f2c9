package detail

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// listed is how many templates of a folder are listed.
const listed = 200

// folder writes where the templates of a folder stand, without those in folders
// below it: what is wrong first.
func (b *builder) folder(dir string) {
	var all []*engine.Template
	for _, t := range b.v.Snap.Templates {
		if panel.DirOf(t.Path) == dir {
			all = append(all, t)
		}
	}
	scenarios := 0
	for _, t := range all {
		scenarios += len(t.Scenarios)
	}
	b.Add(widget.Span{Text: " " + text.Count(len(all), "template") + ", " + text.Count(scenarios, "scenario")})
	b.Blank()
	slices.SortStableFunc(all, func(x, y *engine.Template) int { return b.trouble(y) - b.trouble(x) })
	for _, t := range all[:min(len(all), listed)] {
		st := panel.OfTemplate(t, b.g)
		what := tally(t)
		if errors, _ := diag.Count(t.Diagnostics); errors > 0 {
			what = text.Count(errors, "error")
		}
		b.Wrap(b.w, widget.Line{{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " "}}, st.Style,
			strings.TrimPrefix(t.Path, dir)+"  "+what)
	}
	if n := len(all) - listed; n > 0 {
		b.Add(widget.Span{Text: fmt.Sprintf("   and %d more", n)})
	}
}

// trouble orders templates: 2 for one that fails, 1 for one that is to be looked
// at, 0 for the others.
func (b *builder) trouble(t *engine.Template) int {
	switch panel.OfTemplate(t, b.g).Word {
	case "invalid", "fail":
		return 2
	case "stopped", "running", "warning", "stale":
		return 1
	}
	return 0
}
