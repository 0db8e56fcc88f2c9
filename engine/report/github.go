package report

import (
	"io"
	"strings"
)

// WriteValidationGitHub writes the diagnostics as workflow commands, which
// GitHub shows as annotations at the lines of a pull request.
func WriteValidationGitHub(w io.Writer, v *Validation) error {
	level := map[string]string{"error": "error", "warning": "warning", "info": "notice"}
	out := printer{w: w}
	for i := range v.Files {
		for _, d := range v.Files[i].Diagnostics {
			out.f("::%s file=%s", level[d.Severity], property(orText(d.File, v.Files[i].Path)))
			if d.Line > 0 {
				out.f(",line=%d", d.Line)
			}
			if d.Column > 0 {
				out.f(",col=%d", d.Column)
			}
			message := d.Message
			if d.Hint != "" {
				message += "\nhint: " + d.Hint
			}
			out.f(",title=%s::%s\n", property(d.Code), data(message))
		}
	}
	return out.err
}

// data escapes the text of a workflow command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(visible(s, true))
}

// property escapes a value before the text, where colons and commas separate.
func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
