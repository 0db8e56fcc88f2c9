package engine

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// pings is a file with one expectation, written as given.
func pings(expect string) string {
	return `[meta]
name = "pings"
version = "1"
[otel]
exporter = "otlp"
[service.app]
image = "app:1"
[[scenario]]
name = "ping"
service = "app"
[[scenario.steps]]
name = "ping"
command = ["ping"]
expected_exit_code = 0
` + expect
}

// diffOf waits until what a save did is known; before is what was known then.
func (h *harness) diffOf(what, path string, before *TemplateDiff) *TemplateDiff {
	h.t.Helper()
	return h.template(what, path, func(t *Template) bool { return t.Diff != before && t.Diff.Generation == t.Generation }).Diff
}

func TestASaveTellsWhatItDidToTheExpectations(t *testing.T) {
	const count = "[expect.counts]\nspans_total = { gte = 5 }\n"
	for _, c := range []struct {
		name, old, new               string
		kind, path, was, is          string
		effect                       ChangeEffect
		tightened, loosened, renamed int
	}{
		{"a higher bound", count, "[expect.counts]\nspans_total = { gte = 10 }\n",
			"changed", "expect.counts.spans_total.gte", "5", "10", EffectTightens, 1, 0, 0},
		{"a lower bound", count, "[expect.counts]\nspans_total = { gte = 1 }\n",
			"changed", "expect.counts.spans_total.gte", "5", "1", EffectLoosens, 0, 1, 0},
		{"an expectation less", count + "[[expect.span]]\nname = \"a\"\n", count,
			"removed", "expect.span[a]", "", "", EffectLoosens, 0, 1, 0},
		{"another name", count + "[[expect.span]]\nname = \"sale\"\nkind = \"server\"\n", count + "[[expect.span]]\nname = \"sales\"\nkind = \"server\"\n",
			"renamed", "expect.span[sale]", "sale", "sales", EffectNeutral, 0, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := watching(t, &runnertest.Backend{}, map[string]string{"a.clnrm.toml": pings(c.old)})
			if got := lookup(h.Snapshot(), "a.clnrm.toml").Diff; got != nil {
				t.Fatalf("the first check is compared with something: %+v", got)
			}
			h.write("a.clnrm.toml", pings(c.new))
			d := h.diffOf("what the save did", "a.clnrm.toml", nil)
			if len(d.Changes) != 1 {
				t.Fatalf("changes: %+v", d.Changes)
			}
			got := d.Changes[0]
			if got.Kind != c.kind || got.Path != c.path || got.Effect != c.effect || got.Why == "" || got.Section == "" || got.Pos.Line == 0 {
				t.Errorf("%+v", got)
			}
			if c.was != "" && (got.Old != c.was || got.New != c.is) {
				t.Errorf("%q → %q, want %q → %q", got.Old, got.New, c.was, c.is)
			}
			if d.Tightened != c.tightened || d.Loosened != c.loosened || d.Renamed != c.renamed {
				t.Errorf("counts %+v", d)
			}
		})
	}
}

func TestAfterErrorsTheLastSoundVersionIsTheOldOne(t *testing.T) {
	h := watching(t, &runnertest.Backend{}, map[string]string{"a.clnrm.toml": pings("[expect.counts]\nspans_total = { gte = 5 }\n")})
	h.write("a.clnrm.toml", pings("[expect.counts\n"))
	h.template("the error", "a.clnrm.toml", func(t *Template) bool { return t.Status == CheckError && t.Diff == nil })
	h.write("a.clnrm.toml", pings("[expect.counts]\nspans_total = { gte = 7 }\n"))
	d := h.diffOf("what the save did", "a.clnrm.toml", nil)
	if len(d.Changes) != 1 || d.Changes[0].Old != "5" || d.Changes[0].New != "7" {
		t.Errorf("%+v", d.Changes)
	}
	// What the save did stays known while the next one has errors.
	h.write("a.clnrm.toml", pings("[expect.counts\n"))
	h.template("the old diff", "a.clnrm.toml", func(t *Template) bool {
		return t.Status == CheckError && t.Diff == d && t.Diff.Generation < t.Generation
	})
	h.write("a.clnrm.toml", pings("# a comment\n[expect.counts]\nspans_total = { gte = 7 }\n"))
	if d := h.diffOf("a save that changes no expectation", "a.clnrm.toml", d); !d.Equal() {
		t.Errorf("%+v", d.Changes)
	}
}

func TestAChangeOfAllCombinationsIsToldOnce(t *testing.T) {
	file := func(regions, expect string) string {
		return pings(expect) + "[matrix]\nregion = [" + regions + "]\n"
	}
	h := watching(t, &runnertest.Backend{}, map[string]string{"a.clnrm.toml": file(`"eu", "us"`, "[expect.counts]\nspans_total = { gte = 5 }\n")})
	h.write("a.clnrm.toml", file(`"eu", "us"`, "[expect.counts]\nspans_total = { gte = 9 }\n"))
	d := h.diffOf("one change", "a.clnrm.toml", nil)
	if len(d.Changes) != 1 || d.Changes[0].Cell != "" || d.Tightened != 1 {
		t.Errorf("%+v", d.Changes)
	}
	h.write("a.clnrm.toml", file(`"eu", "asia"`, "[expect.counts]\nspans_total = { gte = 9 }\n"))
	d = h.diffOf("one combination for another", "a.clnrm.toml", d)
	if len(d.Changes) != 2 || d.Tightened != 1 || d.Loosened != 1 || !strings.Contains(d.Changes[0].Path+d.Changes[1].Path, "asia") {
		t.Errorf("%+v", d.Changes)
	}
}

func TestADiffShowsNoSecret(t *testing.T) {
	file := func(word string) string {
		return pings("[[expect.span]]\nname = \"login\"\nattrs.all = { \"user.password\" = \"" + word + "\", who = \"{{ env(name='API_TOKEN') }}" + word + "\" }\n")
	}
	h := &harness{t: t, dir: t.TempDir(), backend: &runnertest.Backend{}, env: map[string]string{"API_TOKEN": "hunter2-hunter2"}}
	h.write("a.clnrm.toml.tera", file("first-word"))
	h.open()
	h.write("a.clnrm.toml.tera", file("second-word"))
	d := h.diffOf("the change", "a.clnrm.toml.tera", nil)
	if len(d.Changes) != 2 {
		t.Errorf("%+v", d.Changes)
	}
	var text bytes.Buffer
	if err := d.WriteText(&text, false); err != nil {
		t.Fatal(err)
	}
	for _, r := range d.Side(false) {
		text.WriteString(r.Left + string(r.Mark) + r.Right + "\n")
	}
	for _, c := range d.Changes {
		text.WriteString(c.Old + c.New + c.Path + c.Why + "\n")
	}
	if strings.Contains(text.String(), "hunter2") || strings.Contains(text.String(), "password = first") || !strings.Contains(text.String(), "second-word") {
		t.Errorf("%s", &text)
	}
	for _, c := range d.Changes {
		if strings.Contains(c.Path, "password") && (strings.Contains(c.Old+c.New, "word") || c.Old != c.New) {
			t.Errorf("%+v", c)
		}
	}
}
