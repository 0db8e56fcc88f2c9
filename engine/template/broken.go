package template

import (
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
)

// broken finds what is really wrong when a variable is undefined that the file
// does define, with a value that is not TOML: that is to be mended there, and not
// where the variable is used.
func (r *render) broken(e *eval.Error) (diag.Diagnostic, bool) {
	if e.Code != eval.CodeUndefined || r.main == nil || r.vars == nil || e.Off < 0 || e.End > len(e.Prog.Unit.Src) || e.Off > e.End {
		return diag.Diagnostic{}, false
	}
	path := strings.TrimPrefix(strings.TrimSpace(e.Prog.Unit.Src[e.Off:e.End]), "vars.")
	name := path[:len(path)-len(strings.TrimLeft(path, letters))]
	for _, l := range r.vars.layers {
		for i := range l.groups[name] {
			if d, ok := r.notTOML(&l.groups[name][i]); ok {
				return d, true
			}
		}
	}
	return diag.Diagnostic{}, false
}

// letters are what names of variables are made of.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// notTOML says what is wrong with an entry that has no tags in it.
func (r *render) notTOML(e *entry) (diag.Diagnostic, bool) {
	var doc map[string]any
	first, _, _ := strings.Cut(e.value, "\n")
	if hasTag(first) || toml.Unmarshal([]byte("v = "+e.value), &doc) == nil {
		return diag.Diagnostic{}, false
	}
	src := r.main.Unit.Src
	// The reader of the format has words for it; it sees the entry at its line.
	text := strings.Repeat("\n", e.line-1) + strings.TrimLeft(src[e.start:e.to], " \t")
	_, ds := spec.Decode(r.main.Name, []byte(text), spec.PlainText(r.main.Name, []byte(text)))
	for _, d := range ds {
		if !strings.HasPrefix(d.Code, "toml-") || d.Severity != diag.Error {
			continue
		}
		if hasTag(e.value) && !strings.HasPrefix(d.Code, "toml-unclosed-") {
			break // only what is open has the tags of other entries in it
		}
		if d.Pos.Line == e.line {
			at, line := place(r.main.Name, src, e.start)
			d.Pos.Column += at.Column - 1
			d.Line = line
		}
		d.Fix = nil // made for the text above
		return d, true
	}
	return diag.Diagnostic{}, false
}

// hasTag reports whether a template prints or does something in text.
func hasTag(text string) bool { return strings.Contains(text, "{{") || strings.Contains(text, "{%") }
