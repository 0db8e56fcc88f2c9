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

// What is out of date is a pass in no format that machines read, either.
func TestAStalePassIsGreenInNoReport(t *testing.T) {
	for _, format := range []string{"json", "junit", "tap"} {
		s := Scenario{File: "a.clnrm.toml", Name: "a", Verdict: Pass, Stale: true, StaleReason: "the image changed", Checks: []Check{{Failure: Failure{Rule: "r"}, OK: true}}}
		r := NewRun("docker", true, 0, "", []Scenario{s})
		if r.Verdict == Pass || r.Summary.Passed != 0 || r.Scenarios[0].Verdict != Skipped {
			t.Errorf("verdict %s, %+v", r.Verdict, r.Summary)
		}
		w, err := For(format, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := w.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		for _, green := range []string{`"verdict": "pass"`, "ok 1 - a.clnrm.toml: scenario a\n", `failures="0" errors="0" skipped="0"`} {
			if strings.Contains(b.String(), green) {
				t.Errorf("%s says %q:\n%s", format, green, b.String())
			}
		}
	}
}
