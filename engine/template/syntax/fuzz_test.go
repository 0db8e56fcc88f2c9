package syntax

import (
	"strings"
	"testing"
)

var seeds = []string{
	"", "plain { text } }}", "{{ a.b[0][c].d | f(x=1) | g }}", "{% if a and not b == 1 %}x{% elif c in [1, 2] %}y{% else %}z{% endif %}",
	"{%- for k, v in {\"a\": 1} -%}{{ k ~ v }}{% else %}-{% endfor %}", "{% set x = (1 + 2) * 3 % 4 %}{% set_global y = x is odd %}",
	"{% raw %}{{ }}{% endraw %}{# comment #}", "{% macro m(a, b=[1], c=none) %}{{ self::m(1, b=2) }}{% endmacro %}",
	"{% extends 'a' %}{% block b %}{{ super() }}{% endblock b %}", "{% include ['a', 'b'] ignore missing %}{% import \"m\" as n %}",
	"{{ 'a' if b else \"c\" }}", "{% filter upper %}x{% endfilter %}", "{{ -1 - -2 }}{{-1-}}", "{{ \x01 }}{", "{{ 9223372036854775808 }}",
	"{% for x in y %}{% break %}{% continue %}{% endfor %}",
}

// FuzzParse: no text makes the parser panic or hang, errors lie in the text,
// and what parses has texts at the offsets that they claim.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		u, err := Parse(src, Options{Positional: func(bool, string) bool { return true }})
		if err != nil {
			e := err.(*Error)
			if e.Off < 0 || e.Off > len(src) || e.End < e.Off || e.End > len(src) {
				t.Fatalf("error at %d..%d of %d: %v", e.Off, e.End, len(src), e)
			}
			return
		}
		checkTexts(t, src, u.Nodes)
	})
}

func checkTexts(t *testing.T, src string, nodes []Node) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *Text:
			if n.Off < 0 || !strings.HasPrefix(src[n.Off:], n.Val) {
				t.Fatalf("text %q is not at %d", n.Val, n.Off)
			}
		case *If:
			for _, b := range n.Branches {
				checkTexts(t, src, b.Body)
			}
		case *For:
			checkTexts(t, src, n.Body)
			checkTexts(t, src, n.Else)
		case *Macro:
			checkTexts(t, src, n.Body)
		case *Block:
			checkTexts(t, src, n.Body)
		case *Filter:
			checkTexts(t, src, n.Body)
		}
	}
}
