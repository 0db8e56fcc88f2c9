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
	want := "{%tera 7%}{%tl%}{%tl%}{%ti%}{%tn%}{%te%}{%tf%}{%tn%}{%te%}{%endtera%}"
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var texts []string
	for _, s := range steps {
		if s.text == nil {
			texts = append(texts, "")
		} else {
			texts = append(texts, s.text.Val)
		}
	}
	if want := []string{"[meta]\n", "", "\"\n", "x", "y", "", "z", "-", "end {"}; !slices.Equal(texts, want) {
		t.Errorf("texts are %q, want %q", texts, want)
	}
}

// Text never reaches pongo2, which would take some of it for its own tags, end
// at a U+0001, and stop at a brace.
func TestTextDoesNotReachPongo2(t *testing.T) {
	for _, src := range []string{"{% raw %}{{ x }}{% endif %}{# c #}{% endraw %}", "{", "a\x01b", "{% raw %}{% tl %}{% endraw %}{"} {
		u := parse(t, src)
		if text, _ := lower(u, 1); strings.ContainsAny(strings.NewReplacer("{%", "", "%}", "").Replace(text), "{}x\x01") {
			t.Errorf("%q is lowered to %q", src, text)
		}
		if _, err := Compile(u); err != nil {
			t.Errorf("%q: %v", src, err)
		}
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
