package engine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAMarkerOfSomebodyElseMakesNoRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can give files away: run the tests as root")
		}
		t.Skip("only root can give files away")
	}
	top := t.TempDir()
	tests := filepath.Join(top, "project/tests")
	if err := os.MkdirAll(tests, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, marker := range rootMarkers {
		file := filepath.Join(top, marker)
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if root := projectRoot(tests, tests); root != top {
			t.Errorf("%s: the root is %s", marker, root)
		}
		if err := os.Chown(file, 54321, -1); err != nil {
			t.Fatal(err)
		}
		if root := projectRoot(tests, tests); root != tests {
			t.Errorf("%s of somebody else: the root is %s", marker, root)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}
