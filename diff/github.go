package diff

import (
	"io"
	"strings"
)

// WriteGitHub writes a workflow command for every expectation that was loosened,
// which GitHub shows at its line in a pull request; what was removed has no line
// any more and is shown at the file. Nothing is written about other changes.
func WriteGitHub(w io.Writer, d *Diff) error {
	p := printer{w: w}
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Effect != Loosens {
			continue
		}
		p.f("::warning file=%s", property(d.New))
		if c.new != nil && c.Pos.Line > 0 && c.Pos.File == d.New {
			p.f(",line=%d", c.Pos.Line)
			if c.Pos.Column > 0 {
				p.f(",col=%d", c.Pos.Column)
			}
		}
		p.f(",title=expectation loosened::%s\n", data(string(c.Kind)+": "+c.text()+"\n"+c.Why))
	}
	return p.err
}

// data escapes the text of a workflow command.
func data(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(visible(l), "%", "%25")
	}
	return strings.Join(lines, "%0A")
}

// property escapes a value before the text, where colons and commas separate.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
