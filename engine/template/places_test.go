package template

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A source map that was written down says the same of every byte, also for the
// same template under another path.
func TestTheWrittenSourceMapAgreesEverywhere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"_m.tera":           "{% macro span(name) %}[[expect.span]]\nname = \"{{ name }}\"\n{{ self::more() }}{% endmacro %}\n{% macro more() %}kind = \"internal\"\n{% endmacro %}",
		"_i.tera":           "# included\nx = \"{{ svc | upper }}\"\n",
		"plain.clnrm.toml":  "[meta]\nname = \"ä\"\n",
		"a.clnrm.toml.tera": "{% import \"_m.tera\" as m %}[vars]\nsvc = \"shop\"\n[meta]\nname = \"{{ svc }}\"\n{% for i in range(end=3) %}{{ m::span(name=\"s\" ~ i) }}{% endfor %}{% include \"_i.tera\" %}",
		"empty.clnrm.tera":  "{# nothing #}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	agreesBelow(t, dir, 3)
	if root := os.Getenv("CLNRM_CORPUS"); root != "" {
		agreesBelow(t, root, 100)
	}
}

// agreesBelow checks every template below root that renders.
func agreesBelow(t *testing.T, root string, atLeast int) {
	t.Helper()
	count := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") && !strings.HasSuffix(path, ".tera") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		e := New(Options{Root: filepath.Dir(path), Now: fixedNow, Home: t.TempDir(), Env: func(string) (string, bool) { return "", false }})
		res, err := e.Render(context.Background(), filepath.Base(path), src)
		if err != nil || strings.HasPrefix(filepath.Base(path), "_") {
			return nil
		}
		count++
		agrees(t, path, src, res)
		return nil
	})
	if err != nil || count < atLeast {
		t.Errorf("%d templates rendered: %v", count, err)
	}
}

func agrees(t *testing.T, path string, src []byte, res *Result) {
	t.Helper()
	encoded, err := res.EncodeMap()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(encoded, []byte(filepath.Base(path))) && !bytes.Contains(src, []byte(filepath.Base(path))) {
		t.Errorf("%s: the map names the template", path)
	}
	same, err := Restore(res.path, src, res.Text, encoded)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Restore("other/name.tera", src, res.Text, encoded)
	if err != nil {
		t.Fatal(err)
	}
	packed := unpack(t, src, res.Text, res.Pack)
	again := unpack(t, src, res.Text, packed.Pack)
	for off := -1; off <= len(res.Text)+1; off++ {
		want := res.Locate(off)
		for what, r := range map[string]*Restored{"restored": same, "packed": packed, "packed again": again} {
			pos, line, via := r.Locate(off)
			if pos != want.Pos || line != want.Line || len(via) != len(want.Via) || len(via) > 0 && !reflect.DeepEqual(via, want.Via) {
				t.Fatalf("%s, %s, byte %d: %v %q %v, want %v %q %v", path, what, off, pos, line, via, want.Pos, want.Line, want.Via)
			}
		}
		if p, _, _ := other.Locate(off); want.Pos.File == res.path && p.File != "other/name.tera" || p.Line != want.Pos.Line {
			t.Fatalf("%s, byte %d, under another name: %v", path, off, p)
		}
	}
}

// unpack packs a rendering, looks whether all of it is in there, and takes the
// source map out.
func unpack(t *testing.T, src, text []byte, pack func([]byte) *Packed) *Restored {
	t.Helper()
	p := pack(src)
	if !p.Equal(pack(src)) {
		t.Fatal("packing the same twice gives two things")
	}
	if p.Equal(pack(append(bytes.Clone(src), ' '))) {
		t.Fatal("two sources are packed into the same")
	}
	u := p.Unpack()
	if !bytes.Equal(u.Source, src) || !bytes.Equal(u.Text, text) {
		t.Fatalf("%q and %q became %+v", src, text, u)
	}
	if only := p.Source(); !bytes.Equal(only, src) {
		t.Fatalf("the source %q became %q", src, only)
	}
	return u.Map
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte("ab"), []byte("ab"), []byte(`{"plain":true}`))
	f.Add([]byte("{{ a }}"), []byte("x"), []byte(`{"files":[{"name":"","text":""}],"sites":[{"file":0}],"segments":[[0,-4,0]]}`))
	f.Fuzz(func(t *testing.T, src, text, encoded []byte) {
		r, err := Restore("a", src, text, encoded)
		if err != nil {
			return
		}
		for off := -1; off < len(text)+2; off++ {
			r.Locate(off)
		}
	})
}
