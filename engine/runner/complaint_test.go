package runner

import (
	"bytes"
	"strings"
	"testing"
)

// deaf is an observer of output that listens to nothing.
type deaf struct{ Observer }

func (deaf) Output(_, _ string, _ Stream, _ []byte) {}

// lost are lines as SDKs write them when spans are lost; kept are lines that are
// no such thing.
var (
	lost = []string{
		// Go
		`2026/01/02 15:04:05 traces export: Post "http://127.0.0.1:4318/v1/traces": dial tcp 127.0.0.1:4318: connect: connection refused`,
		`2026/01/02 15:04:05 traces export: failed to send to http://127.0.0.1:4318/v1/traces: 500 Internal Server Error (body: busy)`,
		`2026/01/02 15:04:05 traces export: OTLP partial success: over the limit (12 spans rejected)`,
		`2026/01/02 15:04:05 "level"=8 "msg"="exporting spans" "count"=1 "total_dropped"=41`,
		// Python
		`Failed to export traces to 127.0.0.1:4317, error code: StatusCode.UNAVAILABLE`,
		`Failed to export span batch code: 503, reason: busy`,
		`Failed to export span batch due to timeout, max retries or shutdown.`,
		`Failed to export batch code: 503, reason: busy`,
		`Exporter already shutdown, ignoring batch`,
		`Shutdown in progress, aborting retry.`,
		`Exception while exporting Span.`,
		`Exception while exporting Span batch.`,
		`Queue full, dropping Span.`,
		`Queue is full, likely spans will be dropped.`,
		// Java
		`SEVERE: Failed to export spans. The request could not be executed. Full error message: Connection refused`,
		`WARNING: Failed to export spans. Server responded with gRPC status code 2. Error message: `,
		`WARNING: Exporter threw an Exception`,
		// JavaScript
		`{"stack":"OTLPExporterError: Bad Request","message":"Bad Request","code":"400"}`,
		`{"stack":"Error: Concurrent export limit reached\\n    at …","message":"Concurrent export limit reached","name":"Error"}`,
		`{"stack":"Error: Timeout\\n    at Timeout._onTimeout (/app/node_modules/@opentelemetry/sdk-trace-base/build/src/export/BatchSpanProcessorBase.js:138:24)","message":"Timeout"}`,
		`Dropped 3 spans because maxQueueSize reached`,
		`Received Partial Success response: {"rejectedSpans":"3","errorMessage":"over the limit"}`,
		// Rust
		`ERROR opentelemetry_sdk:  name="BatchSpanProcessor.Export.Error" error="Operation failed"`,
		`ERROR opentelemetry_sdk:  name="BatchSpanProcessor.Flush.ExportError" reason="ExportFailed" Failed during the export process`,
		`WARN opentelemetry_sdk:  name="BatchSpanProcessor.SpanDroppingStarted"`,
		`WARN opentelemetry_sdk:  name="BatchSpanProcessor.SpansDropped" dropped_span_count=2`,
		`WARN opentelemetry-otlp:  name="HttpTraceClient.PartialSuccess" rejected_spans=3 error_message="over the limit"`,
		// .NET
		`Exporter failed send data to collector to http://localhost:4317/ endpoint. Data will not be sent. Exception: …`,
		`'BatchActivityExportProcessor' exporting to 'OtlpTraceExporter' dropped '12' item(s) due to buffer full.`,
		// Ruby, PHP, C++
		`E, ERROR -- : OpenTelemetry error: Unable to export 7 spans`,
		`OpenTelemetry: [error] Export failure [exception] Export retry limit exceeded`,
		`OpenTelemetry: [error] Export partial success in /app/SpanExporter.php(48)`,
		`[Error] File: otlp_http_exporter.cc:145 [OTLP TRACE HTTP Exporter] ERROR: Export 1 trace span(s) error: 1`,
		`[Error] File: otlp_grpc_exporter.cc:66 [OTLP TRACE GRPC Exporter] Export() failed with status_code: "UNAVAILABLE" error_message: ""`,
		`[Warning] File: batch_span_processor.cc:74 BatchSpanProcessor queue is full - dropping span.`,
		// the collector
		"2026-01-02T15:04:05Z\terror\tinternal/queue_sender.go:49\tExporting failed. Dropping data.\t" + `{"otelcol.component.id": "otlp", "otelcol.signal": "traces", "error": "not retryable", "dropped_items": 4}`,
		"2026-01-02T15:04:05Z\terror\tinternal/base_exporter.go:120\tExporting failed. Rejecting data.\t" + `{"otelcol.component.id": "otlp", "otelcol.signal": "traces", "error": "sending queue is full", "rejected_items": 91}`,
		"2026-01-02T15:04:05Z\terror\tDropping data because sending_queue is full. Try increasing queue_size.\t" + `{"kind": "exporter", "data_type": "traces", "dropped_items": 8}`,
	}
	kept = []string{
		`Transient error StatusCode.UNAVAILABLE encountered while exporting traces to 127.0.0.1:4317, retrying in 1s.`,
		`2026/01/02 15:04:05 traces export: OTLP partial success: the attribute x is deprecated (0 spans rejected)`,
		`2026/01/02 15:04:05 "level"=8 "msg"="exporting spans" "count"=5 "total_dropped"=0`,
		`Received Partial Success response: {"rejectedSpans":"0","errorMessage":"the attribute x is deprecated"}`,
		`WARN opentelemetry-otlp:  name="HttpTraceClient.PartialSuccess" rejected_spans=0 error_message="deprecated"`,
		"2026-01-02T15:04:05Z\tinfo\tExporting failed. Will retry the request after interval.\t" + `{"otelcol.signal": "traces", "interval": "5s"}`,
		"2026-01-02T15:04:05Z\terror\tExporting failed. Dropping data.\t" + `{"otelcol.signal": "logs", "dropped_items": 4}`,
		`OpenTelemetry: [warning] Export success with warnings/suggestions in /app/SpanExporter.php(55)`,
		`exporting the catalogue: 12 traces of mice were found`,
		`the span of the bridge was dropped from the plan`,
		`export PATH=/bin`,
	}
)

func TestLinesThatSayThatSpansWereLostAreCountedBySource(t *testing.T) {
	for _, size := range []int{1, 7, 1 << 20} { // of the pieces in which it comes
		c := collecting("otlp")
		c.obs = deaf{}
		give := func(service, step string, stream Stream, text string) {
			for p := []byte(text); len(p) > 0; p = p[min(size, len(p)):] {
				c.Output(service, step, stream, p[:min(size, len(p))])
			}
		}
		give("app", "", Stderr, "hello\n"+strings.Join(lost, "\n")+"\n"+strings.Join(kept, "\n"))
		give("app", "load", Stdout, lost[0]) // without an end
		give("db", "", Stdout, strings.Join(kept, "\n"))
		var o Outcome
		c.finish(&o)
		n := int64(len(lost))
		if got := o.Telemetry; got.Failed != n+1 || len(got.Sources) != 1 || got.Sources[0].Service != "app" || got.Sources[0].Failed != n+1 {
			t.Errorf("pieces of %d: %+v, want %d lines of app", size, got, n+1)
		}
		for _, part := range []string{"service app at first: " + lost[0], "step load at first: " + lost[0]} {
			if !strings.Contains(o.Telemetry.Detail, part) {
				t.Errorf("pieces of %d: %q lacks %q", size, o.Telemetry.Detail, part)
			}
		}
	}
}

func TestEachComplaintIsKnown(t *testing.T) {
	for _, line := range lost {
		if !complains([]byte(line)) {
			t.Errorf("taken for nothing: %s", line)
		}
	}
	for _, line := range kept {
		if complains([]byte(line)) {
			t.Errorf("taken for a loss: %s", line)
		}
	}
}

func TestComplaintsAreOfNoInterestWhereNoSpansAreAwaited(t *testing.T) {
	c := collecting("stdout")
	c.obs = deaf{}
	c.Output("app", "", Stderr, []byte(lost[0]+"\n"))
	var o Outcome
	if c.finish(&o); o.Telemetry.Failed != 0 || len(o.Telemetry.Sources) != 0 {
		t.Errorf("%+v", o.Telemetry)
	}
}

func TestLongLinesAreCutForTheEyeButNotInTheMiddleOfAWord(t *testing.T) {
	c := collecting("otlp")
	c.obs = deaf{}
	c.Output("app", "", Stderr, []byte("traces export: the token is "+strings.Repeat("s3cret", 1000)))
	var o Outcome
	if c.finish(&o); o.Telemetry.Detail != "service app at first: traces export: the token is …" {
		t.Errorf("%q", o.Telemetry.Detail)
	}
}

// BenchmarkOverheard is what looking for complaints costs in output that has none.
func BenchmarkOverheard(b *testing.B) {
	p := bytes.Repeat([]byte("2026-01-02T15:04:05Z INFO request served in 12 ms by worker 7\n"), 1000)
	b.SetBytes(int64(len(p)))
	g := &grumble{}
	for b.Loop() {
		g.feed(p)
	}
}
