package template

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// memory is a source of templates that all lie in one folder.
type memory map[string]string

func (m memory) find(_ *file, name string) (*file, []Dep, error) {
	src, ok := m[name]
	if !ok {
		return nil, []Dep{{Path: name}}, nil
	}
	h := sha256.Sum256([]byte(src))
	return &file{path: name, src: src, hash: h}, []Dep{{name, h, true}}, nil
}

// given is a fixed set of variables.
type given map[string]any

func (g given) Lookup(name string, keys []string, _ int) (any, bool) {
	v, ok := g[name]
	return follow(v, keys, ok)
}

func (g given) Names() []string { return value.Keys(g) }

// teraCase is one case of the shared conformance data.
type teraCase struct {
	Name       string            `json:"name"`
	Templates  map[string]string `json:"templates"`
	Main       string            `json:"main"`
	Context    map[string]any    `json:"context"`
	Env        map[string]string `json:"env"`
	Autoescape *bool             `json:"autoescape"`
	Mode       string            `json:"mode"`
	Expect     *string           `json:"expect"`
	Error      *struct {
		Stage string `json:"stage"`
		Line  int    `json:"line"`
		Col   int    `json:"col"`
	} `json:"error"`
	// TeraResult is what the real Tera does with an extension.
	TeraResult struct {
		Stage string `json:"stage"`
	} `json:"tera_result"`
}

// render renders the case with the functions of Tera only.
func (c *teraCase) render() (string, error) {
	e := newEngine(Options{
		Env:       func(n string) (string, bool) { v, ok := c.Env[n]; return v, ok },
		Now:       fixedNow,
		MaxOutput: 16 << 20, MaxLoops: 1_000_000,
	}, builtin.Tera())
	files := memory(c.Templates)
	r := newRender(context.Background(), e, files)
	var main *eval.Program
	// Tera reads all templates before it renders one.
	names := value.Keys(anyMap(c.Templates))
	sort.SliceStable(names, func(i, j int) bool { return names[i] == c.Main && names[j] != c.Main })
	for _, name := range names {
		f, _, _ := files.find(nil, name)
		p, err := r.linked(f)
		if err != nil {
			return "", r.diagnose(err)
		}
		if name == c.Main {
			main = p
		}
	}
	escape := escapes(c.Main)
	if c.Autoescape != nil {
		escape = *c.Autoescape
	}
	vars, _ := value.Normalise(c.Context).(map[string]any)
	s, err := eval.Run(r.ctx, eval.Config{Main: main, Loader: loader{r}, Table: e.table, Host: r.host, Vars: given(vars), Escape: escape, MaxLoops: e.opts.MaxLoops})
	if err != nil {
		return "", r.diagnose(err)
	}
	return string(s.Out.Buf), nil
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// caseFiles lists the files of the shared cases; none when they are not given.
func caseFiles(t testing.TB) []string {
	dir := os.Getenv("CLNRM_TERA_CASES")
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	return files
}

// readCases reads one file of cases; 1 and 1.0 stay different.
func readCases(t testing.TB, name string) []teraCase {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var cases []teraCase
	if err := dec.Decode(&cases); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cases
}

// sharedCases reads all cases.
func sharedCases(t testing.TB) []teraCase {
	var out []teraCase
	for _, name := range caseFiles(t) {
		out = append(out, readCases(t, name)...)
	}
	return out
}

// TestConformance renders the cases whose results the real Tera has produced.
func TestConformance(t *testing.T) {
	files := caseFiles(t)
	if files == nil {
		t.Skip("CLNRM_TERA_CASES is not set")
	}
	for _, name := range files {
		cases := readCases(t, name)
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			columns, columned := 0, 0
			for i := range cases {
				c := &cases[i]
				problem, col := c.check()
				if problem != "" {
					t.Errorf("%s: %s\n%s", c.Name, problem, c.Templates[c.Main])
				}
				if c.Error != nil && c.Error.Stage == "parse" && c.Error.Col > 0 {
					columned++
					columns += col
				}
			}
			t.Logf("%d cases; the column agrees in %d of %d parse errors", len(cases), columns, columned)
		})
	}
}

// laterByExtension are errors that Tera finds when it parses and we when we
// render, because an extension makes the text valid: identifiers may begin with
// `true`.
var laterByExtension = map[string]bool{"filters_date/032": true}

// check says what is wrong with the result of a case; col is 1 when the column
// of a parse error agrees too.
func (c *teraCase) check() (problem string, col int) {
	got, err := c.render()
	switch {
	case c.Expect != nil && err != nil:
		return fmt.Sprintf("error %v, expected %q", err, *c.Expect), 0
	case c.Expect != nil && got != *c.Expect:
		return fmt.Sprintf("got  %q\nwant %q", got, *c.Expect), 0
	case c.Error != nil && err == nil:
		return fmt.Sprintf("got %q, expected an error", got), 0
	case c.Error == nil:
		return "", 0
	}
	d := err.(*Error).Diagnostic()
	stage := "render"
	linking := d.Code == eval.CodeInclude && !strings.Contains(d.Line, "include") && !strings.Contains(d.Message, "included")
	if d.Code == CodeSyntax || linking {
		stage = "parse"
	}
	if stage != c.Error.Stage && !laterByExtension[c.Name] {
		return fmt.Sprintf("error at %s: %v, expected at %s", stage, err, c.Error.Stage), 0
	}
	if c.Error.Stage == "parse" && c.Error.Line > 0 && !laterByExtension[c.Name] && d.Pos.Line != c.Error.Line {
		return fmt.Sprintf("error in line %d: %v, expected in line %d", d.Pos.Line, err, c.Error.Line), 0
	}
	if d.Pos.Column == c.Error.Col {
		col = 1
	}
	return "", col
}
