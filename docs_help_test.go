package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// helpProject are the files that the examples in the help of commands name.
var helpProject = map[string]string{
	"tests/shop.clnrm.toml": shopTest(`meta.name = "shop"`, `name = "shop.order"`),
	"tests/new.clnrm.toml":  shopTest("meta.name = \"new\"\nmeta.manual = true", `name = "shop.refund"`),
	"old.clnrm.toml":        shopTest(`meta.name = "shop"`, `name = "shop.order"`),
	"new.clnrm.toml":        shopTest(`meta.name = "shop"`, "name = \"shop.order\"\nkind = \"internal\""),
}

func shopTest(meta, expectation string) string {
	return meta + `
meta.version = "1.0"
[otel]
exporter = "otlp"
[service.shop]
plugin = "go_binary"
package = "../examples/shop/cmd/shop"
args = ["serve"]
health_check = { cmd = ["shop", "health"], interval = "100ms", timeout = 2, retries = 50 }
[[scenario]]
name = "sale"
service = "shop"
run = "shop order"
[[expect.span]]
` + expectation + "\n"
}

// Every example in the help of a command does what the help says of it.
func TestExamplesInHelpWork(t *testing.T) {
	needDocker(t)
	bin, dir := builtProgram(t)
	inHelpProject(t, dir)
	// The statuses of those that end with another one than 0: their files differ.
	statuses := map[string]int{
		"clnrm-tui diff old.clnrm.toml new.clnrm.toml --strategy semantic": 1,
		"clnrm-tui diff monday.ndjson tuesday.ndjson --ignore order.id":    1,
	}
	found := 0
	for _, command := range commandsOf(t, bin) {
		help := output(t, bin, dir, 0, command, "--help")
		_, text, _ := strings.Cut(help, "\nExamples:\n")
		text, _, _ = strings.Cut(text, "\n\n")
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			args, ok := strings.CutPrefix(line, "clnrm-tui ")
			if !ok {
				t.Fatalf("%s --help: this test cannot execute %q", command, line)
			}
			found++
			output(t, bin, dir, statuses[line], strings.Fields(args)...)
			delete(statuses, line)
		}
	}
	if found == 0 || len(statuses) > 0 {
		t.Errorf("%d examples found; no command shows %v", found, statuses)
	}
}

// inHelpProject lays the files of helpProject into dir and commits them to the
// branch main.
func inHelpProject(t *testing.T, dir string) {
	t.Helper()
	for name, text := range helpProject {
		write(t, dir, name, text)
	}
	for _, name := range []string{"monday.ndjson", "tuesday.ndjson"} {
		if err := os.Rename(filepath.Join(dir, "examples/traces", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	inRepository(t, dir)
}

// commandsOf lists the commands that the program's help names.
func commandsOf(t *testing.T, bin string) []string {
	t.Helper()
	_, text, _ := strings.Cut(output(t, bin, ".", 0, "--help"), "Available Commands:\n")
	text, _, _ = strings.Cut(text, "\n\n")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  (\S+)`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// output executes the program and returns what it printed.
func output(t *testing.T, bin, dir string, status int, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != status {
		t.Fatalf("clnrm-tui %s: status %d (%v), want %d\n%s", strings.Join(args, " "), code, err, status, out)
	}
	return string(out)
}
