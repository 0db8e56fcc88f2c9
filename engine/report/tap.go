package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// TAP writes the Test Anything Protocol, version 13: a test point per scenario
// and per judged rule, with a YAML block for each failure. A failure of the
// environment is a bail-out.
type TAP struct{}

// Write implements Writer.
func (TAP) Write(w io.Writer, r *Run) error {
	var all []point
	var names []string
	for _, s := range suites(r) {
		for _, p := range s.points() {
			all = append(all, p)
			names = append(names, s.name+": "+p.name)
		}
	}
	out := printer{w: w}
	out.f("TAP version 13\n1..%d\n", len(all))
	for _, why := range unhermetic(r) {
		out.f("# not hermetic: %s\n", tapName(why))
	}
	var passed, failed, skipped int
	for i := range all {
		p, name := &all[i], tapName(names[i])
		switch p.kind {
		case Pass:
			passed++
			out.f("ok %d - %s\n", i+1, name)
		case Skipped:
			skipped++
			out.f("ok %d - %s # SKIP %s\n", i+1, name, tapName(p.message))
		default:
			failed++
			out.f("not ok %d - %s\n", i+1, name)
			tapBlock(&out, p)
		}
		if p.rule == "" {
			tapOutput(&out, p.scenario)
		}
	}
	if r.Problem != "" {
		out.f("Bail out! %s\n", tapName(r.Problem))
	}
	out.f("# tests %d, passed %d, failed %d, skipped %d\n", len(all), passed, failed, skipped)
	out.f("# duration: %ss\n", seconds(r.ElapsedMS))
	return out.err
}

func tapBlock(out *printer, p *point) {
	out.f("  ---\n  message: %s\n", yamlString(p.message))
	if p.rule != "" {
		out.f("  rule: %s\n", yamlString(p.rule))
	}
	if p.detail != "" {
		out.f("  detail:\n")
		for _, l := range strings.Split(p.detail, "\n") {
			out.f("    - %s\n", yamlString(l))
		}
	}
	out.f("  ...\n")
}

// tapOutput adds duration and, unless all is well, output of a scenario as
// comments.
func tapOutput(out *printer, s *Scenario) {
	out.f("  # Duration: %ss\n", seconds(s.DurationMS))
	if s.Verdict == Pass || s.Verdict == Skipped {
		return
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		for _, stream := range []struct{ name, text string }{{"stdout", step.Stdout}, {"stderr", step.Stderr}} {
			if stream.text == "" {
				continue
			}
			out.f("  # %s of %s:\n", stream.name, line(step.Name))
			for _, l := range lines(stream.text) {
				out.f("  # %s\n", l)
			}
		}
	}
}

// tapName is a description: one line, in which no `#` starts a directive.
func tapName(s string) string {
	return strings.NewReplacer(`\`, `\\`, `#`, `\#`).Replace(line(s))
}

// yamlString is s as a YAML double-quoted scalar: JSON, and beyond it escapes
// for all that YAML does not call printable.
func yamlString(s string) string {
	var encoded strings.Builder
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a string always encodes, a Builder always takes it
		return `""`
	}
	var b strings.Builder
	for _, r := range strings.TrimSuffix(encoded.String(), "\n") {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}
