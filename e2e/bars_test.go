package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nap is a program that waits, fails, or waits for ever.
const nap = `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("napping")
	d, err := time.ParseDuration(os.Args[1])
	if err != nil {
		os.Exit(3)
	}
	time.Sleep(d)
}
`

// crowd writes a project of n scenarios in files of twenty. args says what the
// program of the ith is called with and what its timeout is in milliseconds.
func crowd(t testing.TB, n int, args func(i int) (arg string, timeoutMS int)) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.invalid/crowd\n\ngo 1.24\n")
	write(t, dir, "nap/main.go", nap)
	for from := 0; from < n; from += 20 {
		var b strings.Builder
		fmt.Fprintf(&b, "[meta]\nname = \"f%03d\"\nversion = \"1.0\"\n[service.app]\nplugin = \"go_binary\"\npackage = \"./nap\"\n", from)
		for i := from; i < min(n, from+20); i++ {
			arg, timeout := args(i)
			fmt.Fprintf(&b, "[[scenario]]\nname = \"n%03d\"\nservice = \"app\"\ntimeout_ms = %d\n[[scenario.steps]]\nname = \"nap\"\ncommand = [\"nap\", %q]\nexpected_output_regex = \"napping\"\n", i, timeout, arg)
		}
		write(t, dir, fmt.Sprintf("f%03d.clnrm.toml", from), b.String())
	}
	return dir
}

// number is a number from the environment.
func number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is not a positive number", name, s)
	}
	return n
}

// ran is what a run came to.
type ran struct {
	Verdict   string
	Scenarios []struct {
		Name         string
		Verdict      string
		FirstFailure *struct{ Rule string } `json:"first_failure"`
	}
	took   time.Duration
	rssMB  int64 // the most that the program ever had resident
	most   int   // containers at one instant, sampled from the engine
	status int
	pid    int
	stderr string
}

// run runs the program over a project and samples the engine meanwhile.
func run(t testing.TB, dir string, args ...string) (r ran) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"run", "--format", "json"}, args...)...)
	cmd.Dir = dir
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.pid = cmd.Process.Pid
	ctx, stop := context.WithCancel(t.Context())
	sampled := make(chan struct{})
	go func() {
		defer close(sampled)
		for ctx.Err() == nil {
			r.most = max(r.most, containersOf(ctx, r.pid))
			r.rssMB = max(r.rssMB, resident(r.pid))
		}
	}()
	err := cmd.Wait()
	r.took = time.Since(start)
	stop()
	<-sampled
	r.status = cmd.ProcessState.ExitCode()
	r.stderr = errs.String()
	if jerr := json.Unmarshal([]byte(out.String()), &r); jerr != nil {
		t.Fatalf("%v, %v\n%s\n%s", err, jerr, out.String(), errs.String())
	}
	return r
}

// resident is the most memory in MB that a process had so far, without the
// processes that it started; 0 when it has ended.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb >> 10
		}
	}
	return 0
}

// containersOf counts the containers of a process that exist at this moment.
func containersOf(ctx context.Context, pid int) int {
	out, err := exec.CommandContext(ctx, "docker", "ps", "-a", "--filter", "label=io.clnrm.process", "--format", `{{.Label "io.clnrm.process"}}`).Output()
	if err != nil {
		return 0
	}
	return strings.Count(string(out), fmt.Sprintf("/%d/", pid))
}

// TestEveryVerdictOfACrowdIsRight runs many scenarios side by side, of which one
// in ten fails and one in twenty hangs until its timeout: 40 of them, or as many
// as CLNRM_E2E_CROWD says.
func TestEveryVerdictOfACrowdIsRight(t *testing.T) {
	needDocker(t)
	const width = 16
	want := func(i int) (verdict, rule string) {
		switch {
		case i%20 == 7:
			return "fail", "scenario.timeout"
		case i%10 == 3:
			return "fail", "step[nap].exit_code"
		}
		return "pass", ""
	}
	dir := crowd(t, number(t, "CLNRM_E2E_CROWD", 40), func(i int) (string, int) {
		switch _, rule := want(i); rule {
		case "scenario.timeout":
			return "1h", 8000
		case "step[nap].exit_code":
			return "no duration", 120000
		}
		return "10ms", 120000
	})
	r := run(t, dir, "--jobs", fmt.Sprint(width), "--max-containers", fmt.Sprint(width), ".")
	for i, s := range r.Scenarios {
		verdict, rule := want(i)
		got := ""
		if s.FirstFailure != nil {
			got = s.FirstFailure.Rule
		}
		if s.Verdict != verdict || got != rule {
			t.Errorf("%s: %s %s, want %s %s", s.Name, s.Verdict, got, verdict, rule)
		}
	}
	if len(r.Scenarios) != number(t, "CLNRM_E2E_CROWD", 40) || r.status != 1 {
		t.Errorf("%d scenarios, exit status %d\n%s", len(r.Scenarios), r.status, r.stderr)
	}
	if r.most > width || r.most < 2 {
		t.Errorf("%d containers at one instant, the limit is %d", r.most, width)
	}
	if found := left(t, r.pid); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	if r.rssMB > 150 || r.rssMB == 0 {
		t.Errorf("%d MB resident, want at most 150", r.rssMB)
	}
	t.Logf("%d scenarios in %s, %d containers at most, %d MB", len(r.Scenarios), r.took.Round(time.Millisecond), r.most, r.rssMB)
}

// flood is a program that prints so many megabytes of numbered lines.
const flood = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

func main() {
	mb, err := strconv.Atoi(os.Args[1])
	if err != nil {
		os.Exit(3)
	}
	w := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer w.Flush()
	for i := range mb << 20 / 64 {
		fmt.Fprintf(w, "%063d\n", i)
	}
}
`

// TestWhatAProgramPrintsIsOnDiskWholeAndNotInMemory is about 48 MB, or as many as
// CLNRM_E2E_FLOOD says.
func TestWhatAProgramPrintsIsOnDiskWholeAndNotInMemory(t *testing.T) {
	needDocker(t)
	mb := number(t, "CLNRM_E2E_FLOOD", 48)
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.invalid/flood\n\ngo 1.24\n")
	write(t, dir, "flood/main.go", flood)
	write(t, dir, "f.clnrm.toml", fmt.Sprintf("[meta]\nname = \"f\"\nversion = \"1.0\"\n[service.app]\nplugin = \"go_binary\"\npackage = \"./flood\"\n"+
		"[[scenario]]\nname = \"one\"\nservice = \"app\"\ntimeout_ms = 600000\n[[scenario.steps]]\nname = \"print\"\ncommand = [\"flood\", \"%d\"]\nexpected_output_regex = \"0000\"\n", mb))
	r := run(t, dir, ".")
	if r.Verdict != "pass" {
		t.Fatalf("%s\n%s", r.Verdict, r.stderr)
	}
	logs, err := filepath.Glob(filepath.Join(dir, ".clnrm", "runs", "*", "logs", "*.txt"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("%v, %v", logs, err)
	}
	log, err := os.Open(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	next, lines := 0, bufio.NewScanner(log)
	for lines.Scan() {
		if _, line, ok := strings.Cut(lines.Text(), " app/print stdout | "); ok {
			if n, err := strconv.Atoi(line); err != nil || len(line) != 63 || n != next {
				t.Fatalf("line %d of the output is %q", next, line)
			}
			next++
		}
	}
	if want := mb << 20 / 64; lines.Err() != nil || next != want {
		t.Errorf("%d of %d lines are in the log, %v", next, want, lines.Err())
	}
	if r.rssMB > 100 || r.rssMB == 0 {
		t.Errorf("%d MB resident, want at most 100", r.rssMB)
	}
	t.Logf("%d MB in %s, %d MB resident", mb, r.took.Round(time.Millisecond), r.rssMB)
}

// BenchmarkWaitingSideBySide is the time of ten scenarios that each wait 5 s, four
// side by side; speedup is how many times as long they take one after another.
func BenchmarkWaitingSideBySide(b *testing.B) {
	needDocker(b)
	dir := crowd(b, 10, func(int) (string, int) { return "5s", 120000 })
	run(b, dir, "--jobs", "4", "--only", "n000", ".") // builds the image
	var one, four time.Duration
	for b.Loop() {
		r := run(b, dir, "--jobs", "1", ".")
		one += r.took
		s := run(b, dir, "--jobs", "4", "--max-containers", "4", ".")
		four += s.took
		if r.Verdict != "pass" || s.Verdict != "pass" {
			b.Fatalf("%s %s", r.stderr, s.stderr)
		}
		if s.most > 4 {
			b.Errorf("%d containers at one instant, the limit is 4", s.most)
		}
	}
	b.ReportMetric(float64(four.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(one)/float64(four), "speedup")
}
