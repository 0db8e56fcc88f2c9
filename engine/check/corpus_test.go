package check

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// TestCorpus decodes and checks every plain TOML file of a corpus of test files
// from outside of the project, and compares the outcome of each, its verdict
// with the place and code of every error, with testdata/corpus.golden. Files
// that hold template tags are left to the template engine's own test.
func TestCorpus(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	var out bytes.Buffer
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".toml") || strings.HasSuffix(path, "cleanroom.toml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("{%")) || bytes.Contains(text, []byte("{#")) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintln(&out, outcome(rel, text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "corpus.golden")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]bool{}
	for line := range strings.Lines(string(want)) {
		expected[line] = true
	}
	for line := range strings.Lines(out.String()) {
		if !expected[line] {
			t.Errorf("now:  %s", line)
		}
		delete(expected, line)
	}
	for line := range expected {
		t.Errorf("once: %s", line)
	}
}

// outcome is one line: path, verdict, number of warnings, and the errors.
func outcome(path string, text []byte) string {
	f, ds := spec.Decode(path, text, spec.PlainText(path, text))
	if f != nil {
		ds = append(ds, Rules(f)...)
	}
	diag.Sort(ds)
	errs, warnings := diag.Count(ds)
	verdict := "ok"
	switch {
	case errs > 0:
		verdict = "error"
	case warnings > 0:
		verdict = fmt.Sprintf("warnings %d", warnings)
	}
	var places []string
	for _, d := range ds {
		if d.Severity == diag.Error {
			places = append(places, fmt.Sprintf("%d:%d %s", d.Pos.Line, d.Pos.Column, d.Code))
		}
	}
	return path + ": " + verdict + strings.TrimRight(" "+strings.Join(places, ", "), " ")
}
