package template

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// brokenInCorpus are the templates that cannot render, with a part of the
// message that says why.
var brokenInCorpus = map[string]string{
	"examples/template-workflow/otel-template-example.clnrm.toml":             "`CI` is not set", // compared without a default
	"tests/mdbook-examples/template-mastery/template-example.clnrm.toml.tera": "undefined variable `port`",
	"tests/readme_examples/feature_macro_library.clnrm.toml":                  "unexpected `(`", // m.f() for m::f()
	"tests/rosetta-stone/comprehensive-template-rosetta.clnrm.toml":           "unexpected `\\`",
	"tests/rosetta-stone/fake-data-rosetta.clnrm.toml":                        "unexpected `\\`",
	"tests/rosetta-stone/toml-vars-rosetta.clnrm.toml":                        "undefined variable `vars.name`", // in a comment
	"tests/rosetta-stone/uuid-functions-rosetta.clnrm.toml":                   "comment of line 130 is not closed",
	"tests/self-test/clnrm-v0.6.0-self-validation.clnrm.toml":                 "an expression is missing",
	"tests/template/vars_rendering.clnrm.toml.tera":                           "an expression is missing",
	"validation_tests/test_env_function.toml.tera":                            "unexpected `\\`",
}

// TestCorpus renders every template of the corpus, each in a project of its own
// folder, and checks that those fail, and only those, that are broken.
func TestCorpus(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	env := map[string]string{"HOME": "/home/tester", "USER": "tester", "CLNRM_TEST_PRESENT": "hello_from_env", "OTEL_ENDPOINT": ""}
	count := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".toml") && !strings.HasSuffix(path, ".tera") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil || !isTemplate(path, src) {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		count++
		t.Run(rel, func(t *testing.T) {
			e := New(Options{Root: filepath.Dir(path), Now: fixedNow, Home: t.TempDir(),
				Env: func(n string) (string, bool) { v, ok := env[n]; return v, ok }})
			_, err := e.Render(context.Background(), filepath.Base(path), src)
			want := brokenInCorpus[rel]
			switch {
			case want == "" && err != nil:
				t.Errorf("%v (hint: %s)", err, hintOf(err))
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("got %v, expected an error with %q", err, want)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d templates, %d of them broken", count, len(brokenInCorpus))
}
