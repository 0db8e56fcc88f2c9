package template

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestLimitsAreErrorsWithPositions(t *testing.T) {
	e := project(t, map[string]string{
		"self.tera": "x{% include 'self.tera' %}",
		"a.tera":    "{% extends 'b.tera' %}", "b.tera": "{% extends 'a.tera' %}", "me.tera": "{% extends 'me.tera' %}",
		"i.tera": "{% import 'j.tera' as j %}{% macro m() %}m{% endmacro %}", "j.tera": "{% import 'i.tera' as i %}",
	}, nil, func(o *Options) { o.MaxOutput, o.MaxLoops = 1000, 500 })
	tests := []struct{ name, src, code, pos, message string }{
		{"output", "\n{% for i in range(end=400) %}{{ i }}{% endfor %}", "template-limit", ":2:33", "larger than 1000 bytes"},
		{"text", "{% for i in range(end=400) %}0123456789{% endfor %}", "template-limit", ":1:30", "larger than 1000 bytes"},
		{"loops", "{% set l = range(end=30) %}{% for i in l %}{% for j in l %}{% endfor %}{% endfor %}", "template-limit", ":1:44", "more than 500"},
		{"range", "{{ range(end=4000000) | length }}", "template-function", ":1:4", "larger than"},
		{"growing string", "{% set a = 'xxxxxxxx' %}{% for i in range(end=99) %}{% set_global a = a ~ a %}{% endfor %}", "template-limit", ":1:71", "larger than 1000 bytes"},
		{"growing list", "{% set a = [1] %}{% for i in range(end=99) %}{% set_global a = [a, a] %}{% endfor %}{{ a }}", "template-limit", ":1:88", "larger than 1000 bytes"},
		{"deep value", "{% set a = [] %}{% for i in range(end=400) %}{% for j in range(end=1) %}{% set_global a = [[[[a]]]] %}{% endfor %}{% endfor %}{{ a }}", "template-limit", ":1:", ""},
		{"many large values", "{% set a = 'x' | indent(prefix='0123456789012345678901234567890123456789', first=true) %}{% set a = a ~ a ~ a ~ a %}{% set l = [] %}{% for i in range(end=400) %}{% set_global l = l | concat(with=a ~ i) %}{% endfor %}", "template-limit", ":1:", "take more than 8000"},
		{"macro calling itself", "{% macro r() %}{{ self::r() }}{% endmacro %}\n{{ self::r() }}", "template-limit", ":1:19", "nested more than 200 deep"},
		{"macros branching", "{% macro r() %}{{ self::r() | upper }}{{ self::r() }}{% endmacro %}{{ self::r() }}", "template-limit", ":1:19", ""},
		{"file including itself", "{% include 'self.tera' %}", "template-limit", "self.tera:1:2", "nested more than 200 deep"},
		{"files extending each other", "{% extends 'a.tera' %}", "template-include", "b.tera:1:1", "extend each other"},
		{"file extending itself", "{% extends 'me.tera' %}", "template-include", "me.tera:1:1", "extend each other"},
		{"nested expression", "{{ " + strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500) + " }}", "template-syntax", ":1:", "nested more than"},
		{"nested tags", strings.Repeat("{% if true %}", 500), "template-syntax", ":1:", "nested more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := fault(t, e, tt.src)
			if d.Code != tt.code || !strings.Contains(d.Pos.String(), tt.pos) || !strings.Contains(d.Message, tt.message) {
				t.Errorf("got %s at %s: %s", d.Code, d.Pos, d.Message)
			}
		})
	}
	if got := string(rendered(t, e, "{% import 'i.tera' as i %}{{ i::m() }}").Text); got != "m" {
		t.Errorf("files importing each other: %q", got)
	}
}

// TestVariablesThatReferToOneAnother must end soon, whatever they refer to.
func TestVariablesThatReferToOneAnother(t *testing.T) {
	e := project(t, nil, nil)
	chain, web := "[vars]\n", "[vars]\n"
	for i := range 3000 {
		chain += fmt.Sprintf("v%d = \"{{ v%d }}\"\n", i, i+1)
	}
	for i := range 16 {
		web += fmt.Sprintf("w%d = \"{{ w%d | default(value='') }}{{ w%d | default(value='') }}{{ w%d | default(value='') }}\"\n", i, (i+1)%16, (i+5)%16, (i+7)%16)
	}
	if d := fault(t, e, chain); d.Code != "template-undefined" {
		t.Errorf("%+v", d)
	}
	rendered(t, e, web)
	long := "[vars]\n"
	for i := range 20 {
		long += fmt.Sprintf("v%d = \"{{ v%d }}\"\n", i, i+1)
	}
	if res := rendered(t, e, long+"v20 = 'end'\n# {{ v0 }}"); !strings.HasSuffix(string(res.Text), "# end") {
		t.Errorf("%s", res.Text)
	}
}

func TestFilesOutsideTheProjectAreRefused(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, map[string]string{"secret.tera": "secret"})
	e := project(t, map[string]string{"sub/inc.tera": "{% include '../in.tera' %}", "in.tera": "in", "templates/t.tera": "t"}, nil)
	root := e.opts.Root
	for link, target := range map[string]string{
		"link.tera": filepath.Join(outside, "secret.tera"), "dir": outside, "ok.tera": "in.tera", "loop.tera": "loop.tera",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"../x.tera", "sub/../../x.tera", filepath.Join(outside, "secret.tera"), "link.tera", "dir/secret.tera", "/etc/hostname", "loop.tera", "dir", "a\x00b", ""} {
		d := fault(t, e, fmt.Sprintf("{%% include '%s' %%}", name))
		if d.Code != "template-include" {
			t.Errorf("%q: %+v", name, d)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "huge.tera"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(root, "huge.tera"), maxFile+1); err != nil {
		t.Fatal(err)
	}
	if d := fault(t, e, "{% include 'huge.tera' %}"); !strings.Contains(d.Message, "larger than 16 MB") {
		t.Errorf("%+v", d)
	}
	for name, want := range map[string]string{"ok.tera": "in", "sub/inc.tera": "in", "t.tera": "t", filepath.Join(root, "in.tera"): "in"} {
		if got := string(rendered(t, e, "{% include '"+name+"' %}").Text); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestUserFolderIsSearchedLast(t *testing.T) {
	home := t.TempDir()
	write(t, home, map[string]string{".clnrm/templates/u.tera": "user {% include 'v.tera' %}", ".clnrm/templates/v.tera": "v", ".clnrm/templates/in.tera": "no"})
	e := project(t, map[string]string{"in.tera": "project"}, nil, func(o *Options) { o.Home = home })
	res := rendered(t, e, "{% include 'u.tera' %} {% include 'in.tera' %}")
	if string(res.Text) != "user v project" {
		t.Errorf("%q", res.Text)
	}
	found := false
	for _, d := range res.Deps {
		found = found || d.Exists && d.Path == filepath.ToSlash(filepath.Join(home, ".clnrm/templates/v.tera"))
	}
	if !found {
		t.Errorf("%+v", res.Deps)
	}
}

func TestFailureStillTellsTheClosure(t *testing.T) {
	e := project(t, map[string]string{"inc.tera": "{{ nope }}"}, nil)
	res, err := e.Render(context.Background(), "a.tera", []byte("{{ env(name='A', default='') }}{% include 'inc.tera' %}"))
	var x *Error
	if !errors.As(err, &x) || x.Diagnostic().Pos.File != "inc.tera" {
		t.Fatal(err)
	}
	if res == nil || len(res.Deps) != 1 || res.Deps[0].Path != "inc.tera" || len(res.Env) != 1 {
		t.Errorf("%+v", res)
	}
}

func TestCancelledRenderStops(t *testing.T) {
	e := project(t, nil, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := e.Render(ctx, "a.tera", []byte("{% for i in range(end=9999) %}{% for j in range(end=999) %}{% endfor %}{% endfor %}"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDeterminismOfTheFile(t *testing.T) {
	e := project(t, nil, nil)
	src := "{{ now_rfc3339() }} {{ uuid_v4() }} {{ uuid_v4() }} {{ fake_name() }} {{ ulid() }} {{ pick(list=[1,2,3,4,5,6,7,8]) }} {{ now_unix() }}"
	fixed := "[determinism]\nseed = 42\nfreeze_clock = \"{{ freeze_clock }}\"\n"
	a, b := rendered(t, e, fixed+src), rendered(t, e, fixed+src)
	if string(a.Text) != string(b.Text) || a.Volatile {
		t.Errorf("volatile %v\n%s\n%s", a.Volatile, a.Text, b.Text)
	}
	if !strings.Contains(string(a.Text), "2025-01-01T00:00:00Z") || !strings.HasSuffix(string(a.Text), "1735689600") {
		t.Errorf("the clock is not frozen: %s", a.Text)
	}
	f := strings.Fields(string(a.Text))
	if f[len(f)-7] == f[len(f)-6] && strings.Count(f[len(f)-7], "-") == 4 {
		t.Errorf("two calls gave the same value: %s", a.Text)
	}
	c, d := rendered(t, e, src), rendered(t, e, src)
	if string(c.Text) == string(d.Text) || !c.Volatile {
		t.Errorf("volatile %v\n%s", c.Volatile, c.Text)
	}
	if s := rendered(t, e, "{{ uuid_v4(seed=7) }}"); s.Volatile {
		t.Error("a seeded call is volatile")
	}
}

func TestVariableOrigins(t *testing.T) {
	e := project(t, nil, map[string]string{"ENV": "prod", "REGION": "eu"}, func(o *Options) { o.Overrides = map[string]any{"o": 1} })
	res := rendered(t, e, "# x\n[vars]\nsvc = 'a'\n[vars.db]\nport = 5\n# {{ REGION }}")
	got := map[string]string{}
	for _, v := range res.Vars() {
		got[v.Name] = fmt.Sprint(v.Value, " ", v.Origin)
	}
	for name, want := range map[string]string{
		"o": "1 --var", "svc": "a [vars] line 3", "db": "map[port:5] [vars] line 5", "env": "prod environment ENV",
		"REGION": "eu environment REGION", "exporter": "otlp default",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(res.Env) != 1 || res.Env[0].Name != "REGION" {
		t.Errorf("listing variables counted as reading them: %+v", res.Env)
	}
}

func TestEngineIsSafeForConcurrentUse(t *testing.T) {
	e := project(t, map[string]string{"lib.tera": "{% macro m(x) %}<{{ x }}>{% endmacro %}", "inc.tera": "{{ name }}"}, nil)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				src := fmt.Sprintf("{%% import 'lib.tera' as l %%}{%% set name = '%d' %%}{{ l::m(name) }}{%% include 'inc.tera' %%}{# %d #}", g, i%5)
				res, err := e.Render(context.Background(), "a.tera", []byte(src))
				if want := fmt.Sprintf("<%d>%d", g, g); err != nil || string(res.Text) != want {
					t.Errorf("%v %q, want %q", err, res.Text, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestIsTemplate(t *testing.T) {
	for _, tt := range []struct {
		path, src string
		want      bool
	}{
		{"a.tera", "", true}, {"a.toml", "x = 1", false}, {"a.toml", "x = { y = 1 }", false},
		{"a.toml", "{", false}, {"a.toml", "{{", true}, {"a.toml", "a {%", true}, {"a.toml", "{{# }", true}, {"a.toml", "{ {# ", true},
	} {
		if got := isTemplate(tt.path, []byte(tt.src)); got != tt.want {
			t.Errorf("%s %q: %v", tt.path, tt.src, got)
		}
	}
}
