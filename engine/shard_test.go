package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestShardsAreWrittenAsPartOfTotal(t *testing.T) {
	for text, ok := range map[string]bool{"1/1": true, "2/3": true, "": false, "1": false, "0/3": false, "4/3": false, "1/0": false, "-1/3": false, "a/3": false, "1/b": false, "1/2/3": false} {
		if _, err := ParseShard(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// dealt runs the division for every shard and returns what each has.
func dealt(t *testing.T, e *Engine, ids []ScenarioID, total int, timings Timings) [][]ScenarioID {
	t.Helper()
	var out [][]ScenarioID
	plan := ""
	for i := range total {
		p := e.Part(ids, Shard{i + 1, total}, timings)
		if plan != "" && p.Plan != plan {
			t.Errorf("shard %d has plan %s, the one before %s", i+1, p.Plan, plan)
		}
		plan = p.Plan
		out = append(out, p.IDs)
	}
	return out
}

func TestShardsRunEveryScenarioOnce(t *testing.T) {
	files := map[string]string{}
	for i := range 7 {
		files[fmt.Sprintf("f%d.clnrm.toml", i)] = several("a", "b", "c")
	}
	files["together.clnrm.toml"] = several("x", "y", "z") + "[[expect.span]]\nname = \"clnrm.run\"\n"
	e := scanned(t, emits(""), t.TempDir(), nil, files)
	ids := e.selectScenarios(func(_ *Template, s *Scenario) bool { return !s.ID.IsFile() })
	for total := 1; total <= 30; total++ {
		timings := Timings{}
		for _, id := range ids {
			if rand.IntN(2) == 0 {
				timings[id.Path+"::"+id.Name] = time.Duration(rand.IntN(10000)) * time.Millisecond
			}
		}
		seen := map[ScenarioID]int{}
		for i, part := range dealt(t, e, ids, total, timings) {
			for _, id := range part {
				seen[id]++
			}
			n := 0
			for _, name := range []string{"x", "y", "z"} {
				if slices.Contains(part, ScenarioID{"together.clnrm.toml", name}) {
					n++
				}
			}
			if n != 0 && n != 3 {
				t.Errorf("shard %d/%d has %d of three scenarios that are judged together", i+1, total, n)
			}
		}
		for _, id := range ids {
			if seen[id] != 1 {
				t.Errorf("%v is run %d times over %d shards", id, seen[id], total)
			}
		}
	}
}

func TestShardsDoNotDependOnWhatAMachineRemembers(t *testing.T) {
	dir := t.TempDir()
	b := emits("")
	e := scanned(t, b, dir, nil, map[string]string{file: several("a", "b", "c", "d", "e")})
	ids := e.selectScenarios(func(*Template, *Scenario) bool { return true })
	before := fmt.Sprint(dealt(t, e, ids, 3, nil))
	runAll(t, e, RunOptions{})
	if after := fmt.Sprint(dealt(t, scanned(t, b, dir, nil, nil), ids, 3, nil)); after != before {
		t.Errorf("after a run %s\nbefore %s", after, before)
	}
	if want := "[[{t.clnrm.toml.tera a} {t.clnrm.toml.tera d}] [{t.clnrm.toml.tera b} {t.clnrm.toml.tera e}] [{t.clnrm.toml.tera c}]]"; before != want {
		t.Errorf("%s\nwant the scenarios dealt out in turn: %s", before, want)
	}
}

func TestShardsAreBalancedByTimings(t *testing.T) {
	e := scanned(t, emits(""), t.TempDir(), nil, map[string]string{file: several("a", "b", "c", "d", "e")})
	ids := e.selectScenarios(func(*Template, *Scenario) bool { return true })
	report := filepath.Join(t.TempDir(), "r.json")
	text := `{"schema":"clnrm.run/1","scenarios":[` +
		`{"file":"t.clnrm.toml.tera","name":"a","duration_ms":9000},{"file":"t.clnrm.toml.tera","name":"b","duration_ms":1000},` +
		`{"file":"t.clnrm.toml.tera","name":"c","duration_ms":3000},{"file":"t.clnrm.toml.tera","name":"d","duration_ms":3000},{"file":"t.clnrm.toml.tera","name":"e","duration_ms":2000}]}`
	if err := os.WriteFile(report, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	timings, err := ReadTimings(report)
	if err != nil {
		t.Fatal(err)
	}
	parts := dealt(t, e, ids, 2, timings)
	if len(parts[0]) != 1 || parts[0][0].Name != "a" || len(parts[1]) != 4 {
		t.Errorf("%v: a takes as long as the others together", parts)
	}
	for _, bad := range []string{"{", `{"schema":"clnrm.diff/1"}`} {
		if err := os.WriteFile(report, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTimings(report); err == nil {
			t.Errorf("%s was taken for a report", bad)
		}
	}
}
