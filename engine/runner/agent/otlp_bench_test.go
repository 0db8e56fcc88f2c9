package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

const (
	benchClients = 8
	benchBatch   = 512 // spans in a request: the default of every SDK
)

// batch is a request as an SDK sends it: spans of a web shop with six attributes
// each. Every fourth has an event.
func batch(from int) *collector.ExportTraceServiceRequest {
	text := func(k, v string) *common.KeyValue {
		return &common.KeyValue{Key: k, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: v}}}
	}
	number := func(k string, v int) *common.KeyValue {
		return &common.KeyValue{Key: k, Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: int64(v)}}}
	}
	spans := make([]*tracepb.Span, benchBatch)
	for i := range spans {
		n := from + i
		s := &tracepb.Span{
			TraceId: fmt.Appendf(nil, "%016d", n/16+1), SpanId: fmt.Appendf(nil, "%08d", n+1),
			Name: fmt.Sprint("GET /items/", n%40), Kind: tracepb.Span_SPAN_KIND_SERVER,
			StartTimeUnixNano: 1_700_000_000_000_000_000 + uint64(n), EndTimeUnixNano: 1_700_000_000_000_500_000 + uint64(n),
			Attributes: []*common.KeyValue{
				text("http.request.method", "GET"), text("url.path", fmt.Sprint("/items/", n%40)), number("http.response.status_code", 200),
				text("server.address", "shop"), text("user.id", fmt.Sprint("user-", n)), number("db.rows", n%100),
			},
		}
		if n%16 != 0 {
			s.ParentSpanId = fmt.Appendf(nil, "%08d", n-n%16+1)
		}
		if n%4 == 0 {
			s.Events = []*tracepb.Span_Event{{TimeUnixNano: s.StartTimeUnixNano, Name: "cache.miss"}}
		}
		spans[i] = s
	}
	return &collector.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resource.Resource{Attributes: []*common.KeyValue{text("service.name", "shop")}},
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &common.InstrumentationScope{Name: "shop"}, Spans: spans}},
	}}}
}

// raw sends messages that are encoded already.
type raw struct{}

func (raw) Name() string { return "proto" }
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	p, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("%T is no encoded message", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(p)}, nil
}
func (raw) Unmarshal(mem.BufferSlice, any) error { return nil }

// BenchmarkReceiver is the way of spans from 8 exporters on the loopback, in
// requests of 512, through the listener, the frames and a pipe to decoded spans
// in the runner, exporters included; spans/s counts those that were decoded, lost
// those that were acknowledged and are not there. peak-MiB is the most memory of
// the process, senders and all received spans included; unkept lets go of these,
// so that what is left is the receiver, its senders and the decoder. cpu-ns/span is the time on
// processors: two of them reach 200,000 spans/s with 10,000 each.
func BenchmarkReceiver(b *testing.B) {
	for _, form := range []string{"protobuf", "json", "grpc"} {
		b.Run(form, func(b *testing.B) { benchReceiver(b, form, wire.MaxSpans) })
	}
	b.Run("unkept", func(b *testing.B) { benchReceiver(b, "protobuf", 0) })
}

// benchReceiver keeps at most so many spans.
func benchReceiver(b *testing.B, form string, most int) {
	bodies := benchBodies(b, form == "json")
	out, in, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	// The agent is a process of its own; between the two is a pipe.
	var decoder trace.Decoder
	var held []trace.Span
	decoded := 0
	c := client.New(out, io.Discard, func() { _ = in.Close() }, func(json bool, body []byte) {
		spans, invalid, err := decoder.Decode(body, json)
		if err != nil || invalid > 0 {
			b.Errorf("%d invalid: %v", invalid, err)
		}
		if decoded += len(spans); len(held)+len(spans) > most {
			held = nil // the next scenario
		}
		if len(spans) <= most {
			held = append(held, spans...)
		}
	})
	r, addr := listening(b, in)
	r.most = 1 << 60
	send := sender(b, form, addr)
	peak := watchMemory()
	var sent, next atomic.Int64
	b.SetBytes(int64(len(bodies[0])))
	b.ResetTimer()
	before := processor(b)
	var wg sync.WaitGroup
	for range benchClients {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := send(bodies[n%int64(len(bodies))]); err != nil {
					b.Error(err)
					return
				}
				sent.Add(benchBatch)
			}
		})
	}
	wg.Wait()
	f := r.drain()
	c.Close() // waits until everything was read
	b.StopTimer()
	b.ReportMetric(float64(processor(b)-before)/float64(max(decoded, 1)), "cpu-ns/span")
	b.ReportMetric(float64(decoded)/b.Elapsed().Seconds(), "spans/s")
	b.ReportMetric(float64(sent.Load()-int64(decoded)), "lost")
	b.ReportMetric(float64(peak())/(1<<20), "peak-MiB")
	if f.Traces != c.Received() || f.Spans != sent.Load() || int64(decoded) != sent.Load() {
		b.Errorf("%d spans acknowledged, %d decoded, account %+v", sent.Load(), decoded, f)
	}
	runtime.KeepAlive(held)
}

// benchBodies encodes 64 different requests.
func benchBodies(b *testing.B, json bool) [][]byte {
	bodies := make([][]byte, 64)
	for i := range bodies {
		p, err := proto.Marshal(batch(i * benchBatch))
		if json && err == nil {
			var td ptrace.Traces
			if td, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(p); err == nil {
				p, err = (&ptrace.JSONMarshaler{}).MarshalTraces(td)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
		bodies[i] = p
	}
	return bodies
}

// sender returns what sends one encoded request and waits for its answer.
func sender(b *testing.B, form, addr string) func(body []byte) error {
	if form == "grpc" {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{})))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		return func(body []byte) error {
			return conn.Invoke(context.Background(), services["traces"], body, nil)
		}
	}
	kind := "application/x-protobuf"
	if form == "json" {
		kind = "application/json"
	}
	transport := &http.Transport{MaxIdleConnsPerHost: benchClients}
	b.Cleanup(transport.CloseIdleConnections)
	web := &http.Client{Transport: transport}
	return func(body []byte) error {
		resp, err := web.Post("http://"+addr+"/v1/traces", kind, bytes.NewReader(body))
		if err != nil {
			return err
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // it was read to its end
		if resp.StatusCode != http.StatusOK || len(answer) > 2 {
			return fmt.Errorf("%s: %q, %w", resp.Status, answer, err)
		}
		return err
	}
}

// processor is the time that this process has spent on processors: on a busy
// machine it says more than the clock.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watchMemory measures the memory of this process now and then, and returns what
// ends that and tells the most, in bytes.
func watchMemory() (peak func() uint64) {
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		var max uint64
		for {
			metrics.Read(sample)
			if n := sample[0].Value.Uint64() - sample[1].Value.Uint64(); n > max {
				max = n
			}
			select {
			case <-tick.C:
			case <-stop:
				most <- max
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-most }
}
