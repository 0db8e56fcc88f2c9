package template

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// fixedNow is the clock of tests.
func fixedNow() time.Time { return time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC) }

// project writes files below a new root and returns an engine for it. env is
// the whole environment.
func project(t testing.TB, files map[string]string, env map[string]string, change ...func(*Options)) *Engine {
	t.Helper()
	root := t.TempDir()
	write(t, root, files)
	o := Options{
		Root: root,
		Env:  func(n string) (string, bool) { v, ok := env[n]; return v, ok },
		Now:  fixedNow,
		Home: filepath.Join(root, "no-home"),
	}
	for _, c := range change {
		c(&o)
	}
	return New(o)
}

func write(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rendered renders src as a.clnrm.toml.tera and fails the test on an error.
func rendered(t testing.TB, e *Engine, src string) *Result {
	t.Helper()
	res, err := e.Render(context.Background(), "a.clnrm.toml.tera", []byte(src))
	if err != nil {
		t.Fatalf("render: %v\nhint: %s", err, hintOf(err))
	}
	return res
}

func hintOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Diagnostic().Hint
	}
	return ""
}

// fault renders src, which must fail, and returns the diagnostic.
func fault(t testing.TB, e *Engine, src string) diag.Diagnostic {
	t.Helper()
	res, err := e.Render(context.Background(), "a.clnrm.toml.tera", []byte(src))
	var x *Error
	if !errors.As(err, &x) {
		t.Fatalf("expected an error, got %v and %q", err, res.Text)
	}
	return x.Diagnostic()
}

func TestVariablesByPrecedence(t *testing.T) {
	env := map[string]string{"SERVICE_NAME": "from-env", "OTEL_SERVICE_NAME": "upper", "AWS_REGION": "eu"}
	tests := []struct{ name, src, want string }{
		{"default", `{{ image }}`, "registry/clnrm:1.0.0"},
		{"environment over default", `{{ svc }}`, "from-env"},
		{"template.vars over environment", "[template.vars]\nsvc = 'tv'\n# {{ svc }}", "[template.vars]\nsvc = 'tv'\n# tv"},
		{"vars over template.vars", "[template.vars]\nsvc = 'tv'\n[vars]\nsvc = 'v'\n# {{ svc }}", "[template.vars]\nsvc = 'tv'\n[vars]\nsvc = 'v'\n# v"},
		{"below vars", "# {{ vars.svc }} {{ vars.image }}", "# from-env registry/clnrm:1.0.0"},
		{"self reference takes the layer below", "[vars]\nsvc = \"{{ svc }}\"\n# {{ svc }}", "[vars]\nsvc = \"from-env\"\n# from-env"},
		{"self reference adds to the layer below once", "[vars]\nsvc = \"my-{{ svc }}\"\n# {{ svc }}", "[vars]\nsvc = \"my-from-env\"\n# my-from-env"},
		{"offsets of an entry are not those of the file", "svc = \"{{ b }}\"\n[vars]\nsvc = 'x'\nb = \"{{ svc }}\"\n", "svc = \"x\"\n[vars]\nsvc = 'x'\nb = \"x\"\n"},
		{"entries of one table see one another", "[vars.db]\nhost = 'h'\nurl = \"{{ vars.db.host }}:{{ db.port }}\"\nport = 5\n# {{ db.url }}", "[vars.db]\nhost = 'h'\nurl = \"h:5\"\nport = 5\n# h:5"},
		{"an inline table that asks for all", "vars = { a = \"{{ vars | length }}\", b = \"{{ svc }}\" }\n# {{ b }}", "vars = { a = \"10\", b = \"from-env\" }\n# from-env"},
		{"through the map too", "# {{ svc }}\n[vars]\nsvc = \"my-{{ vars.svc }}\"\nb = \"{{ svc }}\"", "# my-from-env\n[vars]\nsvc = \"my-from-env\"\nb = \"my-from-env\""},
		{"self reference with default", "[vars]\nregion = \"{{ region | default(value=\"local\") }}\"\n# {{ region }}", "[vars]\nregion = \"local\"\n# local"},
		{"one entry uses another", "[vars]\na = \"{{ b }}!\"\nb = \"x\"\n# {{ a }}", "[vars]\na = \"x!\"\nb = \"x\"\n# x!"},
		{"types survive", "[vars]\nn = 3\nl = [\n  1,\n  2,\n]\n# {{ n + 1 }} {{ l | length }}", "[vars]\nn = 3\nl = [\n  1,\n  2,\n]\n# 4 2"},
		{"nested table", "[vars.db]\nhost = 'h'\n# {{ db.host }} {{ vars.db.host }}", "[vars.db]\nhost = 'h'\n# h h"},
		{"inline table", "vars = { a = 1 }\n# {{ a }}", "vars = { a = 1 }\n# 1"},
		{"upper case falls back to the environment", `{{ OTEL_SERVICE_NAME }} {{ NOT_SET | default(value="d") }}`, "upper d"},
		{"env is a variable, a map and a function", `{{ env }} {{ env.AWS_REGION }} {{ env(name="AWS_REGION") }} {{ env.NOPE | default(value="d") }}`, "ci eu eu d"},
		{"override wins", "[vars]\no = 1\n# {{ o }}", "[vars]\no = 1\n# over"},
		{"matrix", "[template.matrix]\nos = ['a', 'b']\n# {% for o in matrix.os %}{{ o }}{% endfor %}", "[template.matrix]\nos = ['a', 'b']\n# ab"},
		{"table in a long string does not count", "x = \"\"\"\n\"\nb\n[vars]\nsvc = 'no'\n\"\"\"\n# {{ svc }}", "x = \"\"\"\n\"\nb\n[vars]\nsvc = 'no'\n\"\"\"\n# from-env"},
		{"entry in a comment does not count", "{# [vars]\nsvc = 'no' #}# {{ svc }}", "# from-env"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := project(t, nil, env, func(o *Options) { o.Overrides = map[string]any{"o": "over"} })
			if got := string(rendered(t, e, tt.src).Text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClosure(t *testing.T) {
	e := project(t, map[string]string{
		"templates/lib.tera": `{% macro m() %}{{ env(name="A") }}{% endmacro %}`,
		"inc.tera":           "included",
	}, map[string]string{"A": "1"})
	res := rendered(t, e, `{% import "lib.tera" as l %}{{ l::m() }}{% include "inc.tera" %}{% include "gone.tera" ignore missing %}{{ env(name="B", default="2") }}{{ svc }}`)
	if got, want := string(res.Text), "1included2clnrm"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	var deps []string
	for _, d := range res.Deps {
		mark := "-"
		if d.Exists {
			mark = "+"
		}
		if !filepath.IsAbs(d.Path) {
			deps = append(deps, mark+d.Path)
		}
	}
	want := "-.clnrm/templates/gone.tera -gone.tera +inc.tera -lib.tera -templates/gone.tera +templates/lib.tera"
	if got := strings.Join(deps, " "); got != want {
		t.Errorf("deps %s\nwant %s", got, want)
	}
	var env []string
	for _, r := range res.Env {
		env = append(env, r.Name+"="+r.Value)
	}
	if got, want := strings.Join(env, " "), "A=1 B= SERVICE_NAME="; got != want {
		t.Errorf("env %s, want %s", got, want)
	}
	if res.Volatile {
		t.Error("volatile without clock or randomness")
	}
}

func TestErrorsPointIntoTheTemplate(t *testing.T) {
	lib := "{% macro span(name) %}\n[[expect.span]]\nname = \"{{ nmae }}\"\n{% endmacro %}"
	tests := []struct{ name, src, pos, code, hint string }{
		{"undefined", "a\nb {{ svcc }}", "a.clnrm.toml.tera:2:6", "template-undefined", "did you mean `svc`?"},
		{"unknown filter", "{{ svc | uper }}", "a.clnrm.toml.tera:1:10", "template-function", "did you mean `upper`?"},
		{"unknown function", "{{ enb(name='A') }}", "a.clnrm.toml.tera:1:4", "template-function", "did you mean `env`?"},
		{"unknown macro", "{% import \"lib.tera\" as m %}{{ m::spam(name='x') }}", "a.clnrm.toml.tera:1:32", "template-function", "did you mean `span`?"},
		{"unknown tag", "x\n{% iff a %}", "a.clnrm.toml.tera:2:1", "template-syntax", "did you mean `if`?"},
		{"in a macro", "{% import \"lib.tera\" as m %}\n{{ m::span(name='x') }}", "lib.tera:3:12", "template-undefined", "did you mean `name`?"},
		{"unknown key", "{% set o = {\"alpha\": 1} %}{{ o.alhpa }}", "a.clnrm.toml.tera:1:30", "template-undefined", "did you mean `alpha`?"},
		{"unknown key of few", "{% set o = {\"a\": 1, \"b\": 2} %}{{ o.zebra }}", "a.clnrm.toml.tera:1:34", "template-undefined", "it has: a, b"},
		{"index beyond the end", "{% set l = [1] %}{% set i = 4 %}{{ l[i] }}", "a.clnrm.toml.tera:1:36", "template-undefined", "an array of 1, counted from 0"},
		{"step into a text", "{{ svc.x }}", "a.clnrm.toml.tera:1:4", "template-undefined", "`svc` is a string"},
		{"unknown namespace", "{% import \"lib.tera\" as mac %}{{ mcc::span(name='x') }}", "a.clnrm.toml.tera:1:34", "template-function", "did you mean `mac`?"},
		{"unknown test", "{{ svc is strng }}", "a.clnrm.toml.tera:1:11", "template-function", "did you mean `string`?"},
		{"shell's length in a string", "x = 'echo ${#A}'", "a.clnrm.toml.tera:1:17", "template-syntax", "{% raw %}"},
		{"in a TOML comment", "# see {{ vars.name }}", "a.clnrm.toml.tera:1:10", "template-undefined", "comments are rendered too"},
		{"syntax of an included file", "{% include 'bad.tera' %}", "bad.tera:2:4", "template-syntax", ""},
		{"missing include", "{% include 'nope' %}", "a.clnrm.toml.tera:1:1", "template-include", "looked for nope, templates/nope, .clnrm/templates/nope"},
		{"outside", "{% include '../x' %}", "a.clnrm.toml.tera:1:1", "template-include", ""},
		{"umlauts count once", "# äöü {{ nope_nope }}", "a.clnrm.toml.tera:1:10", "template-undefined", "define it"},
		{"throw", "{{ throw(message='stop here') }}", "a.clnrm.toml.tera:1:4", "template-throw", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := project(t, map[string]string{"lib.tera": lib, "bad.tera": "\n{{ }}"}, nil)
			d := fault(t, e, tt.src)
			if d.Pos.String() != tt.pos || d.Code != tt.code || !strings.Contains(d.Hint, tt.hint) {
				t.Errorf("got %s %s %q (hint %q)\nwant %s %s (hint %q)", d.Pos, d.Code, d.Message, d.Hint, tt.pos, tt.code, tt.hint)
			}
			if tt.name == "syntax of an included file" && (len(d.Via) != 1 || d.Via[0].What != "included" || d.Via[0].Pos.Line != 1) {
				t.Errorf("via %+v", d.Via)
			}
			if tt.name == "in a macro" && (len(d.Via) != 1 || d.Via[0].Pos.String() != "a.clnrm.toml.tera:2:4" || d.Via[0].What != "in macro m::span") {
				t.Errorf("via %+v", d.Via)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	e := project(t, map[string]string{"lib.tera": "{% macro m(x) %}\nkey = {{ x }} # end\n{% endmacro %}"}, nil)
	src := "{# c #}\n{% import \"lib.tera\" as l %}\n# äö {{ svc }} z\n{% if true %}\nin = 1\n{% endif -%}\n\n{{ l::m(x=5) }}\nlast"
	res := rendered(t, e, src)
	text := string(res.Text)
	for _, tt := range []struct{ find, pos, via string }{
		{"# äö", "a.clnrm.toml.tera:3:1", ""},
		{"clnrm z", "a.clnrm.toml.tera:3:9", ""},
		{" z", "a.clnrm.toml.tera:3:15", ""},
		{"in = 1", "a.clnrm.toml.tera:5:1", ""},
		{"key", "lib.tera:2:1", "in macro l::m a.clnrm.toml.tera:8:4"},
		{"5 #", "lib.tera:2:10", "in macro l::m a.clnrm.toml.tera:8:4"},
		{"end", "lib.tera:2:17", "in macro l::m a.clnrm.toml.tera:8:4"},
		{"last", "a.clnrm.toml.tera:9:1", ""},
	} {
		i := strings.Index(text, tt.find)
		if i < 0 {
			t.Fatalf("%q is not in %q", tt.find, text)
		}
		loc := res.Locate(i)
		via := ""
		for _, f := range loc.Via {
			via += f.What + " " + f.Pos.String()
		}
		if loc.Pos.String() != tt.pos || via != tt.via {
			t.Errorf("%q at %s via %q, want %s via %q", tt.find, loc.Pos, via, tt.pos, tt.via)
		}
	}
}

func TestPlainFileRendersToItself(t *testing.T) {
	e := project(t, nil, nil)
	res, err := e.Render(context.Background(), "x.clnrm.toml", []byte("\xef\xbb\xbfa = 1\nb = 2\n"))
	if err != nil || string(res.Text) != "a = 1\nb = 2\n" {
		t.Fatalf("%q %v", res.Text, err)
	}
	if p := res.Locate(6).Pos.String(); p != "x.clnrm.toml:2:1" {
		t.Errorf("located at %s", p)
	}
}

func TestLocateThroughInheritance(t *testing.T) {
	e := project(t, map[string]string{"base.tera": "top\n{% block b %}old{% endblock %}\nend"}, nil)
	res := rendered(t, e, "{% extends 'base.tera' %}\n{% block b %}new {{ super() }}{% endblock %}")
	text := string(res.Text)
	for find, want := range map[string]string{
		"top": "base.tera:1:1 < extended a.clnrm.toml.tera:1:1",
		"new": "a.clnrm.toml.tera:2:14 < block b base.tera:2:1 < extended a.clnrm.toml.tera:1:1",
		"old": "base.tera:2:14 < block b a.clnrm.toml.tera:2:18 < block b base.tera:2:1 < extended a.clnrm.toml.tera:1:1",
		"end": "base.tera:3:1 < extended a.clnrm.toml.tera:1:1",
	} {
		loc := res.Locate(strings.Index(text, find))
		got := loc.Pos.String()
		for _, f := range loc.Via {
			got += " < " + f.What + " " + f.Pos.String()
		}
		if got != want {
			t.Errorf("%s\n got  %s\n want %s", find, got, want)
		}
	}
}

func TestOnlyMarkupIsEscaped(t *testing.T) {
	e := project(t, nil, nil)
	for name, want := range map[string]string{"a.html": "&lt;&#x27;&gt; <'> <'>", "a.toml.tera": "<'> <'> <'>"} {
		res, err := e.Render(context.Background(), name, []byte(`{% set x = "<'>" %}{{ x }} {{ x | safe }} <'>`))
		if err != nil || string(res.Text) != want {
			t.Errorf("%s: %q %v, want %q", name, res.Text, err, want)
		}
	}
}
