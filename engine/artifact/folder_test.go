package artifact

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var at = Manifest{File: "tests/shop.clnrm.toml", Scenario: "re fund", RunID: "r"}

func begin(t *testing.T, base string) *Folder {
	t.Helper()
	f, err := Create(base, at)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f *Folder, name, origin, text string) {
	t.Helper()
	w, err := f.Open(name, origin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, f *Folder) (string, Manifest) {
	t.Helper()
	dir, m, err := f.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// TestAFolderIsReadAsItWasWritten reads a folder back, and none that was changed
// since.
func TestAFolderIsReadAsItWasWritten(t *testing.T) {
	base := t.TempDir()
	if s, err := Find(base, at.File, at.Scenario); s != nil || err != nil {
		t.Fatalf("before there is one: %v, %v", s, err)
	}
	f := begin(t, base)
	put(t, f, "spans.json", "", "{}\n")
	put(t, f, "files/app/a.txt", "app:/a.txt", "text")
	dir, _ := commit(t, f)
	s, err := Find(base, at.File, at.Scenario)
	if err != nil || s.Dir != dir || s.Manifest.RunID != at.RunID {
		t.Fatalf("%+v, %v", s, err)
	}
	for name, want := range map[string]string{"spans.json": "{}\n", "files/app/a.txt": "text", "stdout.log": ""} {
		if got, err := s.Read(name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "spans.json"), []byte("[]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read("spans.json"); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("a changed file: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "files", "app", "a.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read("files/app/a.txt"); err == nil {
		t.Error("a file that is gone is read")
	}
	for _, broken := range []string{"{", `{"schema":"clnrm.artifacts/0"}`} {
		if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := Find(base, at.File, at.Scenario); s != nil || err == nil {
			t.Errorf("%s: %v, %v", broken, s, err)
		}
	}
}

// TestAFileThatWasCutIsNotRead has more to write than there is room for.
func TestAFileThatWasCutIsNotRead(t *testing.T) {
	base := t.TempDir()
	f := begin(t, base)
	f.left = 3
	put(t, f, "spans.json", "", "{}\n{}\n")
	commit(t, f)
	s, err := Find(base, at.File, at.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read("spans.json"); err == nil || !strings.Contains(err.Error(), "not whole") {
		t.Errorf("a part of a file is read: %v", err)
	}
}

func TestFolderHoldsWhatItsManifestSays(t *testing.T) {
	base := t.TempDir()
	f := begin(t, base)
	put(t, f, "stdout.log", "", "hello\n")
	put(t, f, "files/app/out/a.txt", "app:/out/a.txt", "")
	f.Miss("files:/out/b.txt: there is no such file")
	dir, m := commit(t, f)
	if dir != Path(base, at.File, at.Scenario) {
		t.Errorf("the folder is %s", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got Manifest
	if err := json.Unmarshal(text, &got); err != nil || fmt.Sprint(got) != fmt.Sprint(m) {
		t.Errorf("%v %v\nwant %v", got, err, m)
	}
	if len(m.Files) != 2 || m.Files[1].SHA256 != "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" || m.Files[1].Bytes != 6 || len(m.Missing) != 1 {
		t.Errorf("%+v", m)
	}
}

func TestFolderTakesThePlaceOfTheOneBefore(t *testing.T) {
	base := t.TempDir()
	f := begin(t, base)
	put(t, f, "old", "", "x")
	dir, _ := commit(t, f)

	half := begin(t, base)
	put(t, half, "half", "", "x")
	if err := half.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "old")); err != nil {
		t.Errorf("the old folder is gone although nothing took its place: %v", err)
	}
	f = begin(t, base)
	put(t, f, "new", "", "x")
	commit(t, f)
	if _, err := os.Stat(filepath.Join(dir, "old")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file of the folder before: %v", err)
	}
	if list, _ := os.ReadDir(filepath.Dir(dir)); len(list) != 1 {
		t.Errorf("left beside it: %v", list)
	}
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	base := t.TempDir()
	f := begin(t, base)
	names := []string{
		"../../../escape", "/etc/passwd", "a/../../b", "..", ".", "", "a//b", "a\x00b", "line\nbreak", "bad\xffutf8",
		`c:\windows`, strings.Repeat("long", 500), "manifest.json", "same", "same", "dir/%2e%2e/x", "files/files",
	}
	for _, n := range names {
		put(t, f, n, "", n)
	}
	dir, m := commit(t, f)
	if len(m.Files) != len(names) {
		t.Errorf("%d files of %d", len(m.Files), len(names))
	}
	seen := 0
	if err := filepath.Walk(base, func(name string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			if rel, rerr := filepath.Rel(dir, name); rerr != nil || !filepath.IsLocal(rel) {
				t.Errorf("%s is outside", name)
			}
			seen++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if seen != len(names)+1 {
		t.Errorf("%d files on disk", seen)
	}
}

func TestASymbolicLinkInTheFolderIsNotFollowed(t *testing.T) {
	base, outside := t.TempDir(), t.TempDir()
	f := begin(t, base)
	if err := os.Symlink(outside, filepath.Join(f.dir, "files")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open("files/x", ""); err == nil {
		t.Error("a file was written through the link")
	}
	if list, _ := os.ReadDir(outside); len(list) != 0 {
		t.Errorf("outside: %v", list)
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
}

func TestFolderIsBounded(t *testing.T) {
	f := begin(t, t.TempDir())
	f.left = 5
	put(t, f, "a", "", "abc")
	put(t, f, "b", "", "defg")
	for i := range MaxFiles - 2 {
		put(t, f, fmt.Sprint("n", i), "", "")
	}
	if _, err := f.Open("one too many", ""); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	_, m := commit(t, f)
	if m.Files[1].Bytes != 2 || !m.Files[1].Cut || len(m.Missing) != 1 || m.Files[0].Cut {
		t.Errorf("%+v %v", m.Files[:2], m.Missing)
	}
}

func TestWhatADeadProcessLeftIsRemoved(t *testing.T) {
	base := t.TempDir()
	dead, alive := begin(t, base), begin(t, base)
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(dead.dir, long, long); err != nil {
		t.Fatal(err)
	}
	commit(t, begin(t, base))
	if _, err := os.Stat(dead.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if _, err := os.Stat(alive.dir); err != nil {
		t.Errorf("the folder of a process that works on it: %v", err)
	}
	for _, f := range []*Folder{dead, alive} {
		if err := f.Discard(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"../x", "a/b", "/", "\x00", "%41", "a\\..\\b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := local(name)
		if !filepath.IsLocal(filepath.FromSlash(got)) || strings.ContainsAny(got, "\x00\n\\") {
			t.Errorf("%q became %q", name, got)
		}
		if s := slug(name); s == "" || strings.ContainsAny(s, "/\\\x00") || s == "." || s == ".." {
			t.Errorf("slug of %q is %q", name, s)
		}
	})
}
