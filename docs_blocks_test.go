package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block returns the first fenced block of a kind behind a heading of a document.
func block(t *testing.T, file, heading, kind string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n"+heading+"\n")
	m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindStringSubmatch(section)
	if !ok || m == nil {
		t.Fatalf("%s has no block %q behind %q", file, kind, heading)
	}
	return m[1]
}

// write puts a file into dir, with the folders that it lies in.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inRepository makes dir a git repository with all that is in it on the branch
// main, which is what the remote origin has, too.
func inRepository(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"},
		{"add", "."},
		{"-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "tests"},
		{"update-ref", "refs/remotes/origin/main", "HEAD"},
	} {
		git := exec.CommandContext(t.Context(), "git", args...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// helloProgram is the program beside which the guide puts its first test: it sets
// up the SDK with nothing but its defaults.
const helloProgram = `package main

import (
	"context"
	"flag"
	"log"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	name := flag.String("name", "", "whom to greet")
	flag.Parse()
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	_, span := provider.Tracer("hello").Start(ctx, "greet")
	span.SetAttributes(attribute.String("greeting.name", *name))
	span.End()
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
`

// The first test of the guide is green beside a program as the guide describes it.
func TestFirstTestOfTheGuideIsGreen(t *testing.T) {
	needDocker(t)
	bin, dir := builtProgram(t)
	write(t, dir, "hello.clnrm.toml", block(t, "docs/guide.md", "## A first test", "toml"))
	write(t, dir, "cmd/hello/main.go", helloProgram)
	output(t, bin, dir, 0, "validate", "hello.clnrm.toml")
	output(t, bin, dir, 0, "run", "hello.clnrm.toml")
}

// The settings of the guide are settings without a mistake.
func TestSettingsOfTheGuideAreInOrder(t *testing.T) {
	bin, dir := builtProgram(t)
	text := block(t, "docs/guide.md", "### Themes and keys", "toml")
	write(t, dir, "cleanroom.toml", text)
	shown := output(t, bin, dir, 0, "config", "show")
	if strings.Contains(shown, "warning") || strings.Contains(shown, "error:") {
		t.Errorf("%s\n%s", text, shown)
	}
	for _, value := range []string{"dark", "code --wait", "bell"} {
		if !strings.Contains(shown, value) {
			t.Errorf("%q is not in force:\n%s", value, shown)
		}
	}
}

// The matrix of the page on templates stands for the tests that the page names.
func TestMatrixInDocumentsHasItsCombinations(t *testing.T) {
	bin, dir := builtProgram(t)
	write(t, dir, "pay.clnrm.toml.tera", `[meta]
name = "pay"
version = "1.0"
`+block(t, "docs/templates.md", "## One file, many tests", "toml")+`
[service.app]
plugin = "generic_container"
image = "{{ matrix.os.image }}"
[[scenario]]
name = "pay"
service = "app"
run = "true"
`)
	if got := output(t, bin, dir, 2, "render", "pay.clnrm.toml.tera"); !strings.Contains(got, ": [db=a,os=x] [db=a,os=y] [db=b,os=x] [db=b,os=y]\n") {
		t.Errorf("the combinations are not those of the page:\n%s", got)
	}
	one := output(t, bin, dir, 0, "render", "--matrix", "db=b", "--matrix", "os=y", "pay.clnrm.toml.tera")
	if !strings.Contains(one, `image = "example/y:1"`) {
		t.Errorf("[db=b,os=y] renders to\n%s", one)
	}
}

// The tree of the page on traces is what the command before it draws.
func TestTreeInDocumentsIsWhatGraphDraws(t *testing.T) {
	bin, dir := builtProgram(t)
	want := block(t, "docs/traces.md", "## Looking", "text")
	if got := output(t, bin, dir, 0, "graph", "examples/shop/traces/sale.ndjson"); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("graph draws\n%s\nand the page says\n%s", got, want)
	}
}
