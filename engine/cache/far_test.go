package cache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// notes collects what far stores say.
type notes struct {
	mu   sync.Mutex
	said []string
}

func (n *notes) note(_ bool, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, text)
}

func (n *notes) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.said, "\n")
}

// clock is a time that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(by)
	c.mu.Unlock()
}

// process is what one process has of a cache: a memory of its own in front of
// stores that others share.
func process(t *testing.T, n *notes, blobs ...Blobs) *Cache {
	t.Helper()
	m, err := NewMemory(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var far []*Far
	for _, b := range blobs {
		far = append(far, NewFar(b, "space", time.Now, n.note))
	}
	return New(m, far...)
}

func closed(t *testing.T, c *Cache) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func disk(t *testing.T, dir string, max int64) *Disk {
	t.Helper()
	d, err := NewDisk(dir, max)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fresh stores one rendering in one process and looks it up in another, in a
// changed world.
func fresh(t *testing.T, n *notes, open func() Blobs, between func(w *world)) (*Entry, string) {
	t.Helper()
	w := world{files: map[string]string{"_m.tera": "m1"}, env: map[string]string{"REGION": "eu"}, vars: "v"}
	deps, env := []string{"_m.tera", "_not_there.tera"}, []string{"REGION", "UNSET"}
	first := process(t, n, open())
	store(t, first, "a", Entry{Text: []byte("rendered"), Map: []byte("{}"), Closure: w.closure("text", deps, env)})
	closed(t, first)
	between(&w)
	second := process(t, n, open())
	defer closed(t, second)
	return lookup(t, second, w, "a", "text")
}

func TestARenderingOutlivesItsProcess(t *testing.T) {
	for name, c := range map[string]struct {
		between func(w *world)
		want    string
	}{
		"nothing changed":             {func(*world) {}, "hit in disk"},
		"a macro file":                {func(w *world) { w.files["_m.tera"] = "m2" }, "first seen"},
		"a macro file gone":           {func(w *world) { delete(w.files, "_m.tera") }, "first seen"},
		"a file that appears":         {func(w *world) { w.files["_not_there.tera"] = "x" }, "first seen"},
		"a variable":                  {func(w *world) { w.env["REGION"] = "us" }, "first seen"},
		"a variable that was not set": {func(w *world) { w.env["UNSET"] = "" }, "first seen"},
		"overrides":                   {func(w *world) { w.vars = "other" }, "first seen"},
		"what it does not read":       {func(w *world) { w.files["other"] = "x"; w.env["OTHER"] = "x" }, "hit in disk"},
	} {
		t.Run(name, func(t *testing.T) {
			var n notes
			dir := t.TempDir()
			e, reason := fresh(t, &n, func() Blobs { return disk(t, dir, 0) }, c.between)
			if !strings.HasPrefix(reason, c.want) || (e != nil) != strings.HasPrefix(reason, "hit") {
				t.Errorf("%v, %s", e, reason)
			}
			if e != nil && (string(e.Text) != "rendered" || string(e.Map) != "{}" || e.Memo != nil) {
				t.Errorf("%+v", e)
			}
			if n.all() != "" {
				t.Error(n.all())
			}
		})
	}
}

// The same text at another path may include other files by the same words.
func TestAnotherPathIsAnotherRendering(t *testing.T) {
	var n notes
	dir := t.TempDir()
	w := world{files: map[string]string{"x/_m.tera": "m"}}
	first := process(t, &n, disk(t, dir, 0))
	store(t, first, "x/a", Entry{Text: []byte("x"), Map: []byte("{}"), Closure: w.closure("text", []string{"x/_m.tera"}, nil)})
	closed(t, first)
	second := process(t, &n, disk(t, dir, 0))
	defer closed(t, second)
	if e, _ := lookup(t, second, w, "y/a", "text"); e != nil {
		t.Errorf("%s", e.Text)
	}
}

func TestSecretsAndVolatileRenderingsStayInMemory(t *testing.T) {
	dir := t.TempDir()
	var n notes
	c := process(t, &n, disk(t, dir, 0))
	w := world{}
	store(t, c, "a", Entry{Text: []byte("geheim"), Map: []byte("{}"), Private: true, Closure: w.closure("a", nil, nil)})
	volatile := w.closure("b", nil, nil)
	volatile.Volatile = true
	store(t, c, "b", Entry{Text: []byte("12:00"), Map: []byte("{}"), Closure: volatile})
	if e, _ := lookup(t, c, w, "a", "a"); e == nil {
		t.Error("not even in memory")
	}
	closed(t, c)
	if s, err := disk(t, dir, 0).Stats(t.Context()); err != nil || s.Entries != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestANearerStoreIsFilledFromAFartherOne(t *testing.T) {
	near, far := t.TempDir(), t.TempDir()
	var n notes
	w := world{}
	first := process(t, &n, disk(t, far, 0))
	store(t, first, "a", Entry{Text: []byte("x"), Map: []byte("{}"), Closure: w.closure("a", nil, nil)})
	closed(t, first)
	second := process(t, &n, disk(t, near, 0), disk(t, far, 0))
	e, _ := lookup(t, second, w, "a", "a")
	if e == nil {
		t.Fatal("not found")
	}
	store(t, second, "a", *e)
	closed(t, second)
	third := process(t, &n, disk(t, near, 0), disk(t, far, 0))
	defer closed(t, third)
	if _, reason := lookup(t, third, w, "a", "a"); reason != "hit in disk "+near {
		t.Error(reason)
	}
	if s := third.Far(); s[0].Hits != 1 || s[1].Hits != 0 {
		t.Errorf("%+v", s)
	}
}

// records lists the files of a disk store.
func records(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// F29: whatever is done to the records, the outcome is the right rendering or
// none, and damage is said.
func TestF29DamageIsAMissThatIsReported(t *testing.T) {
	rewrite := func(change func([]byte) []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, file := range records(t, dir) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, change(data), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		said string
	}{
		"a byte flipped in the middle": {rewrite(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }), "does not match its hash"},
		"a byte flipped at the end":    {rewrite(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "does not match its hash"},
		"cut off":                      {rewrite(func(b []byte) []byte { return b[:len(b)-9] }), "does not match its hash"},
		"cut off in the hash":          {rewrite(func(b []byte) []byte { return b[:20] }), "it is no record"},
		"empty":                        {rewrite(func([]byte) []byte { return nil }), "it is no record"},
		"something else":               {rewrite(func([]byte) []byte { return []byte("hello") }), "it is no record"},
		"another form":                 {rewrite(func(b []byte) []byte { b[12] = '2'; return b }), "it is no record"},
		"longer than anything":         {rewrite(func(b []byte) []byte { return make([]byte, maxRecord+2000) }), "it is no record"},
		"exchanged": {func(t *testing.T, dir string) {
			files := records(t, dir)
			var all [][]byte
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, data)
			}
			for i, file := range files {
				if err := os.WriteFile(file, all[(i+1)%len(all)], 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, "does not match its hash"},
		"a folder in its place": {func(t *testing.T, dir string) {
			for _, file := range records(t, dir) {
				if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
					t.Fatal(err)
				}
			}
		}, "it is no record"},
		"deleted": {func(t *testing.T, dir string) { os.RemoveAll(dir) }, ""},
		"all unreadable": {func(t *testing.T, dir string) {
			for _, file := range records(t, dir) {
				if err := errors.Join(os.Remove(file), os.Symlink(file, file)); err != nil {
					t.Fatal(err)
				}
			}
		}, "is bypassed"},
	} {
		t.Run(name, func(t *testing.T) {
			var n notes
			dir := t.TempDir()
			e, _ := fresh(t, &n, func() Blobs { return disk(t, dir, 0) }, func(*world) { c.harm(t, dir) })
			if e != nil {
				t.Errorf("served %q", e.Text)
			}
			if !strings.Contains(n.all(), c.said) || (c.said == "") != (n.all() == "") {
				t.Errorf("said %q, want %q", n.all(), c.said)
			}
			if strings.Contains(c.said, "bypassed") {
				return
			}
			// It works again at once.
			if e, reason := fresh(t, &n, func() Blobs { return disk(t, dir, 0) }, func(*world) {}); e == nil {
				t.Errorf("after that: %s", reason)
			}
		})
	}
}

func TestADiskStoreIsBounded(t *testing.T) {
	dir := t.TempDir()
	d := disk(t, dir, 10_000)
	for i := range 100 {
		name := fmt.Sprintf("r%064d", i)
		if err := d.Put(t.Context(), name, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(time.Duration(i-1000) * time.Minute) // a clock fine enough to tell them apart
		if err := os.Chtimes(d.file(name), old, old); err != nil {
			t.Fatal(err)
		}
		if i > 3 { // used all the time, so never the oldest
			if data, err := d.Get(t.Context(), fmt.Sprintf("r%064d", 3)); err != nil || data == nil {
				t.Fatalf("after %d the record in use is gone: %v", i, err)
			}
		}
	}
	s, err := d.Stats(t.Context())
	if err != nil || s.Bytes > 10_000 || s.Entries < 5 || s.Evictions == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if data, _ := d.Get(t.Context(), fmt.Sprintf("r%064d", 0)); data != nil {
		t.Error("the oldest is there")
	}
	// Another process on the same folder holds the bound too.
	other := disk(t, dir, 5_000)
	if err := other.Put(t.Context(), "r"+strings.Repeat("f", 64), make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if s, err := other.Stats(t.Context()); err != nil || s.Bytes > 5_000 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestClearRemovesNothingOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d := disk(t, dir, 0)
	if err := d.Put(t.Context(), "rabc", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := d.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "mine" {
		t.Errorf("%v %v", left, err)
	}
	if err := d.Put(t.Context(), "rabc", []byte("y")); err != nil {
		t.Errorf("after it was cleared: %v", err)
	}
}

func TestProcessesShareAFolder(t *testing.T) {
	dir := t.TempDir()
	var n notes
	var wg sync.WaitGroup
	for p := range 8 {
		wg.Go(func() {
			c := process(t, &n, disk(t, dir, 40_000)) // small: they also evict each other's
			w := world{}
			for i := range 50 {
				text := fmt.Sprint("text", (i+p)%20)
				e, _, err := c.Lookup(t.Context(), "a", hashOf(text), hashOf(""), w.dep, w.getenv)
				if err != nil || e != nil && string(e.Text) != "of "+text {
					t.Errorf("%v, %v", e, err)
					return
				}
				if err := c.Store(t.Context(), "a", Entry{Text: []byte("of " + text), Map: []byte("{}"), Closure: w.closure(text, nil, nil)}); err != nil {
					t.Error(err)
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n.all() != "" {
		t.Error(n.all())
	}
}

func TestSpecifications(t *testing.T) {
	for spec, ok := range map[string]bool{
		"memory": true, "disk": true, "disk:/x": true, "disk:x": true, "redis://h:1/2": true, "rediss://u:p@h": true, "unix:///run/r.sock": true,
		"": false, "disc": false, "disk:": false, "redis:": false, "http://h": false, "redis://h/notanumber": false,
	} {
		if err := CheckSpec(spec); (err == nil) != ok {
			t.Errorf("%q: %v", spec, err)
		}
	}
	if err := CheckSpec("redis://u:geheim@h/x"); strings.Contains(err.Error(), "geheim") {
		t.Error(err)
	}
	blobs, err := Open(t.Context(), []string{"memory", "disk", "disk:sub"}, Where{Dir: filepath.Join(t.TempDir(), "d"), Base: t.TempDir()})
	if err != nil || len(blobs) != 2 {
		t.Errorf("%v, %v", blobs, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if blobs, err = Open(t.Context(), []string{"disk:" + file, "disk"}, Where{Dir: t.TempDir()}); !errors.Is(err, ErrUnreachable) || len(blobs) != 1 {
		t.Errorf("%v, %v", blobs, err)
	}
}

func FuzzUnseal(f *testing.F) {
	good, err := seal("name", &Entry{Text: []byte("x"), Closure: Closure{Deps: []Dep{{Path: "a"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		var e Entry
		if unseal("name", data, &e) == nil && !bytes.HasPrefix(data, []byte(recordMagic)) {
			t.Error("taken for a record")
		}
		if unseal("another", data, &e) == nil {
			t.Error("taken under another name")
		}
	})
}
