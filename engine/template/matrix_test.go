package template

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func cellsOf(t *testing.T, src string, only map[string]string) ([]string, error) {
	t.Helper()
	e := New(Options{Root: t.TempDir(), Env: func(string) (string, bool) { return "", false }})
	cells, err := e.Cells(t.Context(), "m.clnrm.toml.tera", []byte(src), only)
	var out []string
	for _, c := range cells {
		r, err := e.RenderCell(t.Context(), "m.clnrm.toml.tera", []byte(src), c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c.Label+string(r.Text[strings.LastIndexByte(string(r.Text), '\n')+1:]))
	}
	return out, err
}

func TestMatrixIsTheCrossProduct(t *testing.T) {
	tests := []struct {
		name, src string
		only      map[string]string
		want      string
	}{
		{"none", "a = {{ 1 }}", nil, "a = 1"},
		{"sorted keys, the last fastest", "[matrix]\nos = [\"a\", \"b\"]\ndb = [\"x\", \"y\"]\n[meta]\nname = \"{{ matrix.db }}/{{ matrix.os }}\"", nil,
			`[db=x,os=a]name = "x/a" [db=x,os=b]name = "x/b" [db=y,os=a]name = "y/a" [db=y,os=b]name = "y/b"`},
		{"inline", "matrix = { n = [1, 2] }\nv = {{ matrix.n + 1 }}", nil, "[n=1]v = 2 [n=2]v = 3"},
		{"tables", "[matrix]\ndb = [{ name = \"pg\", port = 1 }, { name = \"my\", port = 2 }]\n[x]\nv = {{ matrix.db.port }}", nil, "[db=pg]v = 1 [db=my]v = 2"},
		{"an array of tables", "[[matrix.db]]\nname = \"pg\"\nport = 1\n[matrix.db.opts]\nn = 7\n[[matrix.db]]\nname = \"my\"\nport = 2\n[x]\nv = {{ matrix.db.port }}{{ matrix.db.opts.n | default(value=0) }}", nil, "[db=pg]v = 17 [db=my]v = 20"},
		{"filtered by the name of a table", "[[matrix.db]]\nname = \"pg\"\n[[matrix.db]]\nname = \"my\"\n[x]\nv = 1{# matrix #}", map[string]string{"db": "my"}, "[db=my]v = 1"},
		{"filtered", "[matrix]\nos = [\"a\", \"b\"]\n[x]\nv = \"{{ matrix.os }}\"", map[string]string{"os": "b", "other": "z"}, `[os=b]v = "b"`},
		{"a text that loops itself is one", "[matrix]\nos = [\"a\"]\n{% for o in matrix.os %}x{% endfor %}", nil, "x"},
		{"tables of templates are no matrix", "[template.matrix]\nos = [\"a\"]\n[x]\nv = 1\n", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := cellsOf(t, tt.src, tt.only)
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, %v\nwant %q", strings.Join(got, " "), err, tt.want)
			}
		})
	}
}

func TestMatrixFaultsPointAtTheirKey(t *testing.T) {
	var many strings.Builder
	for i := range 17 {
		fmt.Fprintf(&many, "%q,", fmt.Sprint(i))
	}
	tests := []struct {
		name, src string
		only      map[string]string
		code      string
		line      int
	}{
		{"no list", "[matrix]\nos = [\"a\"]\ndb = \"x\"\n", nil, "template-matrix", 3},
		{"empty list", "[meta]\n[matrix]\nos = []\n", nil, "template-matrix", 3},
		{"too many", "[matrix]\na = [" + many.String() + "]\nb = [" + many.String() + "]\n", nil, "template-limit", 3},
		{"none left", "[matrix]\nos = [\"a\"]\n", map[string]string{"os": "z"}, "template-matrix", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := cellsOf(t, tt.src, tt.only)
			var te *Error
			if !errors.As(err, &te) || te.Diagnostic().Code != tt.code || te.Diagnostic().Pos.Line != tt.line {
				t.Errorf("err = %v, want %s at line %d", err, tt.code, tt.line)
			}
		})
	}
}
