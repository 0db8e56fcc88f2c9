package diff

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plain says that a text is the user's own, as it stands.
type plain struct {
	file string
	text string
}

func (p plain) Locate(offset int) (diag.Position, string, []diag.Frame) {
	before := p.text[:offset]
	line := 1 + strings.Count(before, "\n")
	return diag.Position{File: p.file, Line: line, Column: 1 + offset - (strings.LastIndexByte(before, '\n') + 1)}, "", nil
}

// decoded reads a test file of testdata.
func decoded(t testing.TB, name string) *Tree {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	f, ds := spec.Decode(name, text, plain{name, string(text)})
	for _, d := range ds {
		t.Error(d)
	}
	return FromFile(f)
}

func TestRenderings(t *testing.T) {
	for _, strategy := range Strategies {
		s, err := StrategyNamed(strategy)
		if err != nil {
			t.Fatal(err)
		}
		d := s.Diff(decoded(t, "old.clnrm.toml"), decoded(t, "new.clnrm.toml"))
		for name, write := range map[string]func(io.Writer) error{
			"tree":      func(w io.Writer) error { return WriteTree(w, d, TextOptions{}) },
			"color":     func(w io.Writer) error { return WriteTree(w, d, TextOptions{Color: true, OnlyChanges: true}) },
			"side":      func(w io.Writer) error { return WriteSideBySide(w, d, TextOptions{Width: 100}) },
			"side-only": func(w io.Writer) error { return WriteSideBySide(w, d, TextOptions{OnlyChanges: true}) },
			"json":      func(w io.Writer) error { return WriteJSON(w, d) },
			"markdown":  func(w io.Writer) error { return WriteMarkdown(w, d) },
			"github":    func(w io.Writer) error { return WriteGitHub(w, d) },
		} {
			t.Run(strategy+"/"+name, func(t *testing.T) { golden(t, strategy+"."+name, write) })
		}
	}
}

func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s is out of date (go test ./diff -update):\n%s", file, got.String())
	}
}

func TestNoDifference(t *testing.T) {
	tree := decoded(t, "old.clnrm.toml")
	d := Set{}.Diff(tree, tree)
	for name, want := range map[string]string{"tree": "No changes\n", "github": "", "markdown": "No changes.\n"} {
		var b bytes.Buffer
		var err error
		switch name {
		case "tree":
			err = WriteTree(&b, d, TextOptions{})
		case "github":
			err = WriteGitHub(&b, d)
		default:
			err = WriteMarkdown(&b, d)
		}
		if err != nil || !strings.HasSuffix(b.String(), want) {
			t.Errorf("%s: %v %q", name, err, b.String())
		}
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, d); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Schema  string
		Equal   bool
		Changes []any
	}
	if err := json.Unmarshal(b.Bytes(), &out); err != nil || out.Schema != "clnrm.diff/1" || !out.Equal || out.Changes == nil {
		t.Errorf("%v %+v", err, out)
	}
}

// What a file says must not draw on the terminal, break out of a table or start
// a workflow command of its own.
func TestHostileTextStaysInItsPlace(t *testing.T) {
	bad := "a\x1b[2J\n::error::x|y`z"
	f := &spec.File{Path: "f\n.toml", Expect: &spec.Expect{Status: &spec.StatusExpect{ByName: []spec.NamedStatus{{Name: bad, Status: "OK"}}}}}
	d := Set{}.Diff(FromFile(f), FromFile(&spec.File{Path: "g"}))
	for name, write := range map[string]func(io.Writer) error{
		"tree":     func(w io.Writer) error { return WriteTree(w, d, TextOptions{}) },
		"side":     func(w io.Writer) error { return WriteSideBySide(w, d, TextOptions{}) },
		"markdown": func(w io.Writer) error { return WriteMarkdown(w, d) },
		"github":   func(w io.Writer) error { return WriteGitHub(w, d) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "\x1b") || strings.Contains(b.String(), "\n::error") {
			t.Errorf("%s: %q", name, b.String())
		}
		if name == "markdown" && strings.Contains(b.String(), "x|y") {
			t.Errorf("%s: %q", name, b.String())
		}
	}
}
