package report

import (
	"strings"
	"testing"
)

func TestMarkdownLooksAsAgreed(t *testing.T) {
	golden(t, "run.markdown", write(t, Markdown{}, sample()))
}

// Text of the user's must not become a table, a heading or a tag.
func TestMarkdownIsNotForged(t *testing.T) {
	r := NewRun("docker", true, 0, "", []Scenario{{File: "a|b", Name: "x | y\n# z <img>", Verdict: Fail, Message: "```\n# z"}})
	text := string(write(t, Markdown{}, r))
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "# z") || strings.Contains(strings.ReplaceAll(line, `\<`, ""), "<img") || strings.HasPrefix(line, "```") {
			t.Errorf("forged: %q in\n%s", line, text)
		}
	}
}
