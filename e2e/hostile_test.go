package e2e

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const goodFile = `[meta]
name = "good"
version = "1.0"
[service.app]
plugin = "generic_container"
image = "example:1"
[[scenario]]
name = "x"
service = "app"
run = "true"
`

// hostile writes files that a test folder should not have, and returns the code
// of the first diagnostic that each must get; "" for a file that is in order.
func hostile(t *testing.T, dir string) map[string]string {
	t.Helper()
	rubbish := make([]byte, 100_000)
	for i := range rubbish {
		rubbish[i] = byte(rand.Uint32())
	}
	rubbish[0] = 0xff
	write(t, dir, "cleanroom.toml", "")
	write(t, dir, "renders_to_1mb.clnrm.toml.tera", goodFile+"{% for i in range(end=20000) %}# line {{ i }} "+strings.Repeat(".", 50)+"\n{% endfor %}")
	write(t, dir, "is_10mb.clnrm.toml.tera", goodFile+"# {{ svc }}\n"+strings.Repeat("# "+strings.Repeat("x", 77)+"\n", 131_072))
	write(t, dir, "rubbish.clnrm.toml", string(rubbish))
	write(t, dir, "directory.clnrm.toml/readme", "")
	write(t, dir, "nul.clnrm.toml", "[meta]\nname = \"a\x00b\"\n")
	write(t, dir, "deep.clnrm.toml", "a = "+strings.Repeat("[", 100_000))
	write(t, dir, "endless.clnrm.toml.tera", "{% for i in range(end=10000) %}{% for j in range(end=10000) %}xxxxxxxx{% endfor %}{% endfor %}")
	write(t, dir, "itself.clnrm.toml.tera", `{% include "itself.clnrm.toml.tera" %}`)
	write(t, dir, "outside.clnrm.toml.tera", `{% include "../../../../etc/passwd" %}`)
	write(t, dir, "empty.clnrm.toml", "")
	write(t, dir, "line\nfeed.clnrm.toml", goodFile)
	for _, err := range []error{
		syscall.Mkfifo(filepath.Join(dir, "fifo.clnrm.toml"), 0o644),
		os.Symlink("self.clnrm.toml", filepath.Join(dir, "self.clnrm.toml")),
		os.Symlink(".", filepath.Join(dir, "loop")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"renders_to_1mb.clnrm.toml.tera": "", "is_10mb.clnrm.toml.tera": "", "line\nfeed.clnrm.toml": "",
		"rubbish.clnrm.toml": "file-encoding", "directory.clnrm.toml": "file-unreadable", "fifo.clnrm.toml": "file-unreadable",
		"self.clnrm.toml": "file-unreadable", "nul.clnrm.toml": "toml-encoding", "deep.clnrm.toml": "toml-too-deep",
		"endless.clnrm.toml.tera": "template-limit", "itself.clnrm.toml.tera": "template-limit",
		"outside.clnrm.toml.tera": "template-include", "empty.clnrm.toml": "missing-header",
	}
}

// TestHostileFilesAreDiagnosed has one dry run over all of them: a diagnostic or
// an honest pass for each, never a panic or a hang.
func TestHostileFilesAreDiagnosed(t *testing.T) {
	dir := t.TempDir()
	want := hostile(t, dir)
	cmd := exec.CommandContext(t.Context(), binary, "validate", "--format", "json", ".")
	cmd.Dir = dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || len(exit.Stderr) != 0 {
		t.Fatalf("%v, want exit status 1 and silence on standard error\n%.2000s", err, exit.Stderr)
	}
	var v struct {
		Files []struct {
			Path        string
			Diagnostics []struct{ Code, Severity string }
		}
	}
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range v.Files {
		got[f.Path] = ""
		for _, d := range f.Diagnostics {
			if d.Severity == "error" {
				got[f.Path] = d.Code
				break
			}
		}
	}
	for path, code := range want {
		if c, ok := got[path]; !ok || c != code {
			t.Errorf("%q: got %q (listed: %v), want %q", path, c, ok, code)
		}
		delete(got, path)
	}
	if len(got) != 0 {
		t.Errorf("files nobody wrote: %v", got)
	}
}

// TestDashboardOverHostileFiles shows them all and ends at a key.
func TestDashboardOverHostileFiles(t *testing.T) {
	dir := t.TempDir()
	hostile(t, dir)
	tm := open(t, dir, 80, 24)
	tm.shows("13 templates")
	tm.press("jjjjeeee")
	if err := tm.quit(); err != nil {
		t.Errorf("%v\n%q", err, tm.tail())
	}
	restored(t, tm)
}
