package check

import (
	"regexp"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// plainName is what needs no quoting in a shell, in a span name and in a report.
var plainName = regexp.MustCompile(`^[\pL\pN_.-]*$`)

// Style runs the rules of taste over a decoded file, beyond those of Rules: a
// file that breaks them runs as well as any other. All are warnings, in file
// order.
func Style(f *spec.File) []diag.Diagnostic {
	c := &checker{f: f}
	if f.Generation != "" && f.Descr == "" {
		at := f.NamePos
		if at.Line == 0 {
			at = c.whole()
		}
		c.warnf(at, "missing-description", `add description = "…" beside the name`, "the file has no description")
	}
	for _, s := range f.Scenarios {
		if !plainName.MatchString(s.Name) {
			c.warnf(s.Pos, "scenario-name", "prefer letters, digits, _, - and .", "the name of scenario %q has special characters", s.Name)
		}
	}
	if o := f.Otel; o != nil && o.Exporter != "none" && o.RatioPos.Line == 0 {
		c.warnf(o.Pos, "missing-sample-ratio", "add sample_ratio = 1.0", "[otel] has no sample_ratio, so 1.0 counts")
	}
	diag.Sort(c.ds)
	return c.ds
}
