package report

import (
	"strings"
	"testing"
	"time"
)

// Green is for a pass that was executed and still stands.
func TestOnlyAPassThatStandsIsGreen(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		s     Scenario
		green bool
		says  string
	}{
		{Scenario{Verdict: Pass}, true, "PASS"},
		{Scenario{Verdict: Pass, Stale: true, StaleReason: "the image changed", TracedAt: &at}, false, "stale: the image changed"},
		{Scenario{Verdict: Pass, Replayed: true, TracedAt: &at}, false, "replayed"},
		{Scenario{Verdict: Fail, Replayed: true}, false, "replayed"},
	} {
		var b strings.Builder
		if err := (Human{Options{Color: true}}).Scenario(&b, &tt.s); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "\x1b[1;32m"); got != tt.green || !strings.Contains(b.String(), tt.says) {
			t.Errorf("%+v\nis printed as %q", tt.s, b.String())
		}
	}
}
