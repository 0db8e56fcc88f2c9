package watch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func (b *bench) errorOf(name string) error {
	for _, c := range b.seen {
		if c.Path == b.path(name) {
			return c.Err
		}
	}
	return nil
}

// TestWhatIsNoFileIsSaidAndNeverHangs covers names that fit and things that do
// not: the watcher must skip them honestly.
func TestWhatIsNoFileIsSaidAndNeverHangs(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	mkdir(t, b.path("dir.clnrm.toml"))
	write(t, b.path("dir.clnrm.toml/inside.clnrm.toml"), "inside")
	if err := syscall.Mkfifo(b.path("fifo.clnrm.toml"), 0o644); err != nil {
		t.Fatal(err)
	}
	symlink(t, "loop.clnrm.toml", b.path("loop.clnrm.toml"))
	symlink(t, "nowhere", b.path("dangling.clnrm.toml"))
	symlink(t, "/dev/zero", b.path("zero.clnrm.toml"))
	big, err := os.Create(b.path("big.clnrm.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := big.Truncate(MaxFile + 1); err != nil {
		t.Fatal(err)
	}
	closeFile(t, big)

	want := map[string]error{
		"dir.clnrm.toml":      ErrDirectory,
		"fifo.clnrm.toml":     ErrSpecial,
		"zero.clnrm.toml":     ErrSpecial,
		"big.clnrm.toml":      ErrTooBig,
		"dangling.clnrm.toml": os.ErrNotExist,
		"loop.clnrm.toml":     nil, // some error, its text is the system's
	}
	for len(b.state) < len(want)+1 {
		b.next()
	}
	if got := b.state[b.path("dir.clnrm.toml/inside.clnrm.toml")]; got != "inside" {
		t.Errorf("inside a directory with a file's name: %q", got)
	}
	b.settle()
	for name, err := range want {
		if !strings.HasPrefix(b.state[b.path(name)], "error: ") {
			t.Errorf("%s: %q", name, b.state[b.path(name)])
		}
		if err != nil && b.errorOf(name) == nil {
			t.Errorf("%s: no error", name)
		} else if err != nil && !errors.Is(b.errorOf(name), err) {
			t.Errorf("%s: %v", name, b.errorOf(name))
		}
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
	// Mended, each becomes a file like any other.
	remove(t, b.path("fifo.clnrm.toml"))
	write(t, b.path("fifo.clnrm.toml"), "a file now")
	write(t, b.path("nowhere"), "the link leads somewhere now")
	for b.state[b.path("fifo.clnrm.toml")] != "a file now" || b.state[b.path("dangling.clnrm.toml")] != "the link leads somewhere now" {
		b.next()
	}
}

func TestLinkedFileFollowsItsTarget(t *testing.T) {
	t.Parallel()
	outside := realTempDir(t)
	target := filepath.Join(outside, "real.txt")
	write(t, target, "1")
	b := start(t, nil)
	symlink(t, target, b.path("link.clnrm.toml"))
	b.until(map[string]string{"link.clnrm.toml": "1"})
	write(t, target, "2")
	b.until(map[string]string{"link.clnrm.toml": "2"})
	write(t, target+"~", "3")
	rename(t, target+"~", target)
	b.until(map[string]string{"link.clnrm.toml": "3"})
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

func TestLinkedDirectoriesAreNotFollowed(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"sub/a.clnrm.toml": "a"})
	symlink(t, "..", b.path("sub/loop"))
	symlink(t, b.root, b.path("self"))
	b.settle()
	b.until(map[string]string{"sub/a.clnrm.toml": "a"})
}

func TestOddNames(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	want := map[string]string{
		"line\nbreak.clnrm.toml":                 "1",
		"bad\xff\xfeutf8.clnrm.toml":             "2",
		"dots.../x.clnrm.toml":                   "3",
		"..../y.clnrm.toml":                      "4",
		" space .clnrm.toml":                     "5",
		"glob[*?]/\\back.clnrm.toml":             "6",
		"new\nline dir/\x80.clnrm.toml":          "7",
		strings.Repeat("n", 240) + ".clnrm.toml": "8",
	}
	for name, text := range want {
		write(t, b.path(name), text)
	}
	b.until(want)
	for name := range want {
		want[name] += " changed"
		write(t, b.path(name), want[name])
	}
	b.until(want)
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

// TestPermissions needs a user who is not root, for whom everything is
// readable; as root it runs itself again as nobody.
func TestPermissions(t *testing.T) {
	if os.Getuid() == 0 {
		asNobody(t, "TestPermissions")
		return
	}
	b := start(t, map[string]string{"a.clnrm.toml": "a", "closed/b.clnrm.toml": "b", "c.clnrm.toml": "c"})
	chmod(t, b.path("a.clnrm.toml"), 0)
	for !strings.Contains(b.state[b.path("a.clnrm.toml")], "permission denied") {
		b.next()
	}
	chmod(t, b.path("a.clnrm.toml"), 0o644)
	b.until(map[string]string{"a.clnrm.toml": "a", "closed/b.clnrm.toml": "b", "c.clnrm.toml": "c"})

	mkdir(t, b.path("new"))
	chmod(t, b.path("new"), 0)
	defer chmod(t, b.path("new"), 0o755)
	write(t, b.path("c.clnrm.toml"), "c goes on")
	b.until(map[string]string{"a.clnrm.toml": "a", "closed/b.clnrm.toml": "b", "c.clnrm.toml": "c goes on"})
	b.w.Rescan()
	b.settle()
	if s := b.w.Stats(); !strings.Contains(s.Problem, "new: permission denied") {
		t.Errorf("problem %q", s.Problem)
	}
	chmod(t, b.path("new"), 0o755)
	write(t, b.path("new/d.clnrm.toml"), "d")
	b.until(map[string]string{"a.clnrm.toml": "a", "closed/b.clnrm.toml": "b", "c.clnrm.toml": "c goes on", "new/d.clnrm.toml": "d"})
}

func chmod(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// asNobody runs one test of this binary as the user nobody.
func asNobody(t *testing.T, test string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "watch-nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remove(t, dir) })
	chmod(t, dir, 0o777)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "test"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	closeFile(t, out)
	cmd := exec.CommandContext(context.Background(), out.Name(), "-test.run=^"+test+"$", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("cannot run as another user: %v", err)
		}
		t.Skipf("cannot run as another user: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, log.String())
	}
}
