package main_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
)

// example is one command of a document.
type example struct {
	file string
	line int
	args []string // of clnrm-tui
	exit int
	// interactive commands run until they are interrupted; without a terminal
	// the dashboard behaves as watch does.
	interactive bool
}

var (
	fence = regexp.MustCompile("^```console( .*)?$")
	// elsewhere are commands that this test is part of, or that continuous
	// integration executes by itself.
	elsewhere = map[string]bool{"go test ./...": true}
)

// examples reads the commands out of the `console` fences of a document.
func examples(t *testing.T, file string) []example {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	var block example
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
		switch m := fence.FindStringSubmatch(line); {
		case !inside && m != nil:
			inside, block = true, example{file: file}
			for _, word := range strings.Fields(m[1]) {
				code, isExit := strings.CutPrefix(word, "exit=")
				switch {
				case word == "interactive":
					block.interactive = true
				case isExit:
					if block.exit, err = strconv.Atoi(code); err != nil {
						t.Fatalf("%s:%d: %v", file, i+1, err)
					}
				default:
					t.Fatalf("%s:%d: unknown word %q after console", file, i+1, word)
				}
			}
		case inside && line == "```":
			inside = false
		case inside && strings.HasPrefix(line, "$ "):
			command := strings.TrimPrefix(line, "$ ")
			if elsewhere[command] {
				continue
			}
			ex := block
			ex.line = i + 1
			rest, ok := strings.CutPrefix(command, "clnrm-tui")
			if !ok {
				rest, ok = strings.CutPrefix(command, "go run .")
			}
			if !ok || strings.ContainsAny(rest, "|>&;$`\"'") {
				t.Fatalf("%s:%d: this test cannot execute %q", file, i+1, command)
			}
			ex.args = strings.Fields(rest)
			out = append(out, ex)
		}
	}
	return out
}

func TestCommandsInDocumentsWork(t *testing.T) {
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, file := range append([]string{"README.md", "CONTRIBUTING.md", "examples/README.md"}, files...) {
		all = append(all, examples(t, file)...)
	}
	if len(all) == 0 {
		t.Fatal("the documents show no command")
	}
	bin, clone := builtProgram(t)
	inRepository(t, clone)
	for _, ex := range all {
		t.Run(fmt.Sprintf("%s:%d %s", ex.file, ex.line, strings.Join(ex.args, " ")), func(t *testing.T) {
			if len(ex.args) > 0 && slices.Contains([]string{"run", "record", "repro", "red-green"}, ex.args[0]) {
				needDocker(t)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, ex.args...)
			cmd.Dir = clone
			if ex.interactive {
				interact(t, cmd)
				return
			}
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != ex.exit {
				t.Errorf("status %d (%v), want %d\n%s", code, err, ex.exit, out)
			}
		})
	}
}

// The blocks of the reference, put together, are a test file without a mistake.
func TestReferenceDescribesAFileThatChecks(t *testing.T) {
	text, err := os.ReadFile("docs/toml-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	for _, block := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		file.WriteString(block[1])
	}
	file.WriteString(`
[otel]
exporter = "otlp"
[service.shop]
plugin = "go_binary"
package = "./cmd/shop"
[[scenario]]
name = "sale"
service = "shop"
run = "shop order"
`)
	path := filepath.Join(t.TempDir(), "reference.clnrm.toml")
	if err := os.WriteFile(path, []byte(file.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", ".", "validate", "--strict", path).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, out, file.String())
	}
}

var update = flag.Bool("update", false, "rewrite the generated documents")

// docs/diagnostics.md is what `explain` says, on one page.
func TestDiagnosticsPageIsComplete(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Diagnostics\n\nEvery complaint about a test file has a code that does not change. This page is\n" +
		"what `clnrm-tui explain CODE` prints, for all of them.\n")
	for _, code := range engine.Codes() {
		text, ok := engine.Explain(code)
		if !ok || text == "" {
			t.Errorf("%s is not explained", code)
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n", code, text)
	}
	generated(t, "docs/diagnostics.md", page.String())
}

// docs/keys.md is what `?` shows in the dashboard.
func TestKeysPageIsComplete(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Keys of the dashboard\n\nThe overlay behind `?` shows the same list.\n")
	for _, group := range action.Groups() {
		fmt.Fprintf(&page, "\n## %s\n\n| key | what it does | in |\n| --- | --- | --- |\n", group.Title())
		for _, a := range action.Default().All() {
			if a.Group != group {
				continue
			}
			where := []string{}
			for _, p := range a.Panels {
				where = append(where, p.String())
			}
			shown := a.Binding.Help().Key
			if shown == "" {
				shown = ": " + a.Binding.Help().Desc
			}
			fmt.Fprintf(&page, "| `%s` | %s | %s |\n", shown, a.Help, strings.Join(where, ", "))
		}
	}
	generated(t, "docs/keys.md", page.String())
}

// generated compares a document with what the program says, or writes it anew.
func generated(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date: go test . -run Page -update", file)
	}
}

// cloneExamples copies what the commands work on, so that they leave nothing
// behind in the repository.
func cloneExamples(t *testing.T, to string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(to, "examples"), os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// interact starts a command, waits until it watches, and interrupts it.
func interact(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	watching := false
	for r := bufio.NewReader(stdout); ; {
		line, err := r.ReadString('\n')
		seen.WriteString(line)
		if !watching && strings.Contains(line, "watching") {
			watching = true
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); !watching || code != 130 {
		t.Errorf("status %d (%v), want 130 after it had begun to watch\n%s%s", code, err, seen.String(), stderr.String())
	}
}

// needDocker skips a test where Docker does not answer; where everything must
// run, that is a failure.
func needDocker(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := exec.CommandContext(ctx, "docker", "version").Run()
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("docker does not answer: %v", err)
	case err != nil:
		t.Skipf("docker does not answer: %v", err)
	}
}
