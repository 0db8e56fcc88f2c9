package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const greeting = "[meta]\nname = \"a\"\nversion = \"1\"\n[[scenario]]\nname = \"s\"\nrun = \"true\"\n[[expect.span]]\nname = \"a\"\n"

// unheard starts the program with a standard output that nobody reads.
func unheard(t *testing.T, dir string, stderr *bytes.Buffer, args ...string) int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c := exec.Command(os.Args[0], args...)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(os.Environ(), asProgram+"=1", "NO_COLOR=1"), w, stderr
	if err := c.Run(); err == nil {
		t.Error("success, and nobody has read it")
	}
	return c.ProcessState.ExitCode()
}

func TestWithoutAReaderNothingGoesOnAndReportsAreWritten(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.clnrm.toml", greeting)
	write("bad.clnrm.toml", strings.Replace(greeting, "name = \"s\"", "nam = [", 1))
	for _, args := range [][]string{
		{"watch", "."}, // which would not end by itself
		{"watch", ".", "--format", "json"},
		{"validate", ".", "--format", "json"},
		{"render", "a.clnrm.toml"},
		{"run", "bad.clnrm.toml", "--report-json", "human.json"},
		{"run", "bad.clnrm.toml", "--report-json", "tap.json", "--format", "tap"},
	} {
		var stderr bytes.Buffer
		if status := unheard(t, dir, &stderr, args...); status != 141 || strings.Contains(stderr.String(), "broken pipe") {
			t.Errorf("%v: status %d, want 141; %s", args, status, stderr.String())
		}
	}
	for _, name := range []string{"human.json", "tap.json"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Contains(text, []byte(`"verdict": "error"`)) {
			t.Errorf("%s: %v %s", name, err, text)
		}
	}
}
