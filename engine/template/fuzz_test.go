package template

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// FuzzRender: no template makes the engine panic, hang or use memory without
// bound; an error has a position in a file that exists; and every character of
// the output that was copied is mapped to the same character of its source.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"a {{ svc }} b", "{% import 'macros' as m %}{{ m::lifecycle('a') }}{{ m::lifecycle('b') }}",
		"[vars]\na = \"{{ a | default(value='x') }}\"\nb = '{{ a }}'\n{{ vars.b }}",
		"vars = { a = '{{ vars }}', b = '{{ a }}' }\n[vars.c]\nd = '{{ vars.c.e }}'\ne = '{{ c }}'\n{{ c.d }}{{ vars | length }}",
		"{% for i in range(end=3) %}{{ loop.index }}{% if loop.last %}{% break %}{% endif %}{% endfor %}",
		"{% macro r(n) %}{{ self::r(n=n) }}{% endmacro %}{{ self::r(n=1) }}",
		"{% set a = 'xxxxxxxx' %}{% for i in range(end=99) %}{% set_global a = a ~ a %}{% endfor %}{{ a }}",
		"{% set a = [1] %}{% for i in range(end=99) %}{% set_global a = [a, a] %}{% endfor %}{{ a == a }}{{ a }}",
		"{% filter replace(from='a', to='b') %}{% raw %}{{ a }}{% endraw %}{% endfilter %}", "{{ __tera_context }}",
		"{% block a %}{{ svc }}{% endblock %}{{ '2024-01-01' | date(format='%d.%m.%Y') }}{{ [3,1] | sort | json_encode }}",
		"{% include 'a.tera' %}", "{{ env(name='A') | default(value=1) }}{{ env.B | default('x') }}{{ A_B }}",
		"[expect.graph]\nmust_include = [['a', 'b']] # c\n[expect.graph]\nmust_include = [\n['c', 'd'],\n]\nacyclic = true",
		"\xef\xbb\xbf{{ svc }}\r\n\x01{", "{{ fake(kind='name.full', n=3) }}{{ uuid_v5(ns='x', name='y') }}",
	} {
		f.Add(s)
	}
	for _, c := range sharedCases(f) {
		f.Add(c.Templates[c.Main])
	}
	e := project(f, map[string]string{"a.tera": "{{ nope }}"}, map[string]string{"B": "b"}, func(o *Options) {
		o.MaxOutput, o.MaxLoops = 1<<16, 10_000
	})
	f.Fuzz(func(t *testing.T, src string) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		res, err := e.Render(ctx, "a.clnrm.toml.tera", []byte(src))
		if ctx.Err() != nil {
			t.Fatalf("the render takes too long: %v", ctx.Err())
		}
		if err != nil {
			var x *Error
			if !errors.As(err, &x) {
				t.Fatalf("no diagnostic: %v", err)
			}
			d := x.Diagnostic()
			if d.Code == "" || d.Message == "" || d.Pos.Line < 1 || d.Pos.Column < 1 {
				t.Fatalf("incomplete diagnostic %+v", d)
			}
			return
		}
		if len(res.Text) > 1<<16 {
			t.Fatalf("%d bytes of output", len(res.Text))
		}
		checkMap(t, res)
	})
}

// checkMap compares copied characters with their source.
func checkMap(t *testing.T, res *Result) {
	text := string(res.Text)
	for i, c := range text {
		if i > 2000 {
			return
		}
		loc := res.Locate(i)
		if loc.Value || c == '\n' || c == '\r' {
			continue
		}
		line := []rune(loc.Line)
		if loc.Pos.Column > len(line) || line[loc.Pos.Column-1] != c {
			t.Fatalf("%q at %d is mapped to %s in %q", c, i, loc.Pos, loc.Line)
		}
	}
}

// FuzzScan: the scan of raw text for variables neither panics nor hangs, and
// finds all that a TOML decoder finds in text without tags.
func FuzzScan(f *testing.F) {
	f.Add("[vars]\na = 1\nb.c = 'x'\n[vars.d]\n\"e f\" = [1,\n2]\n")
	f.Add("vars = { a = 1 }\n# c\n[[x]]\ny = \"\"\"\n[vars]\n\"\"\"\n")
	f.Add("[determinism]\nseed = 4\n")
	f.Fuzz(func(t *testing.T, src string) {
		entries := scanTOML(src)
		if strings.Contains(src, "{{") || strings.Contains(src, "{%") || strings.Contains(src, "{#") {
			return
		}
		var doc map[string]any
		if toml.Unmarshal([]byte(src), &doc) != nil {
			return
		}
		vars, _ := doc["vars"].(map[string]any)
		l := newLayer("[vars]", entries, "vars")
		for name := range vars {
			if l == nil || l.groups[name] == nil && len(l.inline) == 0 {
				if m, ok := vars[name].(map[string]any); ok && len(m) == 0 {
					continue
				}
				if _, ok := vars[name].([]any); ok {
					continue // an array of tables is no variable
				}
				t.Fatalf("variable %q of %q was not found in %v", name, src, entries)
			}
		}
	})
}
