package template

import (
	"slices"
	"testing"
)

// TestUnused: a variable is read when any expression asks for it, in whichever
// file that stands; that its own entry mentions it does not count.
func TestUnused(t *testing.T) {
	e := project(t, map[string]string{"m.tera": "{% macro f() %}{{ far }}{% endmacro %}"}, nil)
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"read bare", "[vars]\na = 1\n{{ a }}", nil},
		{"read through vars", "[vars]\na = { b = 1 }\n{{ vars.a.b }}", nil},
		{"not read", "[vars]\nb = 1\na = 2\n", []string{"2:1 `b`", "3:1 `a`"}},
		{"only mentioned by itself", "[vars]\nsvc = \"{{ svc }}\"\n", []string{"2:1 `svc`"}},
		{"mentioned by itself, and read", "[vars]\nsvc = \"{{ svc }}\"\n{{ svc }}", nil},
		{"read by another entry", "[vars]\na = 1\nb = '{{ a }}'\n{{ b }}", nil},
		{"read in a macro of another file", "{% import 'm.tera' as m %}[vars]\nfar = 1\n{{ m::f() }}", nil},
		{"read where it is not reached", "[vars]\na = 1\n{% if false %}{{ a }}{% endif %}", nil},
		{"asked for and given a default", "[vars]\na = 1\n{{ a | default(value=2) }}", nil},
		{"the whole table read", "[vars]\na = 1\n{{ vars | length }}", nil},
		{"the older table", "[template.vars]\na = 1\n", []string{"2:1 `a`"}},
		{"any of the table read", "[vars]\na = 1\n{{ vars[svc] | default(value=1) }}", nil},
		{"in a circle", "[vars]\na = \"{{ b }}\"\nb = \"{{ a | default(value='x') }}\"\n{{ vars.a }}", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := rendered(t, e, c.src)
			var got []string
			for _, d := range res.Unused() {
				if d.Code != CodeUnused || d.Line == "" || d.Hint == "" {
					t.Errorf("%+v", d)
				}
				got = append(got, d.Pos.String()[len(d.Pos.File)+1:]+d.Message[len("no expression reads the variable"):])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
