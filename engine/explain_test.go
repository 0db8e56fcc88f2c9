package engine

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// modelServer speaks as much of the chat protocol as a question needs.
func modelServer(t *testing.T, answer string, status int) (env func(string) (string, bool), asked *string) {
	asked = new(string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*asked = r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Should-Retry", "false")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(map[string]any{"id": "1", "object": "chat.completion", "model": "small",
			"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": answer}}}}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	vars := map[string]string{ModelURL: srv.URL + "/v1", ModelName: "small", ModelKey: "the-key"}
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }, asked
}

// twoFiles is the difference between two files, the new one of which has a
// secret.
func twoFiles(t *testing.T) *Difference {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "old.clnrm.toml"), filepath.Join(dir, "new.clnrm.toml.tera")}
	for i, text := range []string{
		pings("[expect.counts]\nspans_total = { gte = 5 }\n"),
		pings("[expect.counts]\nspans_total = { gte = 2 }\n[[expect.span]]\nname = \"login\"\nattrs.all = { \"user.password\" = \"sesame-open\", note = \"{{ env(name='API_TOKEN') }}\" }\n"),
	} {
		if err := os.WriteFile(paths[i], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e, err := New(Options{Dir: dir, Paths: paths, Env: func(name string) (string, bool) { return "hunter2-hunter2", name == "API_TOKEN" }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, err := e.DiffFiles(paths[0], paths[1], "semantic")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAModelIsAskedAboutTheChangesWithoutTheirSecrets(t *testing.T) {
	env, asked := modelServer(t, "  Fewer spans are enough now.\n", http.StatusOK)
	d := twoFiles(t)
	x, err := NewExplainer(env)
	if err != nil {
		t.Fatal(err)
	}
	q, any := d.Question()
	if !any {
		t.Fatal("there is nothing to ask")
	}
	text, err := x.Explain(t.Context(), q)
	if err != nil || text != "Fewer spans are enough now." {
		t.Errorf("%q, %v", text, err)
	}
	for _, want := range []string{"/v1/chat/completions Bearer the-key", `"model":"small"`, "expect.counts.spans_total.gte", "loosens"} {
		if !strings.Contains(*asked, want) {
			t.Errorf("no %q in what was sent:\n%s", want, *asked)
		}
	}
	for _, secret := range []string{"sesame", "hunter2"} {
		if strings.Contains(*asked, secret) || strings.Contains(q, secret) {
			t.Errorf("%q was sent:\n%s", secret, *asked)
		}
	}
}

func TestNoAnswerIsTheEnvironmentsFault(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		status int
	}{"an error": {"no", http.StatusBadRequest}, "nothing said": {" ", http.StatusOK}} {
		env, _ := modelServer(t, c.answer, c.status)
		x, err := NewExplainer(env)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := x.Explain(t.Context(), "why?"); !IsEnvironment(err) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := NewExplainer(func(string) (string, bool) { return "", false }); err == nil || !strings.Contains(err.Error(), ModelURL) {
		t.Errorf("without a model: %v", err)
	}
}
