package bind

import (
	"strings"
	"sync"
	"testing"

	"github.com/flosch/pongo2/v6"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
)

func parse(t *testing.T, src string) *syntax.Unit {
	t.Helper()
	u, err := syntax.Parse(src, syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestLoweredForm(t *testing.T) {
	u := parse(t, "[meta]\n{# c #}name = \"{{ svc }}\"\n{% if a %}x{% elif b %}y{% endif %}{% for i in l %}z{% else %}-{% endfor %}end {")
	text, nodes := lower(u, 7)
	want := "{% tera 7 0 %}[meta]\n{% tera_leaf 0 22 %}{% tera_leaf 1 31 %}\"\n{% tera_if 2 43 %}x{% tera_next 56 %}y{% tera_end 43 %}" +
		"{% tera_for 3 84 %}z{% tera_next 95 %}-{% tera_end 108 %}{% tera_leaf 4 113 %}{% endtera %}"
	if text != want || len(nodes) != 5 {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestTextThatPongo2WouldMisreadIsALeaf(t *testing.T) {
	for text, want := range map[string]bool{
		"a { b } c": true, "{": false, "a\x01b": false, "{{": false, "x {% y": false, "{# z": false, "}}": true, "{ {": false,
	} {
		if plain(text) != want {
			t.Errorf("%q: plain is %v", text, !want)
		}
	}
	u := parse(t, "{% raw %}{{ x }}{% endif %}{# c #}{% endraw %}")
	if _, err := Compile(u); err != nil {
		t.Error(err)
	}
}

func TestCompileKeepsTheParts(t *testing.T) {
	u := parse(t, "{% macro a() %}1{% endmacro %}{% block b %}{% block c %}{% endblock %}{% endblock %}")
	code, err := Compile(u)
	if err != nil {
		t.Fatal(err)
	}
	if code.Root == nil || len(code.Macros) != 1 || len(code.Blocks) != 2 {
		t.Errorf("%+v", code)
	}
	byHandle.Range(func(k, _ any) bool { t.Errorf("handle %v is left", k); return true })
	byParser.Range(func(k, _ any) bool { t.Errorf("parser %v is left", k); return true })
}

func TestInternalTagsAreClosedToOthers(t *testing.T) {
	for _, src := range []string{"{% tera 1 0 %}{% endtera %}", "{% tera_leaf 0 0 %}", "{% tera_if 0 0 %}{% tera_end 0 %}", "{% tera x %}"} {
		if _, err := pongo2.FromString(src); err == nil {
			t.Errorf("%s compiled", src)
		}
	}
}

func TestCompileConcurrently(t *testing.T) {
	src := strings.Repeat("{% if a %}{{ b }}{% endif %}", 50)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			u, err := syntax.Parse(src, syntax.Options{})
			if err == nil {
				_, err = Compile(u)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
