package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// faulty writes a project of one scenario with a fault, or with something else that
// is to be interrupted.
func faulty(t *testing.T, service, scenario string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "go.mod", "module example.invalid/faulty\n\ngo 1.24\n")
	write(t, dir, "nap/main.go", `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if os.Args[1] == "fill" {
		for i := range 100 {
			if err := os.WriteFile(fmt.Sprintf("/file%d", i), make([]byte, 2<<20), 0o644); err != nil {
				panic(err)
			}
		}
		return
	}
	d, err := time.ParseDuration(os.Args[1])
	if err != nil {
		panic(err)
	}
	time.Sleep(d)
}
`)
	write(t, dir, "t.clnrm.toml", `[meta]
name = "t"
version = "1.0"
[limits]
memory_mb = 128
[service.app]
plugin = "go_binary"
package = "./nap"
args = ["1h"]
depends_on = ["db"]
[service.db]
plugin = "go_binary"
package = "./nap"
args = ["1h"]
`+service+`
[[scenario]]
name = "s"
service = "app"
`+scenario)
	return dir
}

// TestNothingIsLeftAfterAnEndDuringAFault ends runs while a fault acts, comes or
// goes, while containers are created ahead, and while files are copied out of a
// container.
func TestNothingIsLeftAfterAnEndDuringAFault(t *testing.T) {
	needDocker(t)
	rounds := 1
	if os.Getenv("CLNRM_E2E_REPEATS") != "" {
		rounds = repeats(t)
	}
	const nap = "[[scenario.steps]]\nname = \"nap\"\ncommand = [\"nap\", \"1h\"]\nexpected_exit_code = 0\n"
	fault := func(text string) string {
		return nap + "[[scenario.chaos]]\nservice = \"db\"\nduring = \"nap\"\nfault = " + text + "\n"
	}
	for name, c := range map[string]struct {
		service, scenario string
		args              []string
		until             string // a line of the run's progress
	}{
		"cpu":       {scenario: fault("\"cpu\"\npercent = 50"), until: "cpu of db during step nap"},
		"memory":    {scenario: fault("\"memory\"\nmegabytes = 32"), until: "memory of db during step nap"},
		"partition": {scenario: fault("\"partition\""), until: "partition of db during step nap"},
		"pause":     {scenario: fault("\"pause\""), until: "pause of db during step nap"},
		"latency":   {scenario: fault("\"latency\"\nlatency_ms = 50"), until: "latency of db during step nap"},
		"loss":      {scenario: fault("\"loss\"\npercent = 20"), until: "loss of db during step nap"},
		"chaos engine": {
			service:  "[service.weather]\nplugin = \"chaos_engine\"\nfailure_rate = 1.0\nlatency_ms = 20\ncpu_stress_percent = 30\n",
			scenario: nap, until: "cpu of app during step nap",
		},
		"warm start": {
			scenario: strings.ReplaceAll(nap, "1h", "500ms") + "[[scenario]]\nname = \"next\"\nservice = \"app\"\n" + nap,
			args:     []string{"--warm", "2", "-j", "1"}, until: "starting containers",
		},
		"copying": {
			scenario: "artifacts.collect = [\"files:/file*\"]\n[[scenario.steps]]\nname = \"fill\"\ncommand = [\"nap\", \"fill\"]\nexpected_exit_code = 0\n",
			until:    "collecting telemetry",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := faulty(t, c.service, c.scenario)
			for range rounds {
				for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
					endDuring(t, dir, c.until, sig, c.args...)
				}
			}
		})
	}
}

// endDuring ends a run at a random moment after it has said what it is about.
func endDuring(t *testing.T, dir, until string, sig syscall.Signal, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append(append([]string{"run"}, args...), ".")...)
	cmd.Dir = dir
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(progress)
	for lines.Scan() && !strings.Contains(lines.Text(), until) {
		fmt.Fprintln(&said, lines.Text())
	}
	if !strings.Contains(lines.Text(), until) {
		t.Fatalf("the run never said %q:\n%s", until, said.String())
	}
	after := time.Duration(rand.IntN(1500)) * time.Millisecond
	time.Sleep(after) // the moment is what is tested
	r := remainsOf(t, cmd.Process.Pid)
	// It may have come to its end by now.
	_ = cmd.Process.Signal(sig)
	for lines.Scan() { // until nobody writes any more
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); sig != syscall.SIGKILL && code != 130 && until != "collecting telemetry" {
		t.Errorf("%s %s after %q: exit status %d, want 130", sig, after, until, code)
	}
	how := fmt.Sprintf("%s %s after %q", sig, after, until)
	checkGone(t, cmd.Process.Pid, how)
	r.checkGone(t, how)
	wholeArtifacts(t, dir)
}

// remains are what a run has on this machine beside what the daemon lists.
type remains struct {
	processes map[string]bool // of the program and its containers: pid and start
	cgroups   []string
	volumes   []string
}

// remainsOf looks at a run while it goes on. What comes later is missed, but most
// is there already.
func remainsOf(t *testing.T, pid int) remains {
	t.Helper()
	r := remains{processes: map[string]bool{}}
	for _, found := range left(t, pid) {
		kind, rest, _ := strings.Cut(found, " ")
		id, _, _ := strings.Cut(rest, " ")
		if kind != "container" {
			continue
		}
		out, err := exec.Command("docker", "inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`, id).Output()
		if err == nil { // it is still there
			r.volumes = append(r.volumes, strings.Fields(string(out))...)
		}
		r.cgroups = append(r.cgroups, id)
	}
	below := map[int]bool{pid: true}
	for range 3 { // a child may be listed before its parent
		for p, s := range processes(t) {
			if below[s.parent] || slices.ContainsFunc(r.cgroups, func(id string) bool { return strings.Contains(s.cgroup, id) }) {
				below[p] = true
				r.processes[s.key(p)] = true
			}
		}
	}
	return r
}

// process is what is known of one.
type process struct {
	parent int
	start  string // in clock ticks since the machine's start
	cgroup string
}

func (s process) key(pid int) string { return strconv.Itoa(pid) + "/" + s.start }

// processes lists those of the machine that can be looked at.
func processes(t *testing.T) map[int]process {
	t.Helper()
	all := map[int]process{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err1 := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		cgroup, err2 := os.ReadFile(filepath.Join("/proc", e.Name(), "cgroup"))
		if err1 != nil || err2 != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 20 || fields[0] == "Z" {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		all[pid] = process{parent: parent, start: fields[19], cgroup: string(cgroup)}
	}
	return all
}

// checkGone waits until nothing of it is there any more.
func (r remains) checkGone(t *testing.T, how string) {
	t.Helper()
	var there []string
	for start := time.Now(); time.Since(start) < allowed(10*time.Second); time.Sleep(50 * time.Millisecond) {
		there = r.there(t)
		if len(there) == 0 {
			return
		}
	}
	t.Errorf("%s: still there: %v", how, there)
}

func (r remains) there(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for p, s := range processes(t) {
		if r.processes[s.key(p)] {
			found["process "+s.key(p)] = true
		}
	}
	// Files of other containers come and go while the tree is read.
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && slices.ContainsFunc(r.cgroups, func(id string) bool { return strings.Contains(e.Name(), id) }) {
			found["cgroup "+path] = true
		}
		return nil
	})
	for _, name := range r.volumes {
		if exec.Command("docker", "volume", "inspect", name).Run() == nil {
			found["volume "+name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// wholeArtifacts checks that no folder of artifacts under its final name is half of
// one.
func wholeArtifacts(t *testing.T, dir string) {
	t.Helper()
	folder := filepath.Join(dir, ".clnrm", "artifacts", "t.clnrm.toml", "s")
	if _, err := os.Stat(folder); err != nil {
		return // not there, and so not half
	}
	if _, err := os.Stat(filepath.Join(folder, "manifest.json")); err != nil {
		t.Errorf("a folder of artifacts without its list: %v", err)
	}
}
