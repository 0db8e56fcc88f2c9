package report

import (
	"io"
	"strings"
)

// Markdown writes a table of the scenarios and, for each that is not green, what
// failed: for a comment on a change, or a ticket.
type Markdown struct{}

// Write implements Writer.
func (Markdown) Write(w io.Writer, r *Run) error {
	out := printer{w: w}
	s := r.Summary
	out.f("# %s: %d passed, %d failed, %d could not be judged\n\n", r.Verdict, s.Passed, s.Failed, s.Errors)
	if r.Problem != "" {
		out.f("%s\n\n", inMarkdown(r.Problem))
	}
	out.f("| scenario | verdict | time | file |\n| --- | --- | ---: | --- |\n")
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		out.f("| %s | %s | %ss | %s |\n", inMarkdown(sc.Name), sc.words(), seconds(sc.DurationMS), inMarkdown(sc.File))
	}
	for i := range r.Scenarios {
		sc := &r.Scenarios[i]
		if len(sc.Failures) == 0 && sc.Message == "" {
			continue
		}
		out.f("\n## %s\n\n", inMarkdown(sc.Name))
		if sc.Message != "" {
			out.f("%s\n\n", inMarkdown(sc.Message))
		}
		for _, f := range sc.Failures {
			out.f("- `%s:%d` %s: %s\n", strings.ReplaceAll(visible(f.File, false), "`", "'"), f.Line, inMarkdown(f.Rule), inMarkdown(f.Message))
			if len(f.Explain) == 0 {
				continue
			}
			out.f("\n")
			for _, line := range f.Explain { // indented: no fence that the text could end
				out.f("      %s\n", visible(line, false))
			}
			out.f("\n")
		}
	}
	return out.err
}

// words is the verdict with what makes it less than a fresh one.
func (s *Scenario) words() string {
	words := string(s.Verdict)
	for _, x := range []struct {
		is   bool
		word string
	}{{s.Flaky, "flaky"}, {s.Replayed, "replayed"}, {s.Stale, "stale"}} {
		if x.is {
			words += ", " + x.word
		}
	}
	return words
}

// inMarkdown writes text of the user's so that it is text in Markdown, too.
func inMarkdown(s string) string {
	var b strings.Builder
	for _, c := range visible(s, true) {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#+!|~&", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n' || c == '\r':
			b.WriteByte(' ')
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
