package template

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// peerMain is the template that is rendered against other engines.
const peerMain = "bench.tera"

// loaded is a source whose files are in memory and hashed already. It is the
// seam at which the engine is measured on equal terms with engines that read no
// files when they render: compiling, linking, variables and rendering are those
// of Engine.Render, only the reading is left out.
type loaded map[string]*file

func (l loaded) find(_ *file, name string) (*file, []Dep, error) { return l[name], nil, nil }

// peer is the template of the measurements: that of CLNRM_TERA_BENCH, or the
// project's own.
func peer(t testing.TB) (*Engine, loaded) {
	dir := os.Getenv("CLNRM_TERA_BENCH")
	if dir == "" {
		dir = filepath.Join("..", "..", "scripts", "peers", "order")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.tera"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no templates in %s: %v", dir, err)
	}
	files := loaded{}
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(name)
		files[base] = &file{path: base, src: string(src), hash: sha256.Sum256(src)}
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
	return New(Options{Root: dir, Overrides: vars, Now: fixedNow}), files
}

func renderPeer(t testing.TB, e *Engine, files loaded) []byte {
	r := newRender(context.Background(), e, files)
	out, err := r.run(files[peerMain])
	if err != nil {
		t.Fatal(r.diagnose(err))
	}
	return out.Out.Buf
}

// TestPeerTemplateIsPlain keeps the template of the measurements readable for
// every engine of the dialect, and leaves what it renders to where
// CLNRM_PEER_OUTPUT says, for a comparison byte by byte.
func TestPeerTemplateIsPlain(t *testing.T) {
	e, files := peer(t)
	text := renderPeer(t, e, files)
	if !bytes.Equal(text, renderPeer(t, e, files)) {
		t.Error("two renders differ")
	}
	for _, d := range e.Extensions(peerMain, []byte(files[peerMain].src)) {
		t.Error(d)
	}
	if to := os.Getenv("CLNRM_PEER_OUTPUT"); to != "" {
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// processorTime is what the process has spent on all processors, its garbage
// collector included. Other programs on the machine disturb it far less than the
// time of day.
func processorTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measurePeer runs work for a benchmark and reports the processor time too.
func measurePeer(b *testing.B, work func()) {
	b.ReportAllocs()
	for range 50 { // until the heap has its size
		work()
	}
	start := processorTime(b)
	for b.Loop() {
		work()
	}
	b.ReportMetric(float64(processorTime(b)-start)/float64(b.N), "cpu-ns/op")
}

// BenchmarkPeerRender renders the template of the peers' comparison from memory,
// compiled before.
func BenchmarkPeerRender(b *testing.B) {
	e, files := peer(b)
	measurePeer(b, func() { renderPeer(b, e, files) })
}

// BenchmarkPeerCompile compiles all files of the peers' comparison and renders
// them once, from memory.
func BenchmarkPeerCompile(b *testing.B) {
	e, files := peer(b)
	measurePeer(b, func() {
		e.compiled.Purge()
		renderPeer(b, e, files)
	})
}

// BenchmarkPeerParallel is BenchmarkPeerRender on all cores at once.
func BenchmarkPeerParallel(b *testing.B) {
	e, files := peer(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			renderPeer(b, e, files)
		}
	})
}
