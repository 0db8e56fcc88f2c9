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
		`2026/01/02 15:04:05 traces export: Post "http://127.0.0.1:4318/v1/traces": dial tcp 127.0.0.1:4318: connect: connection refused`,
		`2026/01/02 15:04:05 OTLP partial success: "over the limit" (12 spans rejected)`,
		`Failed to export traces to 127.0.0.1:4317, error code: StatusCode.UNAVAILABLE`,
		`Failed to export span batch code: 503, reason: busy`,
		`Exception while exporting Span batch.`,
		`Queue full, dropping Span.`,
		`SEVERE: Failed to export spans. The request could not be executed. Full error message: Connection refused`,
		`{"stack":"OTLPExporterError: Bad Request","message":"Bad Request","code":"400"}`,
		`ERROR opentelemetry_sdk:  name="BatchSpanProcessor.Export.Error" error="Operation failed"`,
		`E, ERROR -- : OpenTelemetry error: Unable to export 7 spans`,
		`[OTLP TRACE HTTP Exporter] ERROR: Export 1 trace span(s) error: 1`,
	}
	kept = []string{
		`Transient error StatusCode.UNAVAILABLE encountered while exporting traces to 127.0.0.1:4317, retrying in 1s.`,
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
