package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// patience bounds every wait of these tests; none of them waits that long
// unless it fails.
const patience = 20 * time.Second

// harness is an engine that watches real files in a folder of its own.
type harness struct {
	*Engine
	t       *testing.T
	dir     string
	backend *runnertest.Backend
	env     map[string]string
	options func(*Options) // changes what open starts with; nil changes nothing
}

// watching starts an engine over files (name → text) with a scripted backend.
func watching(t *testing.T, b *runnertest.Backend, files map[string]string) *harness {
	t.Helper()
	h := &harness{t: t, dir: t.TempDir(), backend: b}
	for name, text := range files {
		h.write(name, text)
	}
	h.open()
	return h
}

// open starts an engine over the folder; Close ends it at the end of the test.
func (h *harness) open() {
	h.t.Helper()
	o := Options{Dir: h.dir, Env: func(name string) (string, bool) { v, ok := h.env[name]; return v, ok },
		backend: func() (runner.Backend, error) { return h.backend, nil }}
	if h.options != nil {
		h.options(&o)
	}
	e, err := New(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Engine = e
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Watch(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("Watch: %v", err)
		}
		if err := e.Close(context.Background()); err != nil {
			h.t.Errorf("Close: %v", err)
		}
	})
	h.until("the first pass", func(s *Snapshot) bool { return s.Ready })
}

func (h *harness) write(name, text string) {
	h.t.Helper()
	file := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// until waits for a snapshot that ok accepts.
func (h *harness) until(what string, ok func(*Snapshot) bool) *Snapshot {
	h.t.Helper()
	deadline := time.After(patience)
	for {
		if s := h.Snapshot(); ok(s) {
			return s
		}
		select {
		case <-h.Changed():
		case <-deadline:
			h.t.Fatalf("waited in vain for %s; state:\n%s", what, describe(h.Snapshot()))
		}
	}
}

// template waits until the template at path satisfies ok.
func (h *harness) template(what, path string, ok func(*Template) bool) *Template {
	h.t.Helper()
	var found *Template
	h.until(what, func(s *Snapshot) bool {
		found = lookup(s, path)
		return found != nil && ok(found)
	})
	return found
}

// scenario waits until a scenario satisfies ok.
func (h *harness) scenario(what, path, name string, ok func(*Scenario) bool) *Scenario {
	h.t.Helper()
	var found *Scenario
	h.template(what, path, func(t *Template) bool {
		found = findScenario(t, ScenarioID{path, name})
		return found != nil && ok(found)
	})
	return found
}

func lookup(s *Snapshot, path string) *Template {
	i := slices.IndexFunc(s.Templates, func(t *Template) bool { return t.Path == path })
	if i < 0 {
		return nil
	}
	return s.Templates[i]
}

func describe(s *Snapshot) string {
	var b strings.Builder
	for _, t := range s.Templates {
		fmt.Fprintf(&b, "%s gen=%d %s %v\n", t.Path, t.Generation, t.Status, t.Diagnostics)
		for _, sc := range t.Scenarios {
			fmt.Fprintf(&b, "  %s %s stale=%q replayed=%v", sc.ID.Name, sc.Verdict, sc.Last().StaleReason, sc.Replayed)
			if f := sc.Last().Result.FirstFailure(); f != nil {
				fmt.Fprintf(&b, " %s: %s", f.Rule, f.Message)
			}
			if sc.Last().Result != nil {
				fmt.Fprintf(&b, " %s", sc.Last().Result.Message)
			}
			b.WriteByte('\n')
		}
	}
	for _, n := range s.Notices {
		fmt.Fprintf(&b, "notice: %s\n", n.Text)
	}
	return b.String()
}

const file = "t.clnrm.toml.tera"

// emitter is a template whose step prints spans to stdout; the text after it is
// its expectations.
func emitter(expect string) string {
	return `[meta]
name = "t"
version = "1.0"

[service.app]
plugin = "generic_container"
image = "example:1"

[[scenario]]
name = "emit"
service = "app"
artifacts.collect = ["spans:default"]
run = "emit"
` + expect
}

// oneSpan is what the scripted program prints.
const oneSpan = `{"name":"order","trace_id":"00000000000000000000000000000001","span_id":"0000000000000001","kind":"server","start_time_unix_nano":1000000,"end_time_unix_nano":2000000,"attributes":{"result":"pass"}}` + "\n"

func emits(text string) *runnertest.Backend {
	return &runnertest.Backend{Steps: map[string]runnertest.Step{"run": {Stdout: text}}}
}

const wantsOrder = "[[expect.span]]\nname = \"order\"\n"
