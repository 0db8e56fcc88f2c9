package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

func TestFingerprintSeesAllThatAContainerSees(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(dir string) error
	}{
		{"content", func(dir string) error { return os.WriteFile(filepath.Join(dir, "a"), []byte("2"), 0o644) }},
		{"mode of a file", func(dir string) error { return os.Chmod(filepath.Join(dir, "a"), 0o755) }},
		{"mode of a directory", func(dir string) error { return os.Chmod(filepath.Join(dir, "sub"), 0o700) }},
		{"target of a link", func(dir string) error {
			if err := os.Remove(filepath.Join(dir, "link")); err != nil {
				return err
			}
			return os.Symlink("b", filepath.Join(dir, "link"))
		}},
		{"empty directory", func(dir string) error { return os.Mkdir(filepath.Join(dir, "sub", "empty"), 0o755) }},
		{"new file", func(dir string) error { return os.WriteFile(filepath.Join(dir, "sub", "n"), nil, 0o644) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a"), "1")
			write(t, filepath.Join(dir, "sub", "b"), "1")
			write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\n")
			if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
				t.Fatal(err)
			}
			mounted, before := Content(dir, true)
			sent := []string{contextInput(dir, "Dockerfile")}
			built := Fingerprint(sent, hashFile)
			if again := Fingerprint(mounted, hashFile); before == "" || again != before {
				t.Fatalf("unchanged: %q, then %q", before, again)
			}
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			if Fingerprint(mounted, hashFile) == before {
				t.Error("a mount has the same fingerprint")
			}
			if Fingerprint(sent, hashFile) == built {
				t.Error("a build context has the same fingerprint")
			}
		})
	}
}

func TestWhatCannotBeSeenWholeHasNoFingerprint(t *testing.T) {
	dir := t.TempDir()
	for i := range mostFiles {
		if err := os.Symlink("x", filepath.Join(dir, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, print := Content(dir, true); print != "" {
		t.Errorf("a directory of more than %d entries has the fingerprint %s", mostFiles, print)
	}
	if err := os.Remove(filepath.Join(dir, "0")); err != nil {
		t.Fatal(err)
	}
	if _, print := Content(dir, true); print == "" {
		t.Errorf("a directory of %d entries has none", mostFiles)
	}
	if print := Fingerprint(nil, hashFile); print != "" {
		t.Errorf("nothing has the fingerprint %s", print)
	}
	if _, print := Content(filepath.Join(dir, "gone"), true); print != "" {
		t.Errorf("what is not there has the fingerprint %s", print)
	}
}

func TestFingerprintOfAGoProgramSeesAllThatItIsBuiltFrom(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal(err)
	}
	tool := func(name string) string { return filepath.Join("tool", name) }
	for _, tt := range []struct {
		name, file, text string
		same             bool
	}{
		{"embedded by a pattern", tool("data/new.txt"), "2", false},
		{"in a directory that a pattern embeds", tool("data/deep/er/new.txt"), "2", false},
		{"in an embedded directory", tool("all/.hidden"), "2", false},
		{"a second file of the package", tool("more.go"), "package main\n", false},
		{"assembly", tool("x.s"), "", false},
		{"a workspace", "go.work", "go 1.24\n", false},
		{"a test", tool("main_test.go"), "package main\n", true},
		{"something beside", tool("order.clnrm.toml"), "", true},
		{"something beside the data", tool("data.txt"), "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "[1]") // a name that no pattern may take for one
			write(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.24\n")
			write(t, filepath.Join(dir, tool("main.go")), "package main\n\nimport \"embed\"\n\n//go:embed data/* all:all\nvar _ embed.FS\n\nfunc main() {}\n")
			write(t, filepath.Join(dir, tool("data/deep/one.txt")), "1")
			write(t, filepath.Join(dir, tool("all/one.txt")), "1")
			age(t, dir)
			inputs := goProgram{dir: dir, pkg: "./tool", goarch: "amd64"}.inputs(t.Context())
			before := Fingerprint(inputs, hashFile)
			stamped, _ := stamp(inputs)
			if before == "" {
				t.Fatalf("no fingerprint of %q", inputs)
			}
			path := filepath.Join(dir, tt.file)
			write(t, path, tt.text)
			if same := Fingerprint(inputs, hashFile) == before; same != tt.same {
				t.Errorf("the fingerprint is the same: %t", same)
			}
			if now, _ := stamp(inputs); (now == stamped) != tt.same {
				t.Errorf("the stamp is the same: %t", now == stamped)
			}
			if filepath.Ext(path) == ".txt" && !tt.same && !IsInput(inputs, path) {
				t.Error("it is not an input")
			}
		})
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() {}\n")
	inputs := goProgram{dir: dir, pkg: ".", goarch: "amd64"}.inputs(t.Context())
	before := Fingerprint(inputs, hashFile)
	for name, value := range map[string]string{"GOFLAGS": "-tags=x", "GOEXPERIMENT": "x", "GOAMD64": "v3", "PATH": dir} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if Fingerprint(inputs, hashFile) == before {
				t.Error("the fingerprint is the same")
			}
		})
	}
}
