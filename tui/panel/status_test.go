package panel

import (
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// Green is the promise of the product: only a fresh pass may have it.
func TestOnlyAFreshPassIsGreen(t *testing.T) {
	g := theme.Unicode()
	now := time.Unix(1e9, 0)
	age := func(t time.Time) string { return text.Age(now.Sub(t)) }
	for v := engine.VerdictNone; v <= engine.VerdictInterrupted; v++ {
		for _, stale := range []bool{false, true} {
			for _, replayed := range []bool{false, true} {
				s := &engine.Scenario{Verdict: v, Stale: stale, Replayed: replayed, Run: &engine.ScenarioRun{TracedAt: now.Add(-time.Hour)}}
				st := OfScenario(s, age, &g)
				fresh := v == engine.VerdictPass && !stale && !replayed
				if green := st.Style.Token() == int(theme.OK) || st.Glyph == g.OK; green != fresh {
					t.Errorf("%s stale=%v replayed=%v: %+v", v, stale, replayed, st)
				}
				st = OfStep(s, &engine.Step{Verdict: engine.VerdictPass}, &g)
				if green := st.Style.Token() == int(theme.OK) || st.Glyph == g.OK; green && v.Done() && (stale || replayed) {
					t.Errorf("step of %s stale=%v replayed=%v: %+v", v, stale, replayed, st)
				}
				tpl := &engine.Template{Status: engine.CheckOK, Scenarios: []*engine.Scenario{{Verdict: engine.VerdictPass}, s}}
				st = OfTemplate(tpl, &g)
				if green := st.Style.Token() == int(theme.OK) || st.Glyph == g.OK; green != fresh {
					t.Errorf("template with %s stale=%v replayed=%v: %+v", v, stale, replayed, st)
				}
			}
		}
	}
	for _, tpl := range []*engine.Template{
		{Status: engine.CheckOK},
		{Status: engine.CheckPending},
		{Status: engine.CheckWarning, Scenarios: []*engine.Scenario{{Verdict: engine.VerdictPass}}},
		{Status: engine.CheckError, Scenarios: []*engine.Scenario{{Verdict: engine.VerdictPass}}},
	} {
		if st := OfTemplate(tpl, &g); st.Glyph == g.OK || st.Style.Token() == int(theme.OK) {
			t.Errorf("template that is %s: %+v", tpl.Status, st)
		}
	}
}

func TestStatusWordsTellTheWholeStory(t *testing.T) {
	g := theme.ASCII()
	now := time.Unix(1e9, 0)
	age := func(t time.Time) string { return text.Age(now.Sub(t)) }
	for _, c := range []struct {
		s     engine.Scenario
		glyph string
		word  string
	}{
		{engine.Scenario{}, "o", "never run"},
		{engine.Scenario{Verdict: engine.VerdictPass}, "+", "pass"},
		{engine.Scenario{Verdict: engine.VerdictPass, Run: &engine.ScenarioRun{Result: &engine.Result{Evidence: engine.Evidence{Backend: "local"}}}}, "+", "pass, local"},
		{engine.Scenario{Verdict: engine.VerdictPass, Run: &engine.ScenarioRun{Result: &engine.Result{Evidence: engine.Evidence{Backend: "docker", Hermetic: true}}}}, "+", "pass"},
		{engine.Scenario{Verdict: engine.VerdictPass, Stale: true}, "~", "stale pass"},
		{engine.Scenario{Verdict: engine.VerdictFail, Stale: true}, "~", "stale fail"},
		{engine.Scenario{Verdict: engine.VerdictPass, Replayed: true, Run: &engine.ScenarioRun{TracedAt: now.Add(-5 * time.Minute)}}, "@", "replayed 5m"},
		{engine.Scenario{Verdict: engine.VerdictFail, Replayed: true, Run: &engine.ScenarioRun{TracedAt: now.Add(-5 * time.Minute)}}, "x", "fail, replayed 5m"},
		{engine.Scenario{Verdict: engine.VerdictRunning, Run: &engine.ScenarioRun{Since: now}}, "*", "running"},
		{engine.Scenario{Verdict: engine.VerdictQueued, Run: &engine.ScenarioRun{Queue: 3}}, ".", "queued 3"},
		{engine.Scenario{Verdict: engine.VerdictRunning, Stale: true, Run: &engine.ScenarioRun{Since: now}}, "*", "running"},
	} {
		if st := OfScenario(&c.s, age, &g); st.Glyph != c.glyph || st.Word != c.word {
			t.Errorf("%+v: %q %q, want %q %q", c.s, st.Glyph, st.Word, c.glyph, c.word)
		}
	}
}
