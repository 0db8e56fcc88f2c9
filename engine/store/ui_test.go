package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatASurfaceKeepsComesBack(t *testing.T) {
	root := t.TempDir()
	s := Open(root, Limits{})
	if data, err := s.LoadUI(); data != nil || err != nil {
		t.Errorf("a new project has %q, %v", data, err)
	}
	for _, want := range []string{"first", "second"} {
		if err := s.SaveUI([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if data, err := s.LoadUI(); string(data) != want || err != nil {
			t.Errorf("%q, %v, want %q", data, err, want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, ".clnrm", ".gitignore")); string(text) != "*\n" {
		t.Errorf("the state is not kept out of the repository: %q, %v", text, err)
	}
}

func TestStateThatCannotBeKeptIsAnError(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, ".clnrm"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Open(root, Limits{}).SaveUI(nil); err == nil {
		t.Error("a file in the place of the folder is no error")
	}
}

func TestExportsAreWholeOrNotThere(t *testing.T) {
	s := Open(t.TempDir(), Limits{})
	ok := func(w io.Writer) error { _, err := io.WriteString(w, "text"); return err }
	file, err := s.Export("a.txt", ok)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := s.Export("a.txt", ok); err == nil {
		t.Error("an export replaces an older one")
	}
	if _, err := s.Export("b.txt", func(io.Writer) error { return errors.New("no") }); err == nil {
		t.Error("a write that fails is no error")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "b*")); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
