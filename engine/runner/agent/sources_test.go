package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSourcesAreComplete(t *testing.T) {
	for _, dir := range []string{".", "wire", "group", "agentmain"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		entries, err := Sources.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var embedded []string
		for _, e := range entries {
			if !e.IsDir() {
				embedded = append(embedded, e.Name())
			}
		}
		var want []string
		for _, p := range paths {
			if !strings.HasSuffix(p, "_test.go") && p != "sources.go" {
				want = append(want, filepath.Base(p))
			}
		}
		if !slices.Equal(embedded, want) {
			t.Errorf("%s: embedded %v, want %v", dir, embedded, want)
		}
	}
	if _, err := os.Stat("sources.go"); err != nil {
		t.Error("the list above names a file that is not there")
	}
}
