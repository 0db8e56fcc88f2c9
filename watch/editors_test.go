package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// editor is how a program replaces the content of a file. The pauses in some of
// them are part of what the program does, not a way to wait for the watcher.
type editor struct {
	name string
	save func(t testing.TB, path, text string)
}

func pause(d time.Duration) { <-time.After(d) }

// beside returns a path in the directory of path.
func beside(path, base string) string { return filepath.Join(filepath.Dir(path), base) }

func writeTo(t testing.TB, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func closeFile(t testing.TB, f *os.File) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func openFor(t testing.TB, path string, flags int) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var editors = []editor{
	{"shell redirection, nano", write},
	{"vim in place", func(t testing.TB, path, text string) {
		swap := beside(path, "."+filepath.Base(path)+".swp")
		write(t, swap, "swap")
		write(t, beside(path, "4913"), "")
		remove(t, beside(path, "4913"))
		write(t, path+"~", "backup")
		write(t, path, text)
		remove(t, path+"~")
		remove(t, swap)
	}},
	{"vim with rename to backup", func(t testing.TB, path, text string) {
		rename(t, path, path+"~")
		write(t, path, text)
		remove(t, path+"~")
	}},
	{"emacs", func(t testing.TB, path, text string) {
		base := filepath.Base(path)
		if err := os.Symlink("user@host.1:1", beside(path, ".#"+base)); err != nil {
			t.Fatal(err)
		}
		write(t, beside(path, "#"+base+"#"), "auto-save")
		rename(t, path, path+"~")
		write(t, path, text)
		remove(t, beside(path, "#"+base+"#"))
		remove(t, beside(path, ".#"+base))
	}},
	{"sed -i", func(t testing.TB, path, text string) {
		write(t, beside(path, "sedAb12Cd"), text)
		rename(t, beside(path, "sedAb12Cd"), path)
	}},
	{"JetBrains safe write", func(t testing.TB, path, text string) {
		write(t, path+"___jb_tmp___", text)
		rename(t, path, path+"___jb_old___")
		rename(t, path+"___jb_tmp___", path)
		remove(t, path+"___jb_old___")
	}},
	{"VS Code", func(t testing.TB, path, text string) {
		f := openFor(t, path, os.O_WRONLY|os.O_TRUNC)
		pause(5 * time.Millisecond)
		writeTo(t, f, text)
		closeFile(t, f)
	}},
	{"empty for 100 ms", func(t testing.TB, path, text string) {
		f := openFor(t, path, os.O_WRONLY|os.O_TRUNC)
		pause(100 * time.Millisecond)
		writeTo(t, f, text)
		closeFile(t, f)
	}},
	{"helix", func(t testing.TB, path, text string) {
		rename(t, path, path+".bck")
		write(t, path, text)
		remove(t, path+".bck")
	}},
	{"GNOME", func(t testing.TB, path, text string) {
		write(t, beside(path, ".goutputstream-X1Y2Z3"), text)
		rename(t, beside(path, ".goutputstream-X1Y2Z3"), path)
	}},
	{"removed and written anew after 150 ms", func(t testing.TB, path, text string) {
		remove(t, path)
		pause(150 * time.Millisecond)
		write(t, path, text)
	}},
	{"in five pieces, 20 ms apart", func(t testing.TB, path, text string) {
		f := openFor(t, path, os.O_WRONLY|os.O_TRUNC)
		for rest, n := text, (len(text)+4)/5; rest != ""; {
			n = min(n, len(rest))
			writeTo(t, f, rest[:n])
			rest = rest[n:]
			pause(20 * time.Millisecond)
		}
		closeFile(t, f)
	}},
}

// TestEverySaveIsOneChange is the promise to the user: whatever the editor does
// on disk, one save is one change with the final content, and never a removal
// or an empty file in between.
func TestEverySaveIsOneChange(t *testing.T) {
	for _, e := range editors {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]string{"tests/a.clnrm.toml": "old content", "tests/b.clnrm.toml": "b"})
			for i := range runs() {
				want := strings.Repeat("new content ", 50+i)
				e.save(t, b.path("tests/a.clnrm.toml"), want)
				if got := b.changes("tests/a.clnrm.toml"); len(got) != 1 || got[0] != "modified:"+want {
					t.Fatalf("run %d: %d changes %.200q", i, len(got), got)
				}
			}
			if s := b.w.Stats(); s.Missed != 0 {
				t.Errorf("%d changes were found by the sweep only", s.Missed)
			}
		})
	}
}

func TestEmptyingAFileIsReportedIntheEnd(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"a.clnrm.toml": "text"})
	write(t, b.path("a.clnrm.toml"), "")
	b.until(map[string]string{"a.clnrm.toml": ""})
	write(t, b.path("b.clnrm.toml"), "")
	b.until(map[string]string{"a.clnrm.toml": "", "b.clnrm.toml": ""})
}

func TestLitterIsNotReported(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, name := range []string{".#a.clnrm.toml", "a.clnrm.toml~", "#a.clnrm.toml#", "node_modules/a.clnrm.toml", ".clnrm/cache/a.clnrm.toml"} {
		write(t, b.path(name), "x")
	}
	b.settle()
	for _, c := range b.seen {
		if !strings.Contains(c.Path, "zz-marker") {
			t.Errorf("reported %s", c.Path)
		}
	}
}
