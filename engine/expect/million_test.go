package expect

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// spansWanted is how many spans the benchmarks of large traces have:
// CLNRM_BENCH_SPANS, else 100,000.
func spansWanted(b *testing.B) int {
	text := os.Getenv("CLNRM_BENCH_SPANS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("CLNRM_BENCH_SPANS = %q is no number of spans", text)
	}
	return n
}

// otlpJSON writes spans as the file exporter of a collector does: a document of
// up to 512 spans per line; spans makes those from one row to another.
func otlpJSON(n int, spans func(from, to int) []trace.Span) []byte {
	var b strings.Builder
	for from := 0; from < n; from += 512 {
		b.WriteString(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"shop"},"spans":[`)
		for i, s := range spans(from, min(n, from+512)) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"traceId":%q,"spanId":%q,"parentSpanId":%q,"name":%q,"kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`,
				s.TraceID, s.ID, s.ParentID, s.Name, s.Kind, s.Start, s.End)
			for k, a := range s.Attrs {
				if k > 0 {
					b.WriteByte(',')
				}
				switch v := a.Value.(type) {
				case int64:
					fmt.Fprintf(&b, `{"key":%q,"value":{"intValue":"%d"}}`, a.Key, v)
				case bool:
					fmt.Fprintf(&b, `{"key":%q,"value":{"boolValue":%t}}`, a.Key, v)
				default:
					fmt.Fprintf(&b, `{"key":%q,"value":{"stringValue":%q}}`, a.Key, v)
				}
			}
			b.WriteString(`],"status":{}}`)
		}
		b.WriteString("]}]}]}\n")
	}
	return []byte(b.String())
}

// BenchmarkLargeTrace reads a large trace from OTLP/JSON, and reads it and
// judges 30 expectations over it: the second is to take little more than the
// first. B/span is what the indexed spans hold of memory.
func BenchmarkLargeTrace(b *testing.B) {
	n := spansWanted(b)
	all := benchTrace(n)
	data := otlpJSON(n, func(from, to int) []trace.Span { return all[from:to] })
	all = nil
	e := benchExpect()
	read := func() []trace.Span {
		spans, _, err := trace.ReadFile(data, false)
		if err != nil || len(spans) != n {
			b.Fatalf("%d spans: %v", len(spans), err)
		}
		return spans
	}
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			read()
		}
		b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "spans/s")
	})
	b.Run("decode+judge", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if r := Judge(e, trace.NewSet(read()), Options{InternalHosts: []string{"db"}}); !r.Passed() {
				b.Fatalf("%+v", r.Failures())
			}
		}
		b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "spans/s")
	})
	b.Run("memory", func(b *testing.B) {
		var set *trace.Set
		for b.Loop() {
			set = nil
			before := heap()
			set = trace.NewSet(read())
			b.ReportMetric(float64(heap()-before)/float64(n), "B/span")
		}
		runtime.KeepAlive(set)
	})
}

// heap is how much memory is reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
