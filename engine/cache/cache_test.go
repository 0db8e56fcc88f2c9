package cache

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees to it that nothing goes on that a test has started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func hashOf(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// world is the state that a rendering can see.
type world struct {
	files map[string]string
	env   map[string]string
	vars  string
}

func (w world) dep(path string) ([32]byte, bool) {
	s, ok := w.files[path]
	if !ok {
		return [32]byte{}, false
	}
	return hashOf(s), true
}

func (w world) getenv(name string) (string, bool) {
	v, ok := w.env[name]
	return v, ok
}

// closure is what a rendering of text that reads deps and env in w captures.
func (w world) closure(text string, deps, env []string) Closure {
	c := Closure{Template: hashOf(text), Vars: hashOf(w.vars)}
	for _, p := range deps {
		h, ok := w.dep(p)
		c.Deps = append(c.Deps, Dep{Path: p, Hash: h, Exists: ok})
	}
	for _, n := range env {
		c.Env = append(c.Env, envNow(n, w.getenv))
	}
	return c
}

func newCache(t testing.TB, entries int) *Cache {
	t.Helper()
	m, err := NewMemory(entries, 0)
	if err != nil {
		t.Fatal(err)
	}
	return New(m)
}

func lookup(t *testing.T, c *Cache, w world, path, text string) (*Entry, string) {
	t.Helper()
	e, r, err := c.Lookup(context.Background(), path, hashOf(text), hashOf(w.vars), w.dep, w.getenv)
	if err != nil {
		t.Fatalf("Lookup: %v", err)
	}
	if (e != nil) != r.Hit() {
		t.Fatalf("entry %v does not agree with reason %q", e, r)
	}
	return e, r.String()
}

func store(t *testing.T, c *Cache, path string, e Entry) {
	t.Helper()
	if err := c.Store(context.Background(), path, e); err != nil {
		t.Fatalf("Store: %v", err)
	}
}

func TestLookupNamesTheExactReason(t *testing.T) {
	deps := []string{"_macros.toml.tera", "extra.toml"}
	env := []string{"REGION", "TOKEN"}
	base := func() world {
		return world{
			files: map[string]string{"_macros.toml.tera": "m1"},
			env:   map[string]string{"REGION": "eu"},
			vars:  "v1",
		}
	}
	tests := []struct {
		name   string
		change func(w *world, text *string)
		want   string
	}{
		{"nothing", func(*world, *string) {}, "hit"},
		{"template", func(_ *world, text *string) { *text = "other" }, "content changed"},
		{"template and dependency", func(w *world, text *string) { *text = "other"; w.files["extra.toml"] = "x" }, "content changed"},
		{"dependency content", func(w *world, _ *string) { w.files["_macros.toml.tera"] = "m2" }, "_macros.toml.tera changed"},
		{"dependency removed", func(w *world, _ *string) { delete(w.files, "_macros.toml.tera") }, "_macros.toml.tera changed"},
		{"missing dependency appears", func(w *world, _ *string) { w.files["extra.toml"] = "" }, "extra.toml changed"},
		{"file that is no dependency", func(w *world, _ *string) { w.files["README"] = "x" }, "hit"},
		{"variables", func(w *world, _ *string) { w.vars = "v2" }, "variables changed"},
		{"environment value", func(w *world, _ *string) { w.env["REGION"] = "us" }, "environment REGION changed"},
		{"environment set to empty", func(w *world, _ *string) { w.env["TOKEN"] = "" }, "environment TOKEN changed"},
		{"environment unset", func(w *world, _ *string) { delete(w.env, "REGION") }, "environment REGION changed"},
		{"variable that is not read", func(w *world, _ *string) { w.env["HOME"] = "/root" }, "hit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, w, text := newCache(t, 0), base(), "template"
			if _, got := lookup(t, c, w, "a.tera", text); got != "first seen" {
				t.Fatalf("first lookup: %q", got)
			}
			store(t, c, "a.tera", Entry{Text: []byte("rendered"), Closure: w.closure(text, deps, env)})
			tt.change(&w, &text)
			if _, got := lookup(t, c, w, "a.tera", text); got != tt.want {
				t.Errorf("reason %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGoingBackToAnEarlierContentIsAHit(t *testing.T) {
	c := newCache(t, 0)
	w := world{files: map[string]string{"m": "m1"}}
	// Each content reads other files, so the closures differ in names too.
	render := func(text string) {
		store(t, c, "a", Entry{Text: []byte(text + w.files["m"]), Closure: w.closure(text, []string{"m", "only-" + text}, nil)})
	}
	render("one")
	render("two")
	w.files["m"] = "m2"
	render("two")

	for _, step := range []struct{ text, macro, want string }{
		{"two", "m1", "twom1"},
		{"one", "m1", "onem1"},
		{"two", "m2", "twom2"},
	} {
		w.files["m"] = step.macro
		e, why := lookup(t, c, w, "a", step.text)
		if e == nil || string(e.Text) != step.want {
			t.Fatalf("%v: entry %v (%s)", step, e, why)
		}
		if got, want := c.Dependents("only-"+step.text), []string{"a"}; !slices.Equal(got, want) {
			t.Errorf("%v: dependents follow the hit: %v, want %v", step, got, want)
		}
	}
	// The next miss is explained against the hit, not the last Store.
	w.files["m"] = "m3"
	if _, why := lookup(t, c, w, "a", "two"); why != "m changed" {
		t.Errorf("reason %q", why)
	}
}

func TestVolatileIsNeverServed(t *testing.T) {
	c, w := newCache(t, 0), world{}
	cl := w.closure("now", []string{"m"}, nil)
	cl.Volatile = true
	store(t, c, "a", Entry{Text: []byte("12:00"), Closure: cl})
	if _, why := lookup(t, c, w, "a", "now"); why != "time or randomness without determinism" {
		t.Errorf("reason %q", why)
	}
	if got := c.Dependents("m"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("a volatile template still depends on its files: %v", got)
	}
	if s, _ := c.Stats(context.Background()); s.Entries != 0 {
		t.Errorf("%d entries kept", s.Entries)
	}
}

func TestFailedRenderingIsTrackedButNotServed(t *testing.T) {
	c := newCache(t, 0)
	w := world{files: map[string]string{"m": "broken"}}
	c.Track("a", w.closure("text", []string{"m"}, nil))
	if got := c.Dependents("m"); !slices.Equal(got, []string{"a"}) {
		t.Fatalf("dependents %v", got)
	}
	if _, why := lookup(t, c, w, "a", "text"); why != "last rendering failed" {
		t.Errorf("reason %q", why)
	}
	w.files["m"] = "mended"
	if _, why := lookup(t, c, w, "a", "text"); why != "m changed" {
		t.Errorf("reason %q", why)
	}
	store(t, c, "a", Entry{Text: []byte("good"), Closure: w.closure("text", []string{"m"}, nil)})
	if e, why := lookup(t, c, w, "a", "text"); e == nil {
		t.Errorf("not served after the repair: %s", why)
	}
}

func TestEvictedIsSaid(t *testing.T) {
	c, w := newCache(t, 2), world{}
	for _, p := range []string{"a", "b", "c"} {
		store(t, c, p, Entry{Text: []byte(p), Closure: w.closure(p, nil, nil)})
	}
	if _, why := lookup(t, c, w, "a", "a"); why != "evicted" {
		t.Errorf("reason %q", why)
	}
	if _, why := lookup(t, c, w, "c", "c"); why != "hit" {
		t.Errorf("reason %q", why)
	}
}

func TestMemoComesBackForItsOwnPathOnly(t *testing.T) {
	c, w := newCache(t, 0), world{}
	e := Entry{Text: []byte("same"), Closure: w.closure("same", nil, nil), Memo: "decoded a"}
	store(t, c, "a", e)
	if got, _ := lookup(t, c, w, "a", "same"); got.Memo != "decoded a" {
		t.Errorf("memo %v", got.Memo)
	}
	// b knows the same closure, and the entry is shared by key.
	c.remember("b", record{closure: e.Closure, key: e.Closure.Key()})
	if got, _ := lookup(t, c, w, "b", "same"); got == nil || got.Memo != nil {
		t.Errorf("b was given %v", got)
	}
}

func TestDependentsAndForget(t *testing.T) {
	c, w := newCache(t, 0), world{}
	store(t, c, "b", Entry{Closure: w.closure("b", []string{"m", "n"}, nil)})
	store(t, c, "a", Entry{Closure: w.closure("a", []string{"m"}, nil)})
	if got := c.Dependents("m"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("dependents of m: %v", got)
	}
	if got := c.Dependencies(); !slices.Equal(got, []string{"m", "n"}) {
		t.Errorf("dependencies: %v", got)
	}
	store(t, c, "b", Entry{Closure: w.closure("b2", []string{"n"}, nil)})
	if got := c.Dependents("m"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("dependents of m after b left it: %v", got)
	}
	c.Forget("a")
	if got := c.Dependents("m"); len(got) != 0 {
		t.Errorf("dependents of m after a was forgotten: %v", got)
	}
	if _, why := lookup(t, c, w, "a", "a"); why != "first seen" {
		t.Errorf("reason after Forget: %q", why)
	}
}

func TestStatsCountWhatHappened(t *testing.T) {
	c := newCache(t, 1)
	w := world{files: map[string]string{"m": "1"}}
	lookup(t, c, w, "a", "a")
	store(t, c, "a", Entry{Text: make([]byte, 1000), Closure: w.closure("a", []string{"m"}, nil)})
	lookup(t, c, w, "a", "a")
	w.files["m"] = "2"
	lookup(t, c, w, "a", "a")
	store(t, c, "a", Entry{Text: make([]byte, 1000), Closure: w.closure("a", []string{"m"}, nil)})
	s, err := c.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	wantReasons := map[string]int64{"first seen": 1, "m changed": 1}
	if !maps.Equal(s.Reasons, wantReasons) {
		t.Errorf("reasons %v, want %v", s.Reasons, wantReasons)
	}
	if s.Hits != 1 || s.Misses != 2 || s.Evictions != 1 || s.Entries != 1 || s.Capacity != 1 {
		t.Errorf("stats %+v", s)
	}
	if s.Bytes < 1000 || s.Bytes > 3000 {
		t.Errorf("%d bytes charged for an entry of 1000", s.Bytes)
	}
}

// brokenBackend is one that cannot be reached.
type brokenBackend struct{ Backend }

var errDown = errors.New("connection refused")

func (brokenBackend) Get(context.Context, Key) (*Entry, error)    { return nil, errDown }
func (brokenBackend) Put(context.Context, Key, *Entry) error      { return errDown }
func (brokenBackend) Stats(context.Context) (BackendStats, error) { return BackendStats{}, errDown }

func TestUnreachableBackendIsAnErrorAndAMiss(t *testing.T) {
	c, w := New(brokenBackend{}), world{}
	if err := c.Store(context.Background(), "a", Entry{Closure: w.closure("a", nil, nil)}); !errors.Is(err, errDown) {
		t.Errorf("Store: %v", err)
	}
	e, r, err := c.Lookup(context.Background(), "a", hashOf("a"), hashOf(""), w.dep, w.getenv)
	if e != nil || r.Outcome != Unavailable || !errors.Is(err, errDown) {
		t.Errorf("Lookup: %v, %v, %v", e, r, err)
	}
	if s, err := c.Stats(context.Background()); !errors.Is(err, errDown) || s.Misses != 1 {
		t.Errorf("Stats: %+v, %v", s, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := newCache(t, 8)
	w := world{files: map[string]string{"m": "1"}}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 300 {
				path, text := fmt.Sprint("t", i%5), fmt.Sprint("content", (i+g)%7)
				e, r, err := c.Lookup(context.Background(), path, hashOf(text), hashOf(""), w.dep, w.getenv)
				if err != nil {
					t.Error(err)
				}
				if e != nil && string(e.Text) != text {
					t.Errorf("%s: rendered %q for %q", r, e.Text, text)
				}
				if err := c.Store(context.Background(), path, Entry{Text: []byte(text), Closure: w.closure(text, []string{"m"}, nil), Memo: i}); err != nil {
					t.Error(err)
				}
				c.Dependents("m")
				if i%50 == 0 {
					c.Forget(path)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkHit(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("text=%dKiB", size>>10), func(b *testing.B) {
			c := newCache(b, 0)
			w := world{env: map[string]string{"REGION": "eu", "TOKEN": "t"}}
			cl := Closure{Template: hashOf("t"), Vars: hashOf("")}
			for i := range 4 {
				cl.Deps = append(cl.Deps, Dep{Path: fmt.Sprint("macros/", i, ".tera"), Hash: hashOf("m"), Exists: true})
			}
			cl.Env = []EnvValue{envNow("REGION", w.getenv), envNow("TOKEN", w.getenv)}
			if err := c.Store(context.Background(), "a", Entry{Text: make([]byte, size), Closure: cl, Memo: 1}); err != nil {
				b.Fatal(err)
			}
			hash := hashOf("m")
			dep := func(string) ([32]byte, bool) { return hash, true }
			template, vars := hashOf("t"), hashOf("")
			b.ReportAllocs()
			for b.Loop() {
				if e, r, err := c.Lookup(context.Background(), "a", template, vars, dep, w.getenv); e == nil || err != nil {
					b.Fatal(r, err)
				}
			}
		})
	}
}
