package engine

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

func TestReplaceKeepsWhatSomeoneElseWrote(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	if err := os.WriteFile(name, []byte("newer"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := replace(name, []byte("older"), []byte("fixed")); !errors.Is(err, errChanged) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "newer" {
		t.Errorf("%q, %v", text, err)
	}
	if err := replace(name, []byte("newer"), []byte("fixed")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "fixed" {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
	if err := replace(filepath.Join(dir, "none"), nil, nil); err == nil {
		t.Error("a file that is not there was replaced")
	}
}

func TestAChangeCountsOnlyIfItMends(t *testing.T) {
	complaint := diag.Diagnostic{Severity: diag.Error, Code: "unknown-key", Message: "m", Pos: diag.Position{File: "a", Line: 3, Column: 1}}
	broken := diag.Diagnostic{Severity: diag.Error, Code: "toml-syntax", Message: "s", Pos: diag.Position{File: "a", Line: 3, Column: 9}}
	uncovered := diag.Diagnostic{Severity: diag.Error, Code: "wrong-type", Message: "t", Pos: diag.Position{File: "a", Line: 3, Column: 5}}
	before := []diag.Diagnostic{complaint}
	for _, c := range []struct {
		name  string
		after []diag.Diagnostic
		want  bool
	}{
		{"all is well", nil, true},
		{"it uncovers another problem", []diag.Diagnostic{uncovered}, true},
		{"the complaint is still there", []diag.Diagnostic{complaint}, false},
		{"the text cannot be read any more", []diag.Diagnostic{broken}, false},
	} {
		if got := mended(before, c.after, &complaint); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
