package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/template"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
)

// Every template of docs/templates.md renders to the text that stands behind it.
func TestTemplatesInDocumentsRender(t *testing.T) {
	text, err := os.ReadFile("docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```tera\n(.*?)```\n\n```text\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "```tera\n"); n == 0 || n != len(blocks) {
		t.Fatalf("%d templates, %d of them with their text", n, len(blocks))
	}
	e := template.New(template.Options{
		Root: t.TempDir(), Home: t.TempDir(), Now: func() time.Time { return time.Unix(0, 0) },
		Env: func(string) (string, bool) { return "", false },
	})
	for _, b := range blocks {
		res, err := e.Render(t.Context(), "docs.tera", []byte(b[1]))
		if err != nil {
			t.Errorf("%v\n%s", err, b[1])
			continue
		}
		if got := strings.TrimSpace(string(res.Text)); got != strings.TrimSpace(b[2]) {
			t.Errorf("%s\nrenders to\n%s\nnot to\n%s", b[1], got, b[2])
		}
	}
}

// The page names every filter, test and function, and nothing of that kind that
// does not exist.
func TestTemplatesPageIsComplete(t *testing.T) {
	data, err := os.ReadFile("docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	table := builtin.Clnrm()
	known := map[string]map[string]bool{
		"Filters": {}, "Functions": {}, "Tests": {"defined": true, "undefined": true},
	}
	for name := range table.Filters {
		known["Filters"][name] = true
	}
	for name := range table.Functions {
		known["Functions"][name] = true
	}
	for name := range table.Tests {
		known["Tests"][name] = true
	}
	for title, names := range known {
		_, section, _ := strings.Cut(string(data), "\n## "+title+"\n")
		section, _, _ = strings.Cut(section, "\n```")
		told := map[string]bool{}
		for _, m := range regexp.MustCompile("`([a-z_0-9]+)[`(]").FindAllStringSubmatch(section, -1) {
			told[m[1]] = true
			if !names[m[1]] && m[1] != "seed" {
				t.Errorf("%s: there is no %s", title, m[1])
			}
		}
		for name := range names {
			if !told[name] {
				t.Errorf("%s: %s is missing", title, name)
			}
		}
	}
}
