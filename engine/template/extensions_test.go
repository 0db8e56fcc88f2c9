package template

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExtensionsAreNamed: each use is found where it stands, and says how to do
// without it.
func TestExtensionsAreNamed(t *testing.T) {
	e := project(t, map[string]string{
		"m.tera":   "{% macro span(name, kind) %}{{ name if kind }}{% endmacro %}",
		"inc.tera": "{{ [[1]] }}",
	}, nil)
	for _, c := range []struct{ src, at, message, hint string }{
		{`{% import "m.tera" as m %}{{ m::span("a", kind="b") }}`, "1:38", "macro by position", `name="a"`},
		{`{{ svc | replace("a", to="b") }}`, "1:18", "filter `replace` by position", `from="a"`},
		{`{{ svc | default("a") }}`, "1:18", "filter `default` by position", `value="a"`},
		{`{{ env("A") }}`, "1:8", "function `env` by position", `name="A"`},
		{`{{ svc }}{% set x = {a: 1} %}`, "1:21", "object literal", ""},
		{`{{ [1, [2]] }}`, "1:8", "array in this place", ""},
		{`{% if [1] == [1] %}{% endif %}`, "1:7", "array in this place", ""},
		{`{{ none }}`, "1:4", "`none`", ""},
		{`{{ not (svc and env) }}`, "1:8", "parentheses", ""},
		{`{{ (svc | upper) | lower }}`, "1:4", "parentheses", ""},
		{`{{ (svc | length) > 1 }}`, "1:4", "parentheses", ""},
		{`{{ svc ~ (1 + 2) }}`, "1:10", "parentheses", ""},
		{`{{ env(name="A") | default(value="b") }}`, "1:20", "`default`", "default=…"},
		{`{{ "a" if svc else "b" }}`, "1:11", "inline `if`", "endif"},
		{`{% macro f() %}{% endmacro %}{{ f() }}`, "1:33", "`self::`", "self::f"},
		{`{% macro f(a=[]) %}{% endmacro %}`, "1:14", "parameter `a`", ""},
		{"# text\n{% import \"m.tera\" as m %}", "2:1", "import after", "top"},
		{`{{ vars[ "a" ] }}`, "1:4", "white space", `vars["a"]`},
		{`{{ true_value }}`, "1:4", "begins with `true`", ""},
		{`{{ "a" ~ self::f() }}{% macro f() %}{% endmacro %}`, "1:10", "beside `~`", ""},
	} {
		ds := e.Extensions("a.tera", []byte(c.src))
		if len(ds) == 0 {
			t.Errorf("%s: nothing found", c.src)
			continue
		}
		d := ds[0]
		if d.Code != CodeExtension || d.Pos.String() != "a.tera:"+c.at || !strings.Contains(d.Message, c.message) || !strings.Contains(d.Hint, c.hint) || d.Hint == "" {
			t.Errorf("%s: %s %s (%s), want %s %q %q", c.src, d.Code, d.Error(), d.Hint, c.at, c.message, c.hint)
		}
	}
	ds := e.Extensions("a.tera", []byte(`{% import "m.tera" as m %}{% include ["none.tera", "inc.tera"] %}`))
	if len(ds) != 2 || ds[0].Pos.File != "m.tera" || ds[1].Pos.File != "inc.tera" {
		t.Errorf("of other files: %v", ds)
	}
	for _, src := range []string{
		`{{ (1 + 2) * 3 }}{{ (svc) }}`, `{% if (svc or env) and image %}{% endif %}`, `{% set none = 1 %}{{ none }}`,
		`{{ [1, 2] | length }}{% for x in [1] %}{% endfor %}{{ 1 in [1, 2] }}`, `{{ env(name="A", default="b") }}`,
		`{% import "_macros.toml.tera" as m %}{{ m::span(name="x") }}`, "no template",
	} {
		if ds := e.Extensions("a.tera", []byte(src)); len(ds) > 0 {
			t.Errorf("%s: %v", src, ds)
		}
	}
}

// TestExtensionsAgainstTera: what the real Tera reads has no extension, and what
// it refuses to parse while we render it has one.
func TestExtensionsAgainstTera(t *testing.T) {
	files := caseFiles(t)
	if files == nil {
		t.Skip("CLNRM_TERA_CASES is not set")
	}
	e := New(Options{Root: t.TempDir(), Now: fixedNow, Home: t.TempDir()})
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		for _, c := range readCases(t, name) {
			uses := c.extensions(e)
			switch {
			case base == "deviations":
			case base == "extensions":
				if c.TeraResult.Stage == "parse" && len(uses) == 0 {
					t.Errorf("%s: nothing found in what Tera refuses: %v", c.Name, c.Templates)
				}
			case c.Expect != nil && len(uses) > 0:
				t.Errorf("%s: %v\n%v", c.Name, uses, c.Templates)
			}
		}
	}
}

// extensions names the uses in all templates of a case.
func (c *teraCase) extensions(e *Engine) []string {
	var out []string
	for name, src := range c.Templates {
		for _, d := range e.Extensions(name+".tera", []byte(src)) {
			out = append(out, d.Error())
		}
	}
	return out
}

// TestExtensionsOfTheCorpus walks every file without a fault.
func TestExtensionsOfTheCorpus(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	count, uses := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") && !strings.HasSuffix(path, ".tera") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		e := New(Options{Root: filepath.Dir(path), Now: fixedNow, Home: t.TempDir()})
		for _, d := range e.Extensions(filepath.Base(path), src) {
			if uses++; d.Pos.Line < 1 || d.Pos.Column < 1 || d.Line == "" {
				t.Errorf("%s: %+v", path, d)
			}
		}
		count++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d uses in %d files", uses, count)
}
