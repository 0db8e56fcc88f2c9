package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

func TestAnUnseenEndNamesTheLastArrivals(t *testing.T) {
	rec := &store.Record{Telemetry: runner.Telemetry{Detail: "service db: it was killed"}}
	if got := lossOf(rec); got != "the end of the stream was not seen; no span arrived over OTLP; service db: it was killed" {
		t.Error(got)
	}
	rec.Telemetry.Sources = []runner.TelemetrySource{{Service: "app", Requests: 2, Spans: 7, Last: 1234567 * time.Microsecond}, {Service: "db", Requests: 1}}
	want := "the end of the stream was not seen; last arrivals: app after 1.235s (7 spans in 2 requests), db after 0s (0 spans in 1 requests); service db: it was killed"
	if got := lossOf(rec); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	rec.Telemetry.Cut, rec.Telemetry.Detail = []string{"service app did not end within 5s of TERM and was killed"}, ""
	want = "service app did not end within 5s of TERM and was killed; what was not exported by then is lost; last arrivals: app after 1.235s (7 spans in 2 requests), db after 0s (0 spans in 1 requests)"
	if got := lossOf(rec); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	rec.Telemetry.Failed, rec.Telemetry.Detail = 3, "step s at first: traces export: refused"
	if got := lossOf(rec); got != "3 lines of output say that spans could not be exported; step s at first: traces export: refused" {
		t.Error(got)
	}
	rec.Telemetry.Failed = 0
	rec.Telemetry.Complete = true
	if got := lossOf(rec); got != "" {
		t.Errorf("complete: %s", got)
	}
}

func TestServiceThatHadToBeKilledIsToldAndSpoilsNoVerdictWithoutSpans(t *testing.T) {
	b := emits(oneSpan)
	b.Lossy, b.Telemetry = true, runner.Telemetry{Cut: []string{"service app did not end within 5s of TERM and was killed"}}
	h := watching(t, b, map[string]string{"cleanroom.toml": "", file: several("emit"), "spans." + file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Verdict{file: VerdictPass, "spans." + file: VerdictError} {
		s := h.scenario("a verdict", path, "emit", func(s *Scenario) bool { return s.Verdict.Done() })
		if s.Verdict != want || want == VerdictError && !strings.HasPrefix(s.Last().Result.Message, "the telemetry cannot be trusted: service app did not end within 5s of TERM and was killed; ") {
			t.Errorf("%s is %s: %s", path, s.Verdict, s.Last().Result.Message)
		}
	}
	h.until("one notice", func(s *Snapshot) bool {
		return len(s.Notices) == 1 && strings.Contains(s.Notices[0].Text, file+" emit: service app did not end within 5s of TERM and was killed; no verdict depends on it")
	})
}
