package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

const hush = "s3cr3t-v4lue-42"

// secretive is a template whose service and step get a token from the
// environment, and which expects it on a span.
func secretive(want string) string {
	return strings.Replace(emitter("[[expect.span]]\nname = \"order\"\nattrs.all = { sent = \""+want+"\" }\n"),
		`run = "emit"`, "[[scenario.steps]]\nname = \"run\"\ncommand = [\"emit\", \"{{ API_TOKEN }}\"]\nenv = { API_TOKEN = \"{{ API_TOKEN }}\" }", 1)
}

// leaks finds the secret, plain or in base64, in everything that can be seen.
func (h *harness) leaks() []string {
	h.t.Helper()
	var found []string
	look := func(what string, text []byte) {
		for _, form := range []string{hush, base64.StdEncoding.EncodeToString([]byte(hush))} {
			if bytes.Contains(text, []byte(form)) {
				found = append(found, what)
			}
		}
	}
	snap, err := json.Marshal(h.Snapshot())
	if err != nil {
		h.t.Fatal(err)
	}
	look("snapshot", snap)
	for _, tm := range h.Snapshot().Templates {
		for _, s := range tm.Scenarios {
			r, err := json.Marshal(h.ScenarioReport(s))
			if err != nil {
				h.t.Fatal(err)
			}
			look("report", r)
			w, err := json.Marshal(h.Log(s.ID, 0, 1000))
			if err != nil {
				h.t.Fatal(err)
			}
			look("log", w)
			steps, err := json.Marshal(s.Steps())
			if err != nil {
				h.t.Fatal(err)
			}
			look("steps", steps)
		}
	}
	state := filepath.Join(h.dir, ".clnrm")
	if _, err := os.Stat(state); os.IsNotExist(err) {
		return found // nothing was written
	}
	err = filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		look(path, data)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return found
}

func TestSecretsAreShownNowhereAndJudgedAllTheSame(t *testing.T) {
	span := strings.Replace(oneSpan, `"result":"pass"`, `"sent":"`+hush+`"`, 1)
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {
		Stdout: span + "token " + hush + " and " + base64.StdEncoding.EncodeToString([]byte(hush)) + "\n", Stderr: hush,
	}}}
	h := &harness{t: t, dir: t.TempDir(), backend: b, env: map[string]string{"API_TOKEN": hush}}
	h.write(file, secretive("{{ API_TOKEN }}"))
	h.open()
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass })
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	if l := h.leaks(); len(l) > 0 {
		t.Errorf("the secret is in %v", l)
	}

	h.write(file, secretive("another {{ API_TOKEN }}"))
	s := h.scenario("a failure", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictFail })
	if m := s.Last().Result.FirstFailure().Message; !strings.Contains(m, "••••••") {
		t.Errorf("message %q", m)
	}
	if l := h.leaks(); len(l) > 0 {
		t.Errorf("after a failure the secret is in %v", l)
	}

	// Another process has the masked record only: it cannot tell one secret from
	// another, and does not pretend to.
	h.write(file, secretive("{{ API_TOKEN }}"))
	again := &harness{t: t, dir: h.dir, backend: b, env: h.env}
	again.open()
	again.scenario("a stale verdict", file, "emit", func(s *Scenario) bool { return s.Stale && s.Last().StaleReason != "" })
	again.write(file, strings.Replace(secretive(""), `attrs.all = { sent = "" }`, "kind = \"server\"", 1))
	again.scenario("a replayed pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass && s.Replayed && !s.Stale })
	if l := again.leaks(); len(l) > 0 {
		t.Errorf("in another process the secret is in %v", l)
	}
}

func TestSecretsInComplaintsAreMasked(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir(), backend: &runnertest.Backend{}, env: map[string]string{"API_TOKEN": hush}}
	h.write(file, emitter("[[expect.span]]\nname = \"[{{ API_TOKEN }}\"\n"))
	h.open()
	tm := h.template("an error", file, func(t *Template) bool { return t.Status == CheckError })
	if l := h.leaks(); len(l) > 0 {
		t.Errorf("%v: the secret is in %v", tm.Diagnostics, l)
	}
}

func TestSecretsInFixesAreMasked(t *testing.T) {
	set := secret.NewSet(hush)
	with := diag.Diagnostic{Fix: &diag.Fix{Title: "put quotes around " + hush, Edits: []diag.Edit{{Line: 1, Column: 1, Old: hush, New: `"` + hush + `"`}}}}
	without := diag.Diagnostic{Fix: &diag.Fix{Title: "rename", Edits: []diag.Edit{{Line: 1, Column: 1, Old: "a", New: "b"}}}}
	got := maskDiagnostics(set, []diag.Diagnostic{with, without, {}})
	if f := got[0].Fix; strings.Contains(f.Title, hush) || len(f.Edits) != 0 {
		t.Errorf("%+v", f)
	}
	if f := got[1].Fix; f.Title != "rename" || len(f.Edits) != 1 || got[2].Fix != nil {
		t.Errorf("%+v", got[1:])
	}
	if len(with.Fix.Edits) != 1 {
		t.Error("the original was changed")
	}
}

func TestShownVariablesHideSecrets(t *testing.T) {
	h := &harness{t: t, dir: t.TempDir(), backend: &runnertest.Backend{}, env: map[string]string{"API_TOKEN": hush}}
	h.write(file, "a = \"{{ API_TOKEN }}\"\n[vars]\nname = \"x\"\ndb_password = \"{{ API_TOKEN }}\"\n")
	h.open()
	r := h.Render(t.Context(), filepath.Join(h.dir, file))
	seen := map[string]any{}
	for _, v := range r.Vars {
		seen[v.Name] = v.Value
	}
	if seen["db_password"] != "••••••" || seen["name"] != "x" {
		t.Errorf("variables %v", seen)
	}
	if !bytes.Contains(r.Text, []byte(hush)) {
		t.Error("the rendered text itself is what was asked for")
	}
}
