package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// runs is how often the tests that look for races repeat themselves;
// CLNRM_WATCH_RUNS raises it.
func runs() int {
	if n, err := strconv.Atoi(os.Getenv("CLNRM_WATCH_RUNS")); err == nil && n > 0 {
		return n
	}
	return 3
}

func TestNewNestedDirectory(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	want := map[string]string{}
	for i := range runs() {
		name := fmt.Sprintf("%d/b/c/d/x.clnrm.toml", i)
		write(t, b.path(name), "new")
		want[name] = "new"
		b.until(want)
		// The new directory is watched, not only listed.
		write(t, b.path(name), "newer")
		want[name] = "newer"
		b.until(want)
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

func TestRemovedAndRecreatedDirectory(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"d/e/x.clnrm.toml": "start"})
	for i := range runs() {
		text := fmt.Sprint("run ", i)
		remove(t, b.path("d"))
		if i%2 == 0 { // else it comes back within the same burst
			b.until(map[string]string{})
		}
		write(t, b.path("d/e/x.clnrm.toml"), text)
		b.until(map[string]string{"d/e/x.clnrm.toml": text})
		write(t, b.path("d/e/x.clnrm.toml"), text+" again")
		b.until(map[string]string{"d/e/x.clnrm.toml": text + " again"})
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

func TestDirectoryRenamedInWithinAndOut(t *testing.T) {
	t.Parallel()
	outside := realTempDir(t)
	b := start(t, map[string]string{"keep.clnrm.toml": "k"})
	for i := range runs() {
		dir := fmt.Sprint("moved", i)
		write(t, filepath.Join(outside, dir, "sub/x.clnrm.toml"), "x")
		rename(t, filepath.Join(outside, dir), b.path("in"))
		b.until(map[string]string{"keep.clnrm.toml": "k", "in/sub/x.clnrm.toml": "x"})

		rename(t, b.path("in"), b.path("within"))
		b.until(map[string]string{"keep.clnrm.toml": "k", "within/sub/x.clnrm.toml": "x"})
		write(t, b.path("within/sub/x.clnrm.toml"), "after the rename")
		b.until(map[string]string{"keep.clnrm.toml": "k", "within/sub/x.clnrm.toml": "after the rename"})

		rename(t, b.path("within"), filepath.Join(outside, dir))
		b.until(map[string]string{"keep.clnrm.toml": "k"})
		// What happens outside under the old watch is nobody's business.
		write(t, filepath.Join(outside, dir, "sub/x.clnrm.toml"), "outside")
	}
	b.settle()
	if !b.believes(map[string]string{"keep.clnrm.toml": "k"}) {
		t.Errorf("state %v", b.state)
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

func TestTwoDirectoriesChangePlaces(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"p/x.clnrm.toml": "from p", "q/x.clnrm.toml": "from q"})
	rename(t, b.path("p"), b.path("t"))
	rename(t, b.path("q"), b.path("p"))
	rename(t, b.path("t"), b.path("q"))
	b.until(map[string]string{"p/x.clnrm.toml": "from q", "q/x.clnrm.toml": "from p"})
	write(t, b.path("p/x.clnrm.toml"), "p is alive")
	write(t, b.path("q/x.clnrm.toml"), "q is alive")
	b.until(map[string]string{"p/x.clnrm.toml": "p is alive", "q/x.clnrm.toml": "q is alive"})
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

func TestRenamedFileKeepsItsHistory(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"old.clnrm.toml": "same", "b/keep.clnrm.toml": "k"})
	rename(t, b.path("old.clnrm.toml"), b.path("b/new.clnrm.toml"))
	b.until(map[string]string{"b/new.clnrm.toml": "same", "b/keep.clnrm.toml": "k"})
	if len(b.last.Changes) != 2 {
		t.Fatalf("not one batch: %+v", b.last)
	}
	for _, c := range b.last.Changes {
		if c.Kind == Added && c.From != b.path("old.clnrm.toml") {
			t.Errorf("From is %q", c.From)
		}
	}
}

func TestRootReplaced(t *testing.T) {
	t.Parallel()
	base := realTempDir(t)
	root := filepath.Join(base, "a", "project")
	write(t, filepath.Join(root, "x.clnrm.toml"), "first")
	b := startAt(t, root, nil)
	for i := range runs() {
		t.Logf("run %d", i)
		remove(t, root)
		b.until(map[string]string{})
		write(t, filepath.Join(root, "x.clnrm.toml"), "again")
		b.until(map[string]string{"x.clnrm.toml": "again"})

		// Replaced as a whole, with the directory above it.
		write(t, filepath.Join(base, "b", "project", "x.clnrm.toml"), "other")
		rename(t, filepath.Join(base, "a"), filepath.Join(base, fmt.Sprint("old", i)))
		rename(t, filepath.Join(base, "b"), filepath.Join(base, "a"))
		b.until(map[string]string{"x.clnrm.toml": "other"})
		write(t, filepath.Join(root, "x.clnrm.toml"), "alive")
		b.until(map[string]string{"x.clnrm.toml": "alive"})
	}
	if s := b.w.Stats(); s.Missed != 0 {
		t.Errorf("%d changes were found by the sweep only", s.Missed)
	}
}

// TestRootIsALinkThatMoves is a deployment: "current" leads to another release.
func TestRootIsALinkThatMoves(t *testing.T) {
	t.Parallel()
	base := realTempDir(t)
	write(t, filepath.Join(base, "r1/same.clnrm.toml"), "same")
	write(t, filepath.Join(base, "r1/gone.clnrm.toml"), "gone")
	write(t, filepath.Join(base, "r1/sub/x.clnrm.toml"), "1")
	write(t, filepath.Join(base, "r2/same.clnrm.toml"), "same")
	write(t, filepath.Join(base, "r2/sub/x.clnrm.toml"), "2")
	root := filepath.Join(base, "current")
	symlink(t, "r1", root)
	b := startAt(t, root, nil)
	b.until(map[string]string{"same.clnrm.toml": "same", "gone.clnrm.toml": "gone", "sub/x.clnrm.toml": "1"})

	symlink(t, "r2", filepath.Join(base, "next"))
	rename(t, filepath.Join(base, "next"), root)
	want := map[string]string{"same.clnrm.toml": "same", "sub/x.clnrm.toml": "2"}
	b.until(want)
	if got := b.changes("same.clnrm.toml"); len(got) != 0 {
		t.Errorf("a file with equal content was reported: %v", got)
	}
	write(t, filepath.Join(base, "r2/sub/x.clnrm.toml"), "3")
	want["sub/x.clnrm.toml"] = "3"
	b.until(want)
}

func TestPathsAreReportedAsTheUserNamesThem(t *testing.T) {
	dir := realTempDir(t)
	write(t, filepath.Join(dir, "sub/a.clnrm.toml"), "a")
	write(t, filepath.Join(dir, "other/odd name.txt"), "by name")
	t.Chdir(dir)
	b := startAt(t, "sub", func(o *Options) { o.Roots = []string{"./sub", ".", "other/odd name.txt", "sub"} })
	for _, p := range []string{"sub/a.clnrm.toml", "other/odd name.txt"} {
		if _, ok := b.state[p]; !ok {
			t.Errorf("%s missing in %v", p, b.state)
		}
	}
	if len(b.state) != 2 {
		t.Errorf("reported twice: %v", b.state)
	}
}

func TestSingleFileRootSurvivesAtomicSave(t *testing.T) {
	t.Parallel()
	dir := realTempDir(t)
	file := filepath.Join(dir, "one.clnrm.toml")
	write(t, file, "1")
	write(t, filepath.Join(dir, "two.clnrm.toml"), "not asked for")
	b := startAt(t, file, nil)
	for i := range runs() {
		text := fmt.Sprint("save ", i)
		write(t, file+"~tmp", text)
		rename(t, file+"~tmp", file)
		b.until(map[string]string{"": text})
	}
}

func TestUnknownRootIsRefused(t *testing.T) {
	if _, err := New(Options{Roots: []string{"no/such/path"}}); err == nil || !os.IsNotExist(unwrapAll(err)) {
		t.Errorf("error %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no roots accepted")
	}
}

func unwrapAll(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

func symlink(t testing.TB, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
