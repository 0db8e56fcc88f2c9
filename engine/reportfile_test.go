package engine

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// word is a report of one word.
type word string

func (w word) Write(to io.Writer, _ *report.Run) error {
	_, err := io.WriteString(to, string(w))
	return err
}

func TestReportIsWrittenToWhatThePathIs(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }

	t.Run("a link stays and its target is replaced, or made", func(t *testing.T) {
		for _, target := range []string{"there", "not yet"} {
			link := in("link to " + target)
			if target == "there" {
				if err := os.WriteFile(in(target), []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			if err := WriteReport(link, word("new"), nil); err != nil {
				t.Fatal(err)
			}
			if to, err := os.Readlink(link); to != target {
				t.Errorf("%s: the link is now %q, %v", target, to, err)
			}
			if got, err := os.ReadFile(in(target)); string(got) != "new" {
				t.Errorf("%s: %q, %v", target, got, err)
			}
		}
	})
	t.Run("links in a circle", func(t *testing.T) {
		if err := os.Symlink("circle", in("circle")); err != nil {
			t.Fatal(err)
		}
		if err := WriteReport(in("circle"), word("new"), nil); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a pipe", func(t *testing.T) {
		if err := syscall.Mkfifo(in("pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
		// Open for both, so that nobody waits for the other end.
		r, err := os.OpenFile(in("pipe"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := WriteReport(in("pipe"), word("new"), nil); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(in("pipe")); err != nil || info.Mode().Type() != os.ModeNamedPipe {
			t.Fatalf("the pipe was replaced: %v, %v", info, err)
		}
		got := make([]byte, 3)
		if _, err := io.ReadFull(r, got); string(got) != "new" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("a device that is full", func(t *testing.T) {
		if err := os.Symlink("/dev/full", in("full")); err != nil {
			t.Fatal(err)
		}
		if err := WriteReport(in("full"), word("new"), nil); err == nil {
			t.Error("no error")
		}
	})
}
