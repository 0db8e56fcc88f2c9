package report

import (
	"bytes"
	"strings"
	"testing"
)

// What was written as JSON can be written in every format as if the run had just
// ended.
func TestAStoredReportIsThatOfItsRun(t *testing.T) {
	r := sample()
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		s.Name, s.Message = strings.ToValidUTF8(s.Name, "?"), strings.ToValidUTF8(s.Message, "?")
		for j := range s.Steps {
			s.Steps[j].Stderr = strings.ToValidUTF8(s.Steps[j].Stderr, "?")
		}
		for j := range s.Checks {
			c := &s.Checks[j]
			c.Message = strings.ToValidUTF8(c.Message, "?")
			for k := range c.Spans {
				c.Spans[k] = strings.ToValidUTF8(c.Spans[k], "?")
			}
		}
	}
	r = NewRun(r.Backend, r.Hermetic, 3210_000_000, "", r.Scenarios)
	r.Shard, r.Plan = "1/4", "abc"
	stored, err := ReadRun(write(t, JSON{}, r))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range PageFormats {
		w, err := For(format, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if now, then := write(t, w, stored), write(t, w, r); !bytes.Equal(now, then) {
			t.Errorf("%s of the stored report:\n%s\nof the run:\n%s", format, now, then)
		}
	}
}

// Nothing that contradicts itself comes to look like the result of a run.
func TestAReportThatContradictsItselfIsRefused(t *testing.T) {
	text := string(write(t, JSON{}, sample()))
	swap := func(old, new string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in the report", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for name, forged := range map[string]string{
		"another verdict of the run":   swap(`"verdict": "error"`, `"verdict": "pass"`),
		"another verdict":              swap(`"verdict": "fail"`, `"verdict": "pass"`),
		"a word that is no verdict":    swap(`"verdict": "skipped"`, `"verdict": "fine"`),
		"other counts":                 swap(`"passed": 1`, `"passed": 2`),
		"another digest":               swap(`"digest": "0123456789abcdef"`, `"digest": "1123456789abcdef"`),
		"a rule less":                  swap(`"judged": 3`, `"judged": 2`),
		"a rule that holds after all":  swap("\"rule\": \"expect.span[cart.price].attrs.all\",\n          \"ok\": false", "\"rule\": \"expect.span[cart.price].attrs.all\",\n          \"ok\": true"),
		"a step that failed in a pass": swap("\"name\": \"order\",\n          \"verdict\": \"pass\"", "\"name\": \"order\",\n          \"verdict\": \"fail\""),
		"a pass that nothing earned":   string(write(t, JSON{}, NewRun("docker", true, 0, "", []Scenario{{File: "a", Name: "b", Verdict: Pass}}))),
		"another schema":               swap("clnrm.run/1", "clnrm.run/9"),
		"cut":                          text[:len(text)/2],
		"no report":                    "[]",
	} {
		if _, err := ReadRun([]byte(forged)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
