package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFullDiskOfAReportIsToldAndLeavesNoHalfReport is the part of fault F12 that
// concerns reports: they go to a disk without room.
func TestFullDiskOfAReportIsToldAndLeavesNoHalfReport(t *testing.T) {
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can mount a disk that is full, and in CI this runs")
		}
		t.Skip("only root can mount a disk that is full")
	}
	full := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", full).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", full).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	if err := os.WriteFile(filepath.Join(full, "ballast"), make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "a.clnrm.toml", `[meta]
name = "a"
version = "1.0"
[[scenario]]
name = "says"
[[scenario.steps]]
name = "say"
command = ["echo", "something"]
expected_output_regex = "something"
`)
	for flag, name := range map[string]string{"--report-json": "r.json", "--report-junit": "r.xml"} {
		stdout, stderr, status := output(t, dir, "run", "--backend", "local", flag, filepath.Join(full, name), ".")
		if status != 3 || !strings.Contains(stderr, "no space left on device") || !strings.Contains(stdout, "1 passed") {
			t.Errorf("%s: exit status %d\n%s\n%s", flag, status, stdout, stderr)
		}
	}
	left, err := os.ReadDir(full)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if f.Name() != "ballast" {
			t.Errorf("%s was left", f.Name())
		}
	}
}
