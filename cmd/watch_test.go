package cmd_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// watched is a running `clnrm-tui watch` and the lines that it prints.
type watched struct {
	t     *testing.T
	dir   string
	lines chan string
}

// startWatch runs watch over a folder with one file until the test ends.
func startWatch(t *testing.T, text string, flags ...string) *watched {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.clnrm.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return startWatchIn(t, dir, flags...)
}

// startWatchIn runs watch over a folder until the test ends.
func startWatchIn(t *testing.T, dir string, flags ...string) *watched {
	t.Helper()
	w := &watched{t: t, dir: dir, lines: make(chan string, 1000)}
	c := exec.Command(os.Args[0], append([]string{"watch", "."}, flags...)...)
	c.Dir, c.Env, c.Stderr = w.dir, append(os.Environ(), asProgram+"=1", "NO_COLOR=1"), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			w.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		for range w.lines { // until it has ended
		}
		if err := c.Wait(); c.ProcessState.ExitCode() != 130 {
			t.Errorf("watch ended with %v, want status 130", err)
		}
	})
	return w
}

func (w *watched) save(text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "a.clnrm.toml"), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// until returns the lines up to one that holds text.
func (w *watched) until(text string) string {
	w.t.Helper()
	var seen strings.Builder
	deadline := time.After(20 * time.Second)
	for {
		select {
		case line, open := <-w.lines:
			seen.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return seen.String()
			}
			if !open {
				w.t.Fatalf("watch ended before it printed %q:\n%s", text, &seen)
			}
		case <-deadline:
			w.t.Fatalf("watch never printed %q:\n%s", text, &seen)
		}
	}
}

// counted is a file that expects at least so many spans.
func counted(least string) string {
	return "[meta]\nname = \"a\"\nversion = \"1\"\n[otel]\nexporter = \"otlp\"\n[service.app]\nimage = \"app:1\"\n" +
		"[[scenario]]\nname = \"s\"\nservice = \"app\"\nrun = \"true\"\n[expect.counts]\nspans_total = { gte = " + least + " }\n"
}

func TestWatchSaysWhatASaveDidToTheExpectations(t *testing.T) {
	w := startWatch(t, counted("5"), "--diff", "--perf-metrics")
	w.until("watching 1 template:")
	w.save(counted("3"))
	got := w.until("total_latency")
	for _, want := range []string{"0 tightened, 1 loosened", `Modified: expect.counts.spans_total.gte: "5" → "3"`, "loosens: the old side implies", "toml_parse"} {
		if !strings.Contains(got, want) && !strings.Contains(w.until(want), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	w.save("# a comment\n" + counted("3"))
	w.until("the expectations are as before")
}

func TestWatchWritesWhatASaveDidAsJSON(t *testing.T) {
	w := startWatch(t, counted("5"), "--diff", "--perf-metrics", "--cache-stats", "--format", "json")
	w.until(`"event":"watching"`)
	w.save(counted("8"))
	var diffed struct {
		Schema string
		Diff   struct {
			File    string
			Changes []struct {
				Path, Kind, Old, New, Effect string
				Line                         int
			}
			Summary struct{ Tightened int }
		}
	}
	var stages, cache bool
	for !stages || !cache || diffed.Schema == "" {
		lines := strings.Split(strings.TrimSpace(w.until(`"event"`)), "\n")
		line := []byte(lines[len(lines)-1])
		var ev struct {
			Event  string
			Stages map[string]struct{ Samples int }
			Stats  map[string]any
		}
		if err := json.Unmarshal(line, &ev); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		stages = stages || ev.Stages["watch.total_latency_ms"].Samples > 0
		cache = cache || ev.Stats["cache_misses"] != nil
		if ev.Event == "diffed" {
			if err := json.Unmarshal(line, &diffed); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := diffed.Diff.Changes
	if diffed.Diff.File != "a.clnrm.toml" || len(c) != 1 || diffed.Diff.Summary.Tightened != 1 {
		t.Fatalf("%+v", diffed)
	}
	if c[0].Path != "expect.counts.spans_total.gte" || c[0].Old != "5" || c[0].New != "8" || c[0].Effect != "tightens" || c[0].Line == 0 {
		t.Errorf("%+v", c[0])
	}
}

// A save is judged over the last recorded run, with its age and its folder; one
// that changes the scenario itself makes that run out of date, and says so.
func TestWatchSaysWhatTheRecordedRunStillSays(t *testing.T) {
	text := func(command, least string) string {
		return "[meta]\nname = \"a\"\nversion = \"1\"\n[[scenario]]\nname = \"s\"\nrun = \"" + command +
			"\"\n[expect.counts]\nspans_total = { gte = " + least + " }\n"
	}
	dir := t.TempDir()
	put := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "a.clnrm.toml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(text("true", "1"))
	c := exec.Command(os.Args[0], "run", "--backend", "local", ".")
	c.Dir, c.Env = dir, append(os.Environ(), asProgram+"=1", "NO_COLOR=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	} else if strings.Contains(string(out), "stale") {
		t.Errorf("a run of this moment is out of date: %s", out)
	}
	for _, tt := range []struct{ format, replayed, verdict, outdated, says string }{
		{"human", " replayed over the trace of ", "PASS  a.clnrm.toml › s", " out of date: a.clnrm.toml › s ", "services or commands changed since the run; it was "},
		{"json", `"event":"replayed"`, `"replayed":true,"trace":".clnrm/runs/`, `"event":"outdated"`, `"trace":".clnrm/runs/`},
	} {
		t.Run(tt.format, func(t *testing.T) {
			put(text("true", "1"))
			w := startWatchIn(t, dir, "--format", tt.format)
			w.until("watching")
			put(text("true", "2"))
			got := w.until(tt.replayed)
			if !strings.Contains(got, ".clnrm/runs/") {
				t.Errorf("it does not say which trace: %s", got)
			}
			if !strings.Contains(got, tt.verdict) {
				w.until(tt.verdict)
			}
			put(text("false", "2"))
			got = w.until(tt.outdated)
			if got = got[strings.LastIndex(strings.TrimSpace(got), "\n")+1:]; !strings.Contains(got, tt.says) || !strings.Contains(got, ".clnrm/runs/") {
				t.Errorf("it says %s", got)
			}
		})
	}
}
