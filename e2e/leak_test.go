package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// allowed is how long something may take that takes at most limit on a machine
// that is not busy: CLNRM_FAULTS=full holds the program to it. What never comes
// is found out either way.
func allowed(limit time.Duration) time.Duration {
	if os.Getenv("CLNRM_FAULTS") == "full" {
		return limit
	}
	return max(limit, 30*time.Second)
}

// sleepers writes a project of ten scenarios that take their time; two of them
// have a second service, so that there are networks too.
func sleepers(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.invalid/sleepers\n\ngo 1.24\n")
	write(t, dir, "nap/main.go", `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("napping")
	d, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	time.Sleep(d)
}
`)
	for i := range 5 {
		var b strings.Builder
		fmt.Fprintf(&b, "[meta]\nname = \"s%d\"\nversion = \"1.0\"\n", i)
		fmt.Fprintf(&b, "[service.app]\nplugin = \"go_binary\"\npackage = \"./nap\"\nargs = [\"1h\"]\n")
		if i == 0 {
			fmt.Fprintf(&b, "depends_on = [\"db\"]\n[service.db]\nplugin = \"go_binary\"\npackage = \"./nap\"\nargs = [\"1h\"]\n")
		}
		for k := range 2 {
			fmt.Fprintf(&b, "[[scenario]]\nname = \"n%d\"\nservice = \"app\"\n[[scenario.steps]]\nname = \"nap\"\ncommand = [\"nap\", \"2s\"]\nexpected_output_regex = \"napping\"\n", k)
		}
		write(t, dir, fmt.Sprintf("s%d.clnrm.toml", i), b.String())
	}
	return dir
}

// left lists the containers and networks of the process with that pid.
func left(t testing.TB, pid int) []string {
	t.Helper()
	var found []string
	for _, args := range [][]string{
		{"ps", "-a", "--no-trunc", "--filter", "label=io.clnrm.process", "--format", `container {{.ID}} {{.Label "io.clnrm.process"}}`},
		{"network", "ls", "--no-trunc", "--filter", "label=io.clnrm.process", "--format", `network {{.ID}} {{.Label "io.clnrm.process"}}`},
	} {
		out, err := exec.Command("docker", args...).Output()
		if err != nil {
			t.Fatalf("docker %v: %v", args, err)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, fmt.Sprintf("/%d/", pid)) {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	return found
}

// TestNothingIsLeftAfterAnyEnd ends runs of ten scenarios at random moments, in
// every way a program can end.
func TestNothingIsLeftAfterAnyEnd(t *testing.T) {
	needDocker(t)
	dir := sleepers(t)
	warm := exec.Command(binary, "run", "--only", "s1.clnrm.toml::n0", ".")
	warm.Dir = dir
	if out, err := warm.CombinedOutput(); err != nil {
		t.Fatalf("a whole run: %v\n%s", err, out)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			for range repeats(t) {
				endRun(t, dir, sig)
			}
		})
	}
	t.Run("reader gone", func(t *testing.T) {
		for range repeats(t) {
			stopReading(t, dir)
		}
	})
	t.Run("second interrupt", func(t *testing.T) {
		for range repeats(t) {
			endTwice(t, dir)
		}
	})
	t.Run("closed terminal", func(t *testing.T) {
		for range repeats(t) {
			closeTerminal(t, dir)
		}
	})
	for _, keys := range []string{"q", "\x03\x03"} {
		t.Run(fmt.Sprintf("key %q", keys), func(t *testing.T) {
			for range repeats(t) {
				endDashboard(t, dir, keys)
			}
		})
	}
}

// moment is when to end a run: from before its first container, but after the
// program has come to itself, to the midst of its steps.
func moment() time.Duration { return time.Duration(150+rand.IntN(2350)) * time.Millisecond }

func endRun(t *testing.T, dir string, sig syscall.Signal) {
	t.Helper()
	cmd := exec.Command(binary, "run", "-j", "10", "--max-containers", "12", ".")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := moment()
	time.Sleep(after) // the moment is what is tested
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if sig != syscall.SIGKILL && cmd.ProcessState.ExitCode() != 130 && !unborn(cmd, sig, out.String()) {
		t.Errorf("after %s and %s: %v, want exit status 130\n%s", after, sig, err, out.String())
	}
	checkGone(t, cmd.Process.Pid, fmt.Sprintf("%s after %s", sig, after))
}

// unborn reports whether a signal ended the program, as it ends any, before it
// had come to itself and said or started anything: a busy machine can take that
// long to load it.
func unborn(cmd *exec.Cmd, sig syscall.Signal, printed string) bool {
	ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && ws.Signaled() && ws.Signal() == sig && printed == ""
}

// stopReading closes the other end of a run's standard output and error, as head
// does when it has seen enough.
func stopReading(t *testing.T, dir string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "run", "-j", "10", "--max-containers", "12", ".")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, w, w
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	after := moment()
	time.Sleep(after) // the moment is what is tested
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 141 {
		t.Errorf("not read from %s on: %v, want exit status 141", after, err)
	}
	checkGone(t, cmd.Process.Pid, fmt.Sprintf("not read from %s on", after))
}

// endTwice interrupts a run and, 100 ms later, once more: it ends at once, and
// what it leaves goes in the background.
func endTwice(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command(binary, "run", "-j", "10", "--max-containers", "12", ".")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := moment()
	time.Sleep(after) // the moment is what is tested
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the moment is what is tested
	// It may have ended by now.
	_ = cmd.Process.Signal(syscall.SIGINT)
	again := time.Now()
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != 130 && !unborn(cmd, syscall.SIGINT, out.String()) {
		t.Errorf("after %s: %v, want exit status 130", after, err)
	}
	if took := time.Since(again); took > allowed(time.Second) {
		t.Errorf("after %s: the end took %s after the second interrupt", after, took)
	}
	checkGone(t, cmd.Process.Pid, fmt.Sprintf("two interrupts after %s", after))
}

// closeTerminal takes the terminal away from a dashboard that runs scenarios.
func closeTerminal(t *testing.T, dir string) {
	t.Helper()
	tm := open(t, dir, 120, 40, ".")
	tm.shows("5 templates")
	tm.press("a")
	after := moment()
	time.Sleep(after) // the moment is what is tested
	if err := tm.pty.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- tm.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("after %s: the dashboard did not end with its terminal", after)
	}
	checkGone(t, tm.cmd.Process.Pid, fmt.Sprintf("closed terminal after %s", after))
}

func endDashboard(t *testing.T, dir, keys string) {
	t.Helper()
	tm := open(t, dir, 120, 40, ".")
	tm.shows("5 templates")
	tm.press("a")
	after := moment()
	time.Sleep(after) // the moment is what is tested
	for _, k := range keys {
		tm.press(string(k))
	}
	done := make(chan error, 1)
	go func() { done <- tm.cmd.Wait() }()
	deadline := time.After(30 * time.Second)
	answer := time.NewTicker(100 * time.Millisecond)
	defer answer.Stop()
	for {
		select {
		case <-done:
			checkGone(t, tm.cmd.Process.Pid, fmt.Sprintf("%q after %s", keys, after))
			restored(t, tm)
			return
		case <-answer.C: // while scenarios run, the dashboard asks whether to quit
			if _, err := tm.pty.WriteString("y"); err != nil && !os.IsTimeout(err) {
				continue // it has just ended
			}
		case <-deadline:
			t.Fatalf("%q after %s: the dashboard did not end\n%q", keys, after, tm.tail())
		}
	}
}

// restored checks that the program gave the terminal back: the alternate screen
// left, the cursor shown, mouse reports off.
func restored(t *testing.T, tm *terminal) {
	t.Helper()
	<-tm.eof
	tail := tm.tail()
	for what, seq := range map[string]string{"alternate screen": "\x1b[?1049l", "cursor": "\x1b[?25h", "mouse": "\x1b[?1002l"} {
		on := strings.NewReplacer("1049l", "1049h", "25h", "25l", "1002l", "1002h").Replace(seq)
		if bytes.LastIndex(tail, []byte(seq)) < bytes.LastIndex(tail, []byte(on)) || !bytes.Contains(tail, []byte(seq)) {
			t.Errorf("the %s was not given back", what)
		}
	}
}

func checkGone(t *testing.T, pid int, how string) {
	t.Helper()
	start := time.Now()
	var found []string
	limit := allowed(3 * time.Second)
	for time.Since(start) < limit {
		if found = left(t, pid); len(found) == 0 {
			t.Logf("%s: all gone after %s", how, time.Since(start).Round(10*time.Millisecond))
			return
		}
	}
	t.Errorf("%s: left after %s: %v", how, limit, found)
}
