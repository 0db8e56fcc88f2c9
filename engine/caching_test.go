package engine

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// cached checks everything in dir once, with a cache on disk.
func cached(t *testing.T, dir string, o Options) (*Engine, []*Template) {
	t.Helper()
	o.Dir, o.Caches = dir, []string{"disk"}
	o.Env = func(name string) (string, bool) { return "hunter2hunter2", name == "DB_PASSWORD" }
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e, e.Snapshot().Templates
}

// ended closes an engine now, so that what it keeps is on disk.
func ended(t *testing.T, dir string, o Options) []*Template {
	t.Helper()
	var out []*Template
	t.Run("another process", func(t *testing.T) { _, out = cached(t, dir, o) })
	return out
}

func cacheFolder(t *testing.T) string {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir()}
	for name, text := range map[string]string{
		"go.mod":                 "module x\n",
		"_m.tera":                "{% macro svc(image) %}[service.app]\nimage = \"{{ image }}\"\nimgae = \"typo\"\n{% endmacro %}",
		"good.clnrm.toml.tera":   "{% import \"_m.tera\" as m %}" + strings.Replace(plainTest, "[service.app]\nimage = \"x:1\"\n", "{{ m::svc(image=\"x:\" ~ 1) }}", 1),
		"secret.clnrm.toml.tera": strings.Replace(plainTest, "image = \"x:1\"", "image = \"x:1\"\nenv = { DB_PASSWORD = \"{{ env(name='DB_PASSWORD') }}\" }", 1),
		"matrix.clnrm.toml.tera": "[matrix]\nn = [1, 2]\n" + strings.Replace(plainTest, "x:1", "x:{{ matrix.n }}", 1),
	} {
		h.write(name, text)
	}
	return h.dir
}

func TestARenderingOutOfTheCacheIsCheckedLikeAFreshOne(t *testing.T) {
	dir := cacheFolder(t)
	first := ended(t, dir, Options{})
	second := ended(t, dir, Options{})
	hits := 0
	for i, a := range first {
		b := second[i]
		if strings.HasPrefix(b.Cache.Reason, "hit in disk") {
			hits++
		}
		if !reflect.DeepEqual(a.Diagnostics, b.Diagnostics) || a.Status != b.Status || !reflect.DeepEqual(a.Deps, b.Deps) {
			t.Errorf("%s: fresh %v %v, from the cache %v %v", a.Path, a.Diagnostics, a.Deps, b.Diagnostics, b.Deps)
		}
		for k := range a.Scenarios {
			if a.Scenarios[k].ID != b.Scenarios[k].ID || a.Scenarios[k].Line != b.Scenarios[k].Line {
				t.Errorf("%s: %+v, %+v", a.Path, a.Scenarios[k], b.Scenarios[k])
			}
		}
	}
	if hits != 2 || !strings.HasPrefix(second[0].Cache.Reason, "hit in disk") {
		t.Errorf("%d hits; %+v", hits, second[0].Cache)
	}
	if len(first[0].Diagnostics) == 0 || first[0].Diagnostics[0].Pos.File != "_m.tera" {
		t.Errorf("the test tests nothing: %v", first[0].Diagnostics)
	}
	// A changed macro file is seen by a process that never met the old one.
	if err := os.WriteFile(filepath.Join(dir, "_m.tera"), []byte("{% macro svc(image) %}[service.app]\nimage = \"{{ image }}\"\n{% endmacro %}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if third := ended(t, dir, Options{}); third[0].Cache.Hit || third[0].Diagnostics[0].Pos.File == "_m.tera" {
		t.Errorf("%+v %v", third[0].Cache, third[0].Diagnostics)
	}
}

func TestSecretsAreNotWrittenIntoTheCache(t *testing.T) {
	dir := cacheFolder(t)
	ended(t, dir, Options{})
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, ".clnrm"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		// The text of an entry is in base64.
		for _, form := range []string{"hunter2", "aHVudGVyMg", "h1bnRlcj", "odW50ZXIy"} {
			if strings.Contains(string(data), form) {
				t.Errorf("%s holds the secret", path)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
	// Who calls more names secret meets no rendering of one who did not.
	for _, tmpl := range ended(t, dir, Options{Secrets: []string{"CARD_*"}}) {
		if tmpl.Cache.Hit {
			t.Errorf("%s: %+v", tmpl.Path, tmpl.Cache)
		}
	}
}

func TestACacheThatCannotBeUsedIsSaidAndDoneWithout(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir()}
	h.write("a.clnrm.toml", plainTest)
	h.write("cleanroom.toml", "[cache]\nbackend = [\"disk:"+filepath.Join(h.dir, "a.clnrm.toml")+"\"]\n")
	h.open()
	if err := h.CacheProblem(); err == nil || !IsEnvironment(err) || !noticed("a cache of renderings cannot be used")(h.Snapshot()) {
		t.Errorf("%v; %v", err, h.Snapshot().Notices)
	}
	if s := h.Snapshot().Templates[0]; s.Status == CheckError {
		t.Errorf("%v", s.Diagnostics)
	}
	_, err := opened(t, map[string]string{"cleanroom.toml": "[cache]\nbackend = \"disc\"\n"}, Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "cleanroom.toml:2:11: a cache is memory, disk") {
		t.Error(err)
	}
	if _, err = opened(t, nil, Options{Caches: []string{"disc"}}); err == nil || !strings.Contains(err.Error(), "(--cache)") {
		t.Error(err)
	}
}

func TestDamageInTheCacheIsNoticed(t *testing.T) {
	dir := cacheFolder(t)
	ended(t, dir, Options{})
	err := filepath.WalkDir(filepath.Join(dir, ".clnrm", "cache"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.WriteFile(path, []byte("damage"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	e, templates := cached(t, dir, Options{})
	if templates[0].Cache.Hit || !noticed("a record that cannot be used")(e.Snapshot()) {
		t.Errorf("%+v %v", templates[0].Cache, e.Snapshot().Notices)
	}
	if n := e.Snapshot().Notices[0]; n.Level != diag.Warning {
		t.Errorf("%+v", n)
	}
}
