package template

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpus renders every template of the corpus, and checks that those fail,
// and only those, that the papers call broken.
func TestCorpus(t *testing.T) {
	root := os.Getenv("CLNRM_CORPUS")
	if root == "" {
		t.Skip("CLNRM_CORPUS is not set")
	}
	e := New(Options{Root: root, Env: func(string) (string, bool) { return "", false }, Now: fixedNow})
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !strings.HasSuffix(path, ".toml") && !strings.HasSuffix(path, ".tera") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || !IsTemplate(path, src) {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		t.Run(rel, func(t *testing.T) {
			_, err := e.Render(context.Background(), rel, src)
			if err != nil {
				t.Errorf("%v (hint: %s)", err, hintOf(err))
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
