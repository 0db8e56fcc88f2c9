package template

import (
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

func TestRepeatedTablesMerge(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{
			"arrays are joined",
			"[expect.graph]\nmust_include = [[\"a\", \"b\"]]\nacyclic = true\n\n[meta]\nx = 1\n[expect.graph]\nmust_include = [[\"b\", \"c\"]]\n",
			"[expect.graph]\nmust_include = [[\"a\", \"b\"], [\"b\", \"c\"]]\nacyclic = true\n\n[meta]\nx = 1\n",
		},
		{
			"new keys move",
			"[expect.counts]\nby_kind.a = { gte = 1 }\n[x]\n[expect.counts]\nby_kind.b = { gte = 2 } # why\n[y]\n",
			"[expect.counts]\nby_kind.a = { gte = 1 }\nby_kind.b = { gte = 2 } # why\n[x]\n[y]\n",
		},
		{
			"three tables, trailing comma, comments",
			"[expect.order]\nmust_precede = [\n  [\"a\", \"b\"], # first\n]\n[expect.order]\nmust_precede = [ [\"c\", \"d\"] ]\n[expect.order]\nmust_precede = [\n[\"e\", \"f\"],\n]\n[expect.order]\nmust_precede = [[\"g\", \"h\"]]\n",
			"[expect.order]\nmust_precede = [\n  [\"a\", \"b\"], # first\n\n[\"c\", \"d\"],  [\"e\", \"f\"],\n [\"g\", \"h\"]]\n",
		},
		{
			"inline tables are joined",
			"[expect.counts]\nspans_total = { gte = 1 }\n[expect.counts]\nspans_total = { lte = 9 }\n",
			"[expect.counts]\nspans_total = { gte = 1,  lte = 9 }\n",
		},
		{
			"empty arrays",
			"[expect.graph]\nmust_include = []\n[expect.graph]\nmust_include = [[\"a\", \"b\"]]\n[expect.graph]\nmust_include = []\n",
			"[expect.graph]\nmust_include = [ [\"a\", \"b\"]]\n",
		},
		{
			"equal values are kept once; no line break at the end",
			"[expect.graph]\nacyclic = true\n[expect.graph]\nacyclic = true\nmust_include = [[\"a\", \"b\"]]",
			"[expect.graph]\nacyclic = true\nmust_include = [[\"a\", \"b\"]]\n",
		},
		{
			"a moved key is joined in its turn",
			"[expect.graph]\nacyclic = true\n[expect.graph]\nmust_include = [[\"a\", \"b\"]]\n[expect.graph]\nmust_include = [[\"c\", \"d\"]]\n",
			"[expect.graph]\nacyclic = true\nmust_include = [[\"a\", \"b\"], [\"c\", \"d\"]]\n",
		},
	}
	e := project(t, nil, nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := rendered(t, e, tt.src)
			if string(res.Text) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", res.Text, tt.want)
			}
			var doc map[string]any
			if err := toml.Unmarshal(res.Text, &doc); err != nil {
				t.Errorf("no TOML: %v", err)
			}
			// Every character that comes from the source is still mapped to it.
			for i, c := range string(res.Text) {
				if loc := res.Locate(i); !loc.Value && c != '\n' {
					if got := []rune(loc.Line)[loc.Pos.Column-1]; got != c {
						t.Fatalf("%q at %d is mapped to %s, where there is %q", c, i, loc.Pos, got)
					}
				}
			}
		})
	}
}

func TestMergedMacrosKeepTheirPositions(t *testing.T) {
	e := project(t, nil, nil)
	src := "{% import \"macros\" as m %}\n{{ m::graph_relationship(\"a\", \"b\") }}\n\n{{ m::graph_relationship(\"c\", \"d\") }}\n"
	res := rendered(t, e, src)
	i := strings.Index(string(res.Text), `"c"`)
	loc := res.Locate(i)
	if len(loc.Via) != 1 || loc.Via[0].Pos.Line != 4 {
		t.Errorf("the second call is mapped to %+v in\n%s", loc, res.Text)
	}
}

func TestContradictionIsAnError(t *testing.T) {
	e := project(t, nil, nil)
	d := fault(t, e, "[expect.graph]\nacyclic = true\n[expect.graph]\n  acyclic = false\n")
	if d.Code != CodeMerge || d.Pos.Line != 4 || d.Pos.Column != 3 || !strings.Contains(d.Hint, ":2") {
		t.Errorf("%+v", d)
	}
}
