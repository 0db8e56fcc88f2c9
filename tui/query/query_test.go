package query

import (
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// shop is one template with scenarios in several states.
func shop() *engine.Template {
	ran := func(d time.Duration) *engine.ScenarioRun {
		return &engine.ScenarioRun{Result: &engine.Result{Duration: d}}
	}
	return &engine.Template{Path: "tests/order_flow.clnrm.tera", Name: "Orders", Tags: []string{"Checkout", "red-team"}, Scenarios: []*engine.Scenario{
		{ID: engine.ScenarioID{Name: "happy path"}, Verdict: engine.VerdictPass, Run: ran(3 * time.Second)},
		{ID: engine.ScenarioID{Name: "pays twice"}, Verdict: engine.VerdictFail, Run: ran(500 * time.Millisecond)},
		{ID: engine.ScenarioID{Name: "refund"}, Verdict: engine.VerdictPass, Stale: true, Run: ran(time.Second)},
		{ID: engine.ScenarioID{Name: "no shop"}, Verdict: engine.VerdictError},
		{ID: engine.ScenarioID{Name: "never"}},
	}}
}

func TestTermsSelectScenarios(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "happy path,pays twice,refund,no shop,never"},
		{"PAY", "pays twice"},
		{"!pay", "happy path,refund,no shop,never"},
		{"order", "happy path,pays twice,refund,no shop,never"},
		{"orders refund", "refund"},
		{"!order", ""},
		{"~pstw", "pays twice"},
		{"!~pstw", "happy path,refund,no shop,never"},
		{`"s t"`, "pays twice"},
		{`!"s t`, "happy path,refund,no shop,never"},
		{"tag:red", "happy path,pays twice,refund,no shop,never"},
		{"tag:CHECKOUT pay", "pays twice"},
		{"tag:team", ""},
		{"!tag:red", ""},
		{"!tag:blue pay", "pays twice"},
		{"checkout", ""},
		{"status:pass", "happy path"},
		{"status:fail", "pays twice,no shop"},
		{"status:error", "no shop"},
		{"status:ne", "never"},
		{"!status:pass", "pays twice,refund,no shop,never"},
		{"stale", "refund"},
		{`"stale"`, ""},
		{"flaky", "refund"},
		{"!flaky status:pass", "happy path"},
		{"dur:>2s", "happy path"},
		{"dur:<=500ms", "pays twice"},
		{"dur:1s", "happy path,refund"},
		{"status:fail pay", "pays twice"},
		{"status:fail dur:>2s", ""},
		{"ratio:1", ""},
		{"ÜBER", ""},
		{"a text that is longer than any name of it", ""},
	} {
		q := Parse(c.line).Knowing(func(s *engine.Scenario) bool { return s.ID.Name == "refund" })
		tpl := shop()
		of := q.On(tpl)
		var got []string
		for _, s := range tpl.Scenarios {
			if of.Scenario(s) {
				got = append(got, s.ID.Name)
			}
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%q shows %q, want %q", c.line, got, c.want)
		}
		if of.Shown() != (c.want != "") {
			t.Errorf("%q shows the template: %v", c.line, of.Shown())
		}
	}
}

func TestTemplatesWithoutScenariosAreJudgedThemselves(t *testing.T) {
	tpl := &engine.Template{Path: "tests/broken.clnrm.tera", Status: engine.CheckError}
	for line, want := range map[string]bool{"brok": true, "!brok": false, "status:invalid": true, "status:pass": false, "!status:inv": false, "dur:>1s": false} {
		q := Parse(line)
		if got := q.On(tpl).Shown(); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

func TestWhatIsNotUnderstoodIsNamedAndLeftOut(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"status:fial", `no status "fial": pass fail error`},
		{"status:" + strings.Repeat("z", 300), `no status "zzzzzzzzzzzz...": pass`},
		{"dur:>", "write a time such as dur:>2s"},
		{"dur:=>2s", `no comparison "=>": < >`},
		{"pay dur:x", `no time "x"`},
		{"pay", ""},
	} {
		q := Parse(c.line)
		if got := q.Problem(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
		if tpl := shop(); !q.On(tpl).Shown() {
			t.Errorf("%q hides everything", c.line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`!status:f "two words" ~x dur:>=2s`)
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, line string) {
		q := Parse(line)
		tpl := shop()
		of := q.On(tpl)
		shown := false
		for _, s := range tpl.Scenarios {
			shown = of.Scenario(s) || shown
		}
		if shown != of.Shown() {
			t.Errorf("%q: template %v, scenarios %v", line, of.Shown(), shown)
		}
	})
}
