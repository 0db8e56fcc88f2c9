package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/seanchatmangpt/clnrm-tui"

// layers lists the parts of the program from top to bottom. A part may import
// the parts of the layers below its own, and itself; nothing beside or above.
var layers = [][]string{
	{"main", "e2e", "scripts"},
	{"cmd"},
	{"tui"},
	{"engine"},
	{"engine/store", "engine/baseline"},
	{"engine/runner", "engine/check", "engine/strength", "engine/learn", "diff", "watch"},
	{"engine/expect", "engine/template", "engine/cache", "engine/report", "engine/service", "engine/artifact", "engine/settings", "engine/telemetry", "engine/model"},
	{"engine/spec", "engine/trace"},
	{"engine/diag", "engine/secret"},
}

// skips are the imports that jump over a facade, each with its reason.
var skips = map[[2]string]string{
	{"main", "engine/runner/agent"}:  "the program starts itself as the agent inside containers",
	{"main", "engine/runner/docker"}: "the program starts itself as the watchdog beside a run",
	{"cmd", "engine/report"}:         "commands print reports that the engine has made",
}

// owners are libraries that only the named parts may import: each hides a
// decision that the rest of the program must not depend on.
var owners = []struct {
	library string // the module or package, and everything below it
	parts   []string
}{
	{"github.com/flosch/pongo2", []string{"engine/template/bind"}},
	{"github.com/pelletier/go-toml", []string{"engine/spec", "engine/template"}},
	{"github.com/rjeczalik/notify", []string{"watch"}},
	{"github.com/redis/go-redis", []string{"engine/cache"}},
	{"github.com/hashicorp/golang-lru", []string{"engine/cache", "engine/template"}},
	{"github.com/testcontainers/testcontainers-go", []string{"engine/runner/docker"}},
	{"github.com/moby/moby", []string{"engine/runner/docker", "engine/service"}},
	{"github.com/sashabaranov/go-openai", []string{"engine/model"}},
	{"go.opentelemetry.io/otel", []string{"engine/telemetry", "examples"}},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/charmbracelet", []string{"cmd", "tui"}},
	{"github.com/muesli", []string{"cmd", "tui"}},
	{"github.com/mattn/go-isatty", []string{"cmd", "tui"}},
	{"golang.org/x/term", []string{"cmd", "tui"}},
}

// terminal are libraries that draw or read a terminal. The engine and what it
// stands on must not even reach them through others. Libraries that only measure
// text are none of them: a caret under a line needs the width of what stands
// before it.
var terminal = []string{"github.com/charmbracelet", "github.com/muesli", "github.com/mattn/go-isatty", "golang.org/x/term"}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	// Of this module's packages only:
	TestImports, XTestImports []string
	Module                    *struct{ Path string }
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-json=ImportPath,Imports,Deps,TestImports,XTestImports,Module", "./...")
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v\n%s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	var packages []listed
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(p.ImportPath, " ") || strings.HasSuffix(p.ImportPath, ".test") || seen[p.ImportPath] {
			continue // a variant of a package for its test
		}
		seen[p.ImportPath] = true
		packages = append(packages, p)
	}
}

// own returns the path of a package inside this module: "main" for its root.
func own(importPath string) (string, bool) {
	if importPath == module {
		return "main", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// under reports whether path is the part or lies below it.
func under(path, part string) bool { return path == part || strings.HasPrefix(path, part+"/") }

// layerOf finds the layer and the part of a package: the longest part wins, and
// the engine's root package is a part without what lies below it.
func layerOf(path string) (layer int, part string) {
	layer = -1
	for i, parts := range layers {
		for _, p := range parts {
			if (path == p || p != "engine" && under(path, p)) && len(p) > len(part) {
				layer, part = i, p
			}
		}
	}
	return layer, part
}

func TestImportsRunDownward(t *testing.T) {
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		if !ok || under(from, "examples") {
			continue
		}
		fromLayer, fromPart := layerOf(from)
		if fromLayer < 0 {
			t.Errorf("%s belongs to no layer: put it into one in this test, and into docs/architecture.md", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ok := own(imported)
			if !ok {
				continue
			}
			toLayer, toPart := layerOf(to)
			if fromPart == toPart || skips[[2]string{from, to}] != "" {
				continue
			}
			if toLayer <= fromLayer {
				t.Errorf("%s imports %s, which does not lie below it", from, to)
			}
		}
	}
}

// docs/architecture.md names every package, and shows the layers as they are.
func TestImportsAreDrawnInTheDocument(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		if !ok || under(from, "examples") || under(from, "scripts") || strings.Contains(from, "/testdata/") {
			continue
		}
		// A package below another one may be named by its last element there.
		last := from[strings.LastIndex(from, "/")+1:]
		if from != "main" && !strings.Contains(doc, "`"+from+"`") && !strings.Contains(doc, "`"+last+"`") && !strings.Contains(doc, "`…/"+last+"`") {
			t.Errorf("%s is not in docs/architecture.md", from)
		}
	}
	var drawn strings.Builder
	for _, parts := range layers {
		drawn.WriteString(strings.Join(parts, " ") + "\n")
	}
	if !strings.Contains(doc, "```\n"+drawn.String()+"```\n") {
		t.Errorf("docs/architecture.md does not show the layers of this test:\n%s", drawn.String())
	}
}

func TestSurfacesSeeOnlyTheFacade(t *testing.T) {
	for _, p := range list(t) {
		from, _ := own(p.ImportPath)
		if from != "main" && !under(from, "cmd") && !under(from, "tui") {
			continue
		}
		for _, imported := range p.Imports {
			to, ok := own(imported)
			behind := under(to, "engine") && to != "engine" && to != "engine/diag" || under(to, "watch") || under(to, "diff")
			if ok && behind && skips[[2]string{from, to}] == "" {
				t.Errorf("%s imports %s: it sees the engine's facade and nothing behind it", from, to)
			}
		}
	}
}

func TestLibrariesStayBehindTheirOwners(t *testing.T) {
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		if !ok || under(from, "examples") {
			continue
		}
		for _, imported := range p.Imports {
			for _, o := range owners {
				allowed := slices.ContainsFunc(o.parts, func(part string) bool { return under(from, part) })
				if under(imported, o.library) && !allowed {
					t.Errorf("%s imports %s, which only %s may", from, imported, strings.Join(o.parts, " and "))
				}
			}
		}
	}
}

func TestNoTerminalLibraryBelowTheSurface(t *testing.T) {
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		if !ok || !under(from, "engine") && !under(from, "watch") && !under(from, "diff") {
			continue
		}
		for _, d := range p.Deps {
			for _, lib := range terminal {
				if under(d, lib) {
					t.Errorf("%s reaches %s", from, d)
				}
			}
		}
	}
}

// Every library that is imported directly has its line in docs/dependencies.md.
func TestEveryDependencyIsAccountedFor(t *testing.T) {
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	packages := list(t)
	modules := map[string]string{}
	for _, p := range packages {
		if p.Module != nil {
			modules[p.ImportPath] = p.Module.Path
		}
	}
	told := map[string]bool{module: true}
	for _, p := range packages {
		if _, ok := own(p.ImportPath); !ok {
			continue
		}
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			m := modules[imported]
			if m != "" && !told[m] && !strings.Contains(string(text), "`"+m+"`") {
				told[m] = true
				t.Errorf("%s, imported by %s, is not in docs/dependencies.md", m, p.ImportPath)
			}
		}
	}
}

// The examples are programs of users: they know nothing of the tool, and the
// tool knows nothing of them.
func TestExamplesStandApart(t *testing.T) {
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		for _, imported := range p.Imports {
			to, both := own(imported)
			if ok && both && under(from, "examples") != under(to, "examples") {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
}
