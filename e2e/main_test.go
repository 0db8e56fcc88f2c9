// Package e2e tests and measures the built program from outside: real files, a
// real terminal, real containers, real signals.
package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	if err := dependOnSources(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "clnrm-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "clnrm-tui")
	cmd := exec.Command("go", "build", "-o", binary, "..")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	return m.Run()
}

// dependOnSources looks at every source file of the program. The go command
// remembers what a test has looked at: without this it would take an earlier
// result for good after the program changed.
func dependOnSources(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".tera") || strings.HasPrefix(d.Name(), "go.") {
			_, err = os.Stat(path)
		}
		return err
	})
}

// repeats is how often the tests that aim at random moments try: three times,
// or as often as CLNRM_E2E_REPEATS says.
func repeats(t testing.TB) int {
	s := os.Getenv("CLNRM_E2E_REPEATS")
	if s == "" {
		return 3
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("CLNRM_E2E_REPEATS=%q is not a positive number", s)
	}
	return n
}

// needDocker skips where no Docker answers; in CI that is a failure.
func needDocker(t testing.TB) {
	t.Helper()
	if out, err := exec.Command("docker", "version").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("Docker does not answer: %v\n%s", err, out)
		}
		t.Skipf("Docker does not answer: %v", err)
	}
}

// write makes a file below dir.
func write(t testing.TB, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
