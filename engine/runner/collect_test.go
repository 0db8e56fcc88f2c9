package runner

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// twoSpans is a request with a span that has ids and one that has none.
const twoSpans = `{"resourceSpans":[{"scopeSpans":[{"spans":[
 {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"},{"name":"b"}]}]}]}`

func collecting(exporter string) *collector {
	return newCollector(&Job{File: &spec.File{Otel: &spec.Otel{Exporter: exporter}}, Scenario: &spec.Scenario{Name: "s"}}, nil)
}

func TestWhatTheCollectorCannotKeepIsCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		exporter string
		body     string
		room     int
		check    func(o *Outcome) bool
	}{
		"kept":        {"otlp", twoSpans, 10_000, func(o *Outcome) bool { return len(o.Spans) == 1 && o.Telemetry.Over == 0 }},
		"without ids": {"otlp", twoSpans, 10_000, func(o *Outcome) bool { return o.Telemetry.Invalid == 1 }},
		"out of memory": {"otlp", twoSpans, 10, func(o *Outcome) bool {
			return len(o.Spans) == 0 && o.Telemetry.Over == 1 && strings.Contains(o.Telemetry.Detail, "1 spans did not fit")
		}},
		"malformed": {"otlp", "{", 10_000, func(o *Outcome) bool {
			return o.Malformed == 1 && strings.Contains(o.Telemetry.Detail, "OTLP from app")
		}},
		"not asked for": {"none", twoSpans, 10_000, func(o *Outcome) bool { return len(o.Spans) == 0 && o.Ignored == 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			c := collecting(tc.exporter)
			c.room = tc.room
			c.Spans("app", Payload{JSON: true, Body: []byte(tc.body)})
			var o Outcome
			c.finish(&o)
			if !tc.check(&o) {
				t.Errorf("%+v", o)
			}
		})
	}
}

// A line of a step that was meant to be a span says where it is and what is wrong.
func TestAMalformedLineOfAStepIsNamed(t *testing.T) {
	c := collecting("none")
	r := trace.NewStdoutReader()
	c.readers[source{service: "app", step: "order"}] = r
	r.Feed([]byte("hello\n{\"name\":\"a\",\"span_id\":\"1\n{\"span_id\":\"2\n"))
	var o Outcome
	c.finish(&o)
	if want := "stdout of step order: 2 lines look like spans and cannot be read, the first is line 2: "; o.Malformed != 2 || !strings.Contains(o.Telemetry.Detail, want) {
		t.Errorf("%d malformed: %q, want %q", o.Malformed, o.Telemetry.Detail, want)
	}
}
