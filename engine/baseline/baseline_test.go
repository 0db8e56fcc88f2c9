package baseline_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/baseline"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// suite is a baseline of one scenario with a span of that name.
func suite(name string, change func(*baseline.Scenario)) *baseline.File {
	s := baseline.Scenario{
		File: "a.clnrm.toml", Name: "pays <twice>", SpecHash: "s", RunHash: "r", Verdict: "pass",
		Images: []baseline.Image{{Service: "app", Name: "app:1", Digest: "sha256:0123456789abcdef"}},
	}
	s.Observed(trace.NewSet([]trace.Span{{Name: name, TraceID: strings.Repeat("1", 32), ID: strings.Repeat("2", 16), Attrs: []trace.Attr{{Key: "n", Value: int64(1)}}}}))
	if change != nil {
		change(&s)
	}
	return baseline.New(time.Unix(1, 0), baseline.Environment{Version: "1", Backend: "docker", Hermetic: true}, []baseline.Scenario{s})
}

func gone(string, string) string { return "it is gone" }

func TestABaselineIsReadBackAndForgeriesAreNot(t *testing.T) {
	name := filepath.Join(t.TempDir(), "deep", "b.json")
	if err := suite("order", nil).Write(name); err != nil {
		t.Fatal(err)
	}
	f, err := baseline.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := baseline.Compare(suite("order", nil), f, gone)
	if err != nil || c.Count(baseline.Same) != 1 || len(c.Environment) != 0 {
		t.Errorf("read back: %+v, %v", c, err)
	}
	if sum, err := os.ReadFile(name + ".sha256"); err != nil || string(sum) != f.Digest+"\n" {
		t.Errorf("digest file %q, %v", sum, err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, forged := range map[string]string{
		"another span":     strings.Replace(string(text), `"order"`, `"offer"`, 1),
		"another scenario": strings.Replace(string(text), "pays", "owes", 1),
		"another schema":   strings.Replace(string(text), "baseline/1", "baseline/9", 1),
		"outside":          strings.Replace(string(text), `"a.clnrm.toml"`, `"../a.clnrm.toml"`, 1),
		"cut":              string(text[:len(text)/2]),
	} {
		if _, err := baseline.Parse([]byte(forged)); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

func TestADifferenceIsExplainedByItsCauses(t *testing.T) {
	for name, c := range map[string]struct {
		now     *baseline.File
		outcome baseline.Outcome
		want    []string
	}{
		"other spans":        {suite("offer", nil), baseline.Different, []string{"Missing spans (1)", "- order", "+ offer"}},
		"another image":      {suite("order", func(s *baseline.Scenario) { s.Images[0].Digest = "sha256:fedcba9876543210" }), baseline.Same, []string{"image of app (app:1): sha256:0123456789ab → sha256:fedcba987654"}},
		"another verdict":    {suite("order", func(s *baseline.Scenario) { s.Verdict, s.Failure = "fail", "expect.span[x]: gone" }), baseline.Different, []string{"verdict pass → fail", "expect.span[x]: gone"}},
		"other expectations": {suite("offer", func(s *baseline.Scenario) { s.SpecHash = "t" }), baseline.Different, []string{"its expectations are other ones"}},
		"other commands":     {suite("order", func(s *baseline.Scenario) { s.RunHash = "t" }), baseline.Same, []string{"its services, commands or environment"}},
		"another service":    {suite("order", func(s *baseline.Scenario) { s.Images = nil }), baseline.Same, []string{"service app: no longer there"}},
		"nothing":            {baseline.New(time.Unix(2, 0), baseline.Environment{Version: "2", Backend: "local"}, nil), baseline.NotRun, []string{"it is gone", "backend: docker → local", "hermetic: true → false", "clnrm-tui: 1 → 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := baseline.Compare(suite("order", nil), c.now, gone)
			if err != nil {
				t.Fatal(err)
			}
			if got.Scenarios[0].Outcome != c.outcome {
				t.Errorf("outcome %q, want %q", got.Scenarios[0].Outcome, c.outcome)
			}
			var text strings.Builder
			if err := baseline.WriteText(&text, got, false); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(text.String(), want) {
					t.Errorf("no %q in\n%s", want, &text)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	name := filepath.Join(f.TempDir(), "b.json")
	if err := suite("order", nil).Write(name); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"schema":"clnrm.baseline/1","scenarios":[{"file":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := baseline.Parse(data)
		if err != nil {
			return
		}
		if _, err := baseline.Compare(b, b, gone); err != nil {
			t.Fatalf("accepted, but not comparable: %v", err)
		}
	})
}
