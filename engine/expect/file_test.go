package expect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// readSample decodes the test file and the honest trace under testdata.
func readSample(t *testing.T) (*spec.File, string) {
	t.Helper()
	name := filepath.Join("testdata", "checkout.clnrm.toml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, ds := spec.Decode(name, text, spec.PlainText(name, text))
	if errors, _ := diag.Count(ds); errors > 0 {
		t.Fatal(ds)
	}
	spans, err := os.ReadFile(filepath.Join("testdata", "checkout.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	return f, string(spans)
}

func judgeText(t *testing.T, f *spec.File, text string) expect.Result {
	t.Helper()
	spans, _, err := trace.ReadFile([]byte(text), false)
	if err != nil {
		t.Fatal(err)
	}
	return expect.Judge(f.Expect, trace.NewSet(spans), expect.Options{InternalHosts: []string{"db"}})
}

// TestNoFileOfTheOriginalPassesWithoutSpans judges every test file of the
// original that needs no rendering: whatever it declares, nothing passes on
// nothing, and nothing makes the judge fall over.
func TestNoFileOfTheOriginalPassesWithoutSpans(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("set CLNRM_CORPUS to the folder with the original's files")
	}
	_, honest := readSample(t)
	spans, _, err := trace.ReadFile([]byte(honest), false)
	if err != nil {
		t.Fatal(err)
	}
	files, rules := 0, 0
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, _ := spec.Decode(path, text, spec.PlainText(path, text))
		if f == nil || f.Expect == nil {
			return nil
		}
		files++
		for _, set := range []*trace.Set{trace.NewSet(nil), trace.NewSet(spans)} {
			r := expect.Judge(f.Expect, set, expect.Options{Looked: []string{"stdout"}})
			rules += len(r.Checks)
			if set.Len() > 0 {
				continue
			}
			if r.Passed() || len(r.Checks) > 0 && !strings.Contains(r.Failures()[0].Message, "no spans collected") {
				t.Errorf("%s: %+v", path, r.Checks)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 || rules < 200 {
		t.Errorf("only %d files with %d rules were judged", files, rules)
	}
	t.Logf("%d files, %d rules", files, rules)
}

// TestAWholeFileIsGreenOnTheHonestTraceAndRedOnEachLie takes a test file with
// all seven kinds of expectations through the decoder, and lies in the trace one
// thing at a time.
func TestAWholeFileIsGreenOnTheHonestTraceAndRedOnEachLie(t *testing.T) {
	f, honest := readSample(t)
	r := judgeText(t, f, honest)
	if !r.Passed() || r.Judged() < 25 {
		t.Fatalf("judged %d: %+v", r.Judged(), r.Failures())
	}
	for _, c := range r.Checks {
		if c.Pos.Line == 0 {
			t.Errorf("%s has no position", c.Rule)
		}
	}
	for _, tc := range []struct{ name, old, new, rule string }{
		{"the root is missing", `"name":"POST /checkout"`, `"name":"GET /checkout"`, "expect.span[POST /checkout].existence"},
		{"another kind", `"kind":"client"`, `"kind":"internal"`, "expect.span[charge.*].kind"},
		{"another value", `"amount":42.5`, `"amount":42.25`, "expect.span[charge.*].attrs.all"},
		{"a number out of range", `"http.response.status_code":200`, `"http.response.status_code":500`, "expect.span[POST /checkout].attrs.all"},
		{"an event less", `"events":["approved"]`, `"events":[]`, "expect.span[charge.*].events.all"},
		{"too slow", `"end_time_unix_nano":5000000`, `"end_time_unix_nano":95000000`, "expect.span[charge.*].duration_ms.max"},
		{"an edge less", `"parent_span_id":"02"`, `"parent_span_id":"01"`, "expect.span[charge.*].parent"},
		{"a forbidden span", `"name":"db.insert"`, `"name":"db.delete"`, "expect.span[db.delete].existence"},
		{"a lie about the service", `5500000,"resource":{"attributes":{"service.name":"shop"`, `5500000,"resource":{"attributes":{"service.name":"shopping"`, "expect.hermeticity.resource_attrs.must_match[service.name]"},
		{"a peer outside", `"server.address":"db"`, `"server.address":"db.example.com"`, "expect.hermeticity.no_external_services"},
		{"a secret", `"provider":"card"`, `"provider":"card","card.number":"4111"`, "expect.hermeticity.span_attrs.forbid_keys[card.*]"},
		{"an error", `"name":"payment"`, `"name":"payment","status":"error"`, "expect.counts.errors_total"},
		{"a span too early", `"start_time_unix_nano":6000000`, `"start_time_unix_nano":4000000`, "expect.order.must_precede[charge.card -> db.insert]"},
		{"a span outlives its window", `"end_time_unix_nano":7000000`, `"end_time_unix_nano":9000000`, "expect.window[0:POST /checkout]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !strings.Contains(honest, tc.old) {
				t.Fatalf("the trace has no %s", tc.old)
			}
			r := judgeText(t, f, strings.Replace(honest, tc.old, tc.new, 1))
			failures := r.Failures()
			if len(failures) == 0 || failures[0].Rule != tc.rule {
				t.Fatalf("want %s, got %+v", tc.rule, failures)
			}
		})
	}
}
