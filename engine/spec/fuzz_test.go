package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// FuzzDecode holds that Decode always answers, that every diagnostic stands
// within the text, and that it accepts exactly the documents that the TOML
// library accepts.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"shop.toml", "faults.txt", "complaints.txt"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(string(text), "\n## ") {
			f.Add([]byte(part))
		}
	}
	for _, text := range []string{"a.b.c = 1\n[a.b]\n", "[a]\nb.c = 1\n[a.b.d]\n", "[[a]]\n[a.b]\n[[a]]\n[a.b]\n", "a = [{b = {c.d = 1}}]\na.e = 1", "[a]\n[a.b]\n[a]\n",
		"[a.b.c]\n[a]\nb.d = 1\n", "[[a.b]]\n[a]\n", "a = []\n[[a]]\n", "\xef\xbb\xbfa = 1e400\nb = inf\nc = 1979-05-27 07:32:00", "a = '''\n'''\r\nb=\"\\u00e9\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, ds := Decode("f", text, PlainText("f", text))
		lines := strings.Count(string(text), "\n") + 1
		for _, d := range ds {
			if d.Pos.File != "f" || d.Pos.Line > lines || (d.Pos.Line == 0 && d.Code != "too-many-problems") {
				t.Fatalf("position %v of %d lines: %v", d.Pos, lines, d.Message)
			}
			if d.Pos.Column > utf8.RuneCountInString(d.Line)+1 || d.Pos.Column+d.Width > utf8.RuneCountInString(d.Line)+2 {
				t.Fatalf("column %d +%d of %q: %v", d.Pos.Column, d.Width, d.Line, d.Message)
			}
			if d.Fix != nil {
				if _, err := d.Fix.Apply(text); err != nil {
					t.Fatalf("the fix %q of %v does not apply: %v", d.Fix.Title, d.Pos, err)
				}
			}
			if d.Code == "" || d.Message == "" {
				t.Fatalf("empty diagnostic: %+v", d)
			}
		}
		if errs, _ := diag.Count(ds); file == nil && errs == 0 {
			t.Fatal("neither a file nor an error")
		}
		var m map[string]any
		err := toml.Unmarshal([]byte(strings.TrimPrefix(string(text), bom)), &m)
		if (err == nil) != (file != nil) && !tooDeep(ds) {
			t.Fatalf("the library says %v, Decode says %v", err, ds)
		}
	})
}

// tooDeep reports whether a bound of ours was met, which the library lacks.
func tooDeep(ds []diag.Diagnostic) bool {
	for _, d := range ds {
		if d.Code == "toml-too-deep" {
			return true
		}
	}
	return false
}
