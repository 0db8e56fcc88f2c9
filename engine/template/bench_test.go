package template

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

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
