package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

// hostile is text that breaks a careless writer of each format.
const hostile = "]]> <&\"' # SKIP \\ \x00\x1b[31m\u202e\r\nok 1 - forged\n  ...\nBail out! \xff\xfe \u2028\U0001F469\u200d\U0001F680\ufffe"

func sample() *Run {
	failed := Check{Failure: Failure{
		Rule: "expect.span[cart.price].attrs.all", Spans: []string{"cart.price"},
		Message: "no span has shop.total=8: found 7", File: "shop/sale.clnrm.toml.tera", Line: 12, Column: 1,
		Explain: []string{"nearest: cart.price", "  shop.item   tea  as expected", "  shop.total  7    expected 8"},
	}}
	return NewRun("docker", true, 3210*time.Millisecond, "", []Scenario{
		{
			File: "shop/sale.clnrm.toml.tera", Test: "shop/sale", Name: "sale", SpecHash: "aa11", Digest: "0123456789abcdef",
			Verdict: Pass, Attempts: 2, Flaky: true, DurationMS: 1042,
			Steps:  []Step{{Name: "order", Verdict: Pass, DurationMS: 12, Stdout: "order 1\n"}},
			Counts: Counts{Spans: 12, Events: 5},
			Checks: []Check{
				{Failure: Failure{Rule: "step[order].exit_code"}, OK: true},
				{Failure: Failure{Rule: "expect.status.all"}, OK: true, Note: "9 UNSET spans accepted as OK"},
			},
			Evidence: &Evidence{Backend: "docker", Hermetic: true, Network: "none",
				Containers: []Container{{Service: "shop", ID: "c0ffee", Image: "shop", Digest: "sha256:feed", Way: "agent"},
					{Service: "system", ID: "decaf", Image: "system", Digest: "sha256:beef", Way: "sidecar", Because: "/sbin/init must be process 1 of its container",
						Missing: []string{"signals are told as exit statuses", "what its process 1 leaves running is killed with it"}}}},
		},
		{
			File: "shop/sale.clnrm.toml.tera", Test: "shop/sale", Name: "wrong", SpecHash: "aa11", Digest: "fedcba9876543210",
			Verdict: Fail, Attempts: 1, DurationMS: 998,
			Steps: []Step{
				{Name: "order", Verdict: Pass, Stdout: "order 1\n"},
				{Name: "pay", Verdict: Fail, ExitCode: 1, Stdout: "PASS everything\n", Stderr: hostile, Message: "exit status 1, expected 0"},
			},
			Counts: Counts{Spans: 12, Events: 5, Errors: 1},
			Checks: []Check{
				failed,
				{Failure: Failure{Rule: "expect.counts.by_name[HTTP #1]", Message: hostile, Spans: []string{hostile}}},
				{Failure: Failure{Rule: "expect.graph.acyclic"}, OK: true},
			},
		},
		{File: "b.clnrm.toml", Name: hostile, Verdict: Error, Message: "service box: image could not be built\nCOPY failed", Attempts: 1},
		{File: "c.clnrm.toml", Name: "later", Verdict: Skipped, Message: "not in this shard # 2"},
		{File: "d.clnrm.toml", Name: "last", Verdict: Interrupted, Attempts: 1, DurationMS: 61_000},
	})
}

func TestRunLooksAsAgreedInEveryFormat(t *testing.T) {
	for _, format := range Formats {
		t.Run(format, func(t *testing.T) {
			w, err := For(format, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := w.Write(&b, sample()); err != nil {
				t.Fatal(err)
			}
			golden(t, "run."+format, b.Bytes())
		})
	}
}

func TestHumanTextInColourAndASCII(t *testing.T) {
	var b bytes.Buffer
	if err := (Human{Options{Color: true, ASCII: true}}).Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	golden(t, "run.color", b.Bytes())
}

func TestFailedEnvironmentIsNeverAPass(t *testing.T) {
	r := NewRun("docker", true, 0, "Docker does not answer: is it running?\n# x", nil)
	for _, format := range Formats {
		w, err := For(format, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := w.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		golden(t, "environment."+format, b.Bytes())
	}
}

func sampleValidation() *Validation {
	broken := diag.Diagnostic{
		Severity: diag.Error, Code: "template-undefined", Message: "variable `totl` is not defined",
		Pos:  diag.Position{File: "shop/_macros.toml.tera", Line: 7, Column: 12},
		Line: "\t日本 = \"{{ totl }}\"", Width: 4, Hint: "did you mean `total`?",
		Fix: &diag.Fix{Title: "rename `totl` to `total`", Edits: []diag.Edit{{Line: 7, Column: 12, Old: "totl", New: "total"}}},
		Via: []diag.Frame{{What: "in macro shop::span", Pos: diag.Position{File: "shop/sale.clnrm.toml.tera", Line: 30, Column: 4}}},
	}
	odd := diag.Diagnostic{Severity: diag.Warning, Code: "spec-version", Message: hostile, Pos: diag.Position{File: "b.clnrm.toml"}}
	return NewValidation([]File{
		NewFile("shop/sale.clnrm.toml.tera", false, Timing{Read: 10, Hash: 5, Render: 400, Total: 415}, []diag.Diagnostic{broken}),
		NewFile("b.clnrm.toml", true, Timing{Read: 8, Total: 9}, []diag.Diagnostic{odd}),
		NewFile("c.clnrm.toml", true, Timing{}, nil),
	}, 1500*time.Microsecond)
}

func TestValidationLooksAsAgreed(t *testing.T) {
	var asJSON, asText bytes.Buffer
	if err := WriteValidationJSON(&asJSON, sampleValidation()); err != nil {
		t.Fatal(err)
	}
	golden(t, "validation.json", asJSON.Bytes())
	if err := (Human{}).Validation(&asText, sampleValidation(), true); err != nil {
		t.Fatal(err)
	}
	golden(t, "validation.human", asText.Bytes())
	var asGitHub bytes.Buffer
	if err := WriteValidationGitHub(&asGitHub, sampleValidation()); err != nil {
		t.Fatal(err)
	}
	golden(t, "validation.github", asGitHub.Bytes())
}

func TestEventsAreLinesOfJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	number, elapsed := 3, int64(12)
	r := sample()
	var b bytes.Buffer
	for _, e := range []Event{
		{Event: EventWatching, Templates: &number},
		{Event: EventChanged, Paths: []string{"a\nb"}},
		{Event: EventChecked, Files: sampleValidation().Files},
		{Event: EventScenarioFinished, Scenario: &r.Scenarios[1]},
		{Event: EventRunFinished, Verdict: r.Verdict, Summary: &r.Summary, ElapsedMS: &elapsed},
		{Event: EventStats, Stats: &Stats{CacheHits: 3, CacheMisses: 1, CacheHitRate: 0.75}},
	} {
		e.Time = at
		if err := WriteEvent(&b, e); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "events.jsonl", b.Bytes())
}
