package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// deadline is how long a test waits for what must come; nothing waits that long
// when the code is right.
const deadline = 20 * time.Second

func isTemplate(path string) bool { return strings.HasSuffix(path, ".clnrm.toml") }

// bench is a watcher that runs over a fresh directory, with what it reported.
type bench struct {
	t     testing.TB
	root  string // the name by which the user knows the directory
	w     *Watcher
	state map[string]string // what a reader of the batches believes
	last  Batch
	seen  []Change // all changes after the first batch
	same  int      // unchanged saves
	stop  func()   // ends the watcher and waits for it; may be called twice
}

// startAt runs a watcher over root until the test ends, takes the first batch
// and then checks that nothing is left running.
func startAt(t testing.TB, root string, change func(*Options), prepare ...func(*Watcher)) *bench {
	t.Helper()
	o := Options{Roots: []string{root}, Match: isTemplate}
	if change != nil {
		change(&o)
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prepare {
		p(w)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	b := &bench{t: t, root: root, w: w, state: map[string]string{}, stop: stop}
	if first := b.next(); !first.Initial {
		t.Fatalf("first batch is not the initial one: %+v", first)
	}
	b.seen = nil
	return b
}

func start(t testing.TB, files map[string]string) *bench {
	t.Helper()
	root := realTempDir(t)
	for name, text := range files {
		write(t, filepath.Join(root, name), text)
	}
	return startAt(t, root, nil)
}

func realTempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (b *bench) path(name string) string { return filepath.Join(b.root, name) }

// next takes one batch and applies it to what the reader believes.
func (b *bench) next() Batch {
	b.t.Helper()
	select {
	case batch, ok := <-b.w.Batches():
		if !ok {
			b.t.Fatal("Batches was closed")
		}
		b.apply(batch)
		return batch
	case <-time.After(deadline):
		b.t.Fatalf("no batch; believed state %v, stats %+v", b.state, b.w.Stats())
		return Batch{}
	}
}

func (b *bench) apply(batch Batch) {
	b.t.Helper()
	b.last = batch
	b.same += batch.Unchanged
	for _, c := range batch.Changes {
		_, known := b.state[c.Path]
		if known == (c.Kind == Added) {
			b.t.Errorf("%s reported as %s, although known is %v", c.Path, c.Kind, known)
		}
		switch {
		case c.Kind == Removed:
			delete(b.state, c.Path)
		case c.Err != nil:
			b.state[c.Path] = "error: " + c.Err.Error()
		default:
			b.state[c.Path] = string(c.Data)
		}
		b.seen = append(b.seen, c)
	}
}

// until takes batches until the reader believes want, which maps names below
// the root to contents.
func (b *bench) until(want map[string]string) {
	b.t.Helper()
	end := time.Now().Add(deadline)
	for !b.believes(want) {
		if time.Now().After(end) {
			b.t.Fatalf("state %v, want %v", b.state, want)
		}
		b.next()
	}
}

func (b *bench) believes(want map[string]string) bool {
	if len(b.state) != len(want) {
		return false
	}
	for name, text := range want {
		if got, ok := b.state[b.path(name)]; !ok || got != text {
			return false
		}
	}
	return true
}

// settle writes a marker file and waits until it is reported, so that all that
// happened before is reported too, removals included.
func (b *bench) settle() {
	b.t.Helper()
	marker := b.path("zz-marker.clnrm.toml")
	write(b.t, marker, "marker")
	for b.state[marker] == "" {
		b.next()
	}
	remove(b.t, marker)
	for b.state[marker] != "" {
		b.next()
	}
}

// changes returns the changes of name since the last call, as "kind:content".
func (b *bench) changes(name string) []string {
	b.t.Helper()
	b.settle()
	var got []string
	for _, c := range b.seen {
		if c.Path == b.path(name) {
			got = append(got, c.Kind.String()+":"+string(c.Data))
		}
	}
	b.seen = nil
	return got
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestMain checks that no watcher left a goroutine behind. Those of the library
// below stay: it has no way to be closed.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*nonrecursiveTree).dispatch"),
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*nonrecursiveTree).internal"),
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*inotify).loop"),
		goleak.IgnoreAnyFunction("github.com/rjeczalik/notify.(*inotify).send"),
	)
}

func TestFirstBatchHoldsEverything(t *testing.T) {
	b := start(t, map[string]string{
		"a.clnrm.toml": "a", "sub/deep/b.clnrm.toml": "b", "README.md": "no",
		".git/c.clnrm.toml": "no", ".#d.clnrm.toml": "no", "empty.clnrm.toml": "",
	})
	b.until(map[string]string{"a.clnrm.toml": "a", "sub/deep/b.clnrm.toml": "b", "empty.clnrm.toml": ""})
	for _, c := range b.last.Changes {
		if c.Kind != Added || c.Seen.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	if s := b.w.Stats(); s.Files != 3 || s.Dirs != 3 || s.Mode != nativeName || s.Problem != "" {
		t.Errorf("stats %+v", s)
	}
}

func TestSaveIsReportedOnce(t *testing.T) {
	b := start(t, map[string]string{"a.clnrm.toml": "1"})
	write(t, b.path("a.clnrm.toml"), "2")
	b.until(map[string]string{"a.clnrm.toml": "2"})
	if got := b.changes("a.clnrm.toml"); len(got) != 1 || got[0] != "modified:2" {
		t.Errorf("changes %v", got)
	}
}

func TestUnchangedSaveIsCountedOnly(t *testing.T) {
	b := start(t, map[string]string{"a.clnrm.toml": "1"})
	write(t, b.path("a.clnrm.toml"), "1")
	if batch := b.next(); batch.Unchanged != 1 || len(batch.Changes) != 0 {
		t.Errorf("batch %+v", batch)
	}
	if s := b.w.Stats(); s.Unchanged != 1 {
		t.Errorf("stats %+v", s)
	}
}
