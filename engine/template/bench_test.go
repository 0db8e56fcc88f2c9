package template

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// TestBenchTemplate keeps the benchmark's own template whole: it renders to
// TOML, the same every time.
func TestBenchTemplate(t *testing.T) {
	e, src := checkout(t)
	a, err := e.Render(context.Background(), checkoutName, src)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := toml.Unmarshal(a.Text, &doc); err != nil {
		t.Fatalf("%v\n%s", err, a.Text)
	}
	if n := len(doc["scenario"].([]any)); n != 9 {
		t.Errorf("%d scenarios", n)
	}
	b, err := e.Render(context.Background(), checkoutName, src)
	if err != nil || string(a.Text) != string(b.Text) || a.Volatile {
		t.Errorf("the second render differs (%v)", err)
	}
	checkMap(t, a)
}

const checkoutName = "checkout.clnrm.toml.tera"

// checkout returns the template of the benchmarks: 140 lines in three files, two of macros,
// an include, nested loops.
func checkout(t testing.TB) (*Engine, []byte) {
	root, err := filepath.Abs("testdata/bench")
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(root, checkoutName))
	if err != nil {
		t.Fatal(err)
	}
	e := New(Options{Root: root, Now: fixedNow, Home: t.TempDir(), Env: func(string) (string, bool) { return "", false }})
	return e, src
}

// BenchmarkRender renders with everything compiled, reading the other files anew.
func BenchmarkRender(b *testing.B) {
	e, src := checkout(b)
	b.ReportAllocs()
	for b.Loop() {
		res, err := e.Render(context.Background(), checkoutName, src)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(res.Text)))
	}
}

// BenchmarkCompileRender is the first render after every file has changed.
func BenchmarkCompileRender(b *testing.B) {
	e, src := checkout(b)
	b.ReportAllocs()
	for b.Loop() {
		e.compiled.Purge()
		if _, err := e.Render(context.Background(), checkoutName, src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLocate finds the sources of positions all over the text.
func BenchmarkLocate(b *testing.B) {
	e, src := checkout(b)
	res, err := e.Render(context.Background(), checkoutName, src)
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		res.Locate(i)
		i = (i + 97) % len(res.Text)
	}
}

// TestReferenceTemplate renders the template of the measurements against real
// Tera byte for byte.
func TestReferenceTemplate(t *testing.T) {
	e, src, want := reference(t)
	res, err := e.Render(context.Background(), "bench.tera", src)
	if err != nil {
		t.Fatal(err)
	}
	if string(res.Text) != string(want) {
		t.Errorf("the output differs from the expected one:\n%s", res.Text)
	}
}

// reference returns an engine with the shared benchmark files.
func reference(t testing.TB) (*Engine, []byte, []byte) {
	dir := os.Getenv("CLNRM_TERA_BENCH")
	if dir == "" {
		t.Skip("CLNRM_TERA_BENCH is not set")
	}
	src, err := os.ReadFile(filepath.Join(dir, "bench.tera"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "expected.toml"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "ctx.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.UseNumber()
	var vars map[string]any
	if err := dec.Decode(&vars); err != nil {
		t.Fatal(err)
	}
	vars, _ = value.Normalise(vars).(map[string]any)
	return New(Options{Root: dir, Overrides: vars, Now: fixedNow}), src, want
}

func BenchmarkReferenceRender(b *testing.B) {
	e, src, _ := reference(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Render(context.Background(), "bench.tera", src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReferenceCompileRender(b *testing.B) {
	e, src, _ := reference(b)
	b.ReportAllocs()
	for b.Loop() {
		e.compiled.Purge()
		if _, err := e.Render(context.Background(), "bench.tera", src); err != nil {
			b.Fatal(err)
		}
	}
}
