package bind

import (
	"slices"
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
	text, steps := lower(u, 7)
	want := "{%tera 7%}[meta]\n{%tl%}{%tl%}\"\n{%ti%}x{%tn%}y{%te%}{%tf%}z{%tn%}-{%te%}{%tl%}{%endtera%}"
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var follow []int
	for _, s := range steps {
		follow = append(follow, s.follow)
	}
	if want := []int{0, 22, 31, 43, 56, 43, 84, 95, 108, 113}; !slices.Equal(follow, want) {
		t.Errorf("texts begin at %v, want %v", follow, want)
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
	for _, src := range []string{"{% tera 1 %}{% endtera %}", "{% tl %}", "{% ti %}{% te %}", "{% tera x %}"} {
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
