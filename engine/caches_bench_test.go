package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/cache"
)

// BenchmarkCaches is the memory that the caches of docs/performance.md take when they
// are full, over templates with 10 scenarios each: the heap with them less the heap
// without them. The log is that of one scenario with lines of 58 bytes.
func BenchmarkCaches(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		for i := range 700 { // more than any cache has entries
			name := filepath.Join(dir, fmt.Sprintf("suite%03d.clnrm.toml.tera", i))
			if err := os.WriteFile(name, []byte(crowded(i)), 0o644); err != nil {
				b.Fatal(err)
			}
		}
		e, err := New(Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Scan(b.Context()); err != nil {
			b.Fatal(err)
		}
		full := held()
		for i := range cache.DefaultEntries { // what they displace goes
			if err := e.pipeline.cache.Store(b.Context(), fmt.Sprint(i), cache.Entry{Closure: cache.Closure{Template: [32]byte{byte(i)}}}); err != nil {
				b.Fatal(err)
			}
		}
		e.pipeline.recent.mu.Lock()
		clear(e.pipeline.recent.files[:])
		e.pipeline.recent.mu.Unlock()
		decoded := held()
		e.pipeline.template = nil
		compiled := held()
		ring := &logRing{}
		for i := range logRingLines * 5 / 4 {
			ring.add(LogLine{Service: "app", Step: "talk", Stream: "stdout"}, "", fmt.Appendf(nil, "line %08d of what a busy service says, all day long", i))
		}
		logged := held()
		b.ReportMetric(float64(full-decoded)/1e6, "renderings-MB")
		b.ReportMetric(float64(decoded-compiled)/1e6, "compiled-MB")
		b.ReportMetric(float64(logged-compiled)/1e6, "log-MB")
		b.ReportMetric(0, "ns/op")
		runtime.KeepAlive(ring)
		if err := e.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// held is the memory in use after a collection, in bytes.
func held() int64 {
	var m runtime.MemStats
	for range 3 { // what pools hold goes with the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// crowded is a template with ten scenarios and a few expectations.
func crowded(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[meta]\nname = \"suite %03d\"\nversion = \"1.0\"\n[otel]\nexporter = \"otlp\"\n[vars]\nimage = \"app:%d\"\n[service.app]\nplugin = \"generic_container\"\nimage = \"{{ image }}\"\nargs = [\"serve\", \"--port\", \"8080\"]\n", i, i%7)
	for k := range 10 {
		fmt.Fprintf(&b, "[[scenario]]\nname = \"orders_%d_of_%03d\"\nservice = \"app\"\nrun = \"client order --count %d\"\n", k, i, k+1)
	}
	b.WriteString(`{% for name in ["order", "price", "reserve", "charge", "receipt"] %}
[[expect.span]]
name = "{{ name }}"
parent = "request"
kind = "internal"
attrs.all = { "shop.step" = "{{ name | upper }}" }
{% endfor %}
[expect.graph]
must_include = [["request", "order"], ["request", "charge"]]
acyclic = true
[expect.status]
all = "OK"
`)
	return b.String()
}
