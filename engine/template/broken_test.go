package template

import (
	"errors"
	"strings"
	"testing"
)

func TestAVariableThatIsNotTOMLIsReportedWhereItIsWritten(t *testing.T) {
	for _, tc := range []struct {
		name, src  string
		code       string
		line, col  int
		lineShown  string
		messageHas string
	}{
		{"a quote is missing", "[vars]\n  item = tea\"\n[x]\nv = \"{{ item }}\"", "toml-unquoted", 2, 10, "  item = tea\"", "quotes"},
		{"by way of vars", "[vars]\nitem = tea\n[x]\nv = \"{{ vars.item }}\"", "toml-unquoted", 2, 8, "item = tea", "quotes"},
		{"a list is open", "[vars]\nn = 1\nitems = [1, 2\n[x]\nv = \"{{ items[0] }}\"", "toml-unclosed-list", 3, 9, "items = [1, 2", ""},
		{"another one is broken", "[vars]\nother = tea\n[x]\nv = \"{{ item }}\"", "template-undefined", 4, 9, "v = \"{{ item }}\"", "item"},
		{"its value is a tag", "[vars]\nitem = {{ nothing }}\n[x]\nv = \"{{ item }}\"", "template-undefined", 2, 11, "item = {{ nothing }}", "nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := New(Options{Root: t.TempDir()}).Render(t.Context(), "a.clnrm.toml.tera", []byte(tc.src))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("err = %v", err)
			}
			d := e.Diagnostic()
			if d.Code != tc.code || d.Pos.Line != tc.line || d.Pos.Column != tc.col || d.Line != tc.lineShown || !strings.Contains(d.Message, tc.messageHas) {
				t.Errorf("%+v", d)
			}
		})
	}
}
