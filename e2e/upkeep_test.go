package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/service/registrytest"
)

// output runs the program and returns what it printed and its exit status.
func output(t testing.TB, dir string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestServicesOfAnotherProcessAreSeen looks at a run from beside.
func TestServicesOfAnotherProcessAreSeen(t *testing.T) {
	needDocker(t)
	dir := sleepers(t)
	cmd := exec.Command(binary, "run", "--only", "s0.clnrm.toml::n0", ".")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		_ = cmd.Wait()
	}()
	process := fmt.Sprintf("%d on ", cmd.Process.Pid)
	seen, logged := false, false
	for begin := time.Now(); (!seen || !logged) && time.Since(begin) < 30*time.Second; {
		status, _, _ := output(t, t.TempDir(), "services", "status")
		for line := range strings.Lines(status) {
			if strings.Contains(line, process) && strings.HasPrefix(line, "db ") && strings.Contains(line, "s0.clnrm.toml › n0") && strings.Contains(line, "running") {
				seen = true
			}
		}
		log, _, _ := output(t, t.TempDir(), "services", "logs", "db")
		logged = logged || strings.Contains(log, "napping\n")
	}
	if !seen || !logged {
		t.Errorf("the service was listed: %v; its log was read: %v", seen, logged)
	}
}

// waiter is a program that serves, or waits until a file is there.
const waiter = `package main

import (
	"net/http"
	"os"
	"time"
)

func main() {
	if os.Args[1] == "serve" {
		panic(http.ListenAndServe(":8080", nil))
	}
	for {
		if _, err := os.Stat("/gate/open"); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
`

// TestServiceIsRestartedBesideItsRun restarts a service of a run that waits, which
// must not be green then.
func TestServiceIsRestartedBesideItsRun(t *testing.T) {
	needDocker(t)
	dir := t.TempDir()
	write(t, dir, "go.mod", "module example.invalid/waiter\n\ngo 1.24\n")
	write(t, dir, "waiter/main.go", waiter)
	write(t, dir, "gate/about", "the step waits for a file open beside this one")
	name := fmt.Sprintf("web%d", os.Getpid())
	write(t, dir, "w.clnrm.toml", "[meta]\nname = \"w\"\nversion = \"1.0\"\n[service."+name+`]
plugin = "go_binary"
package = "./waiter"
args = ["serve"]
ports = [8080]
volumes = ["./gate:/gate:ro"]
[[scenario]]
name = "long"
service = "`+name+`"
[[scenario.steps]]
name = "wait"
command = ["waiter", "wait"]
expected_exit_code = 0
`)
	cmd := exec.Command(binary, "run", "--format", "json", ".")
	cmd.Dir = dir
	var report, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &report, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended
		_ = cmd.Wait()
	}()
	said, stderr, status := "", "", 0
	for begin := time.Now(); time.Since(begin) < 90*time.Second; time.Sleep(100 * time.Millisecond) {
		if said, stderr, status = output(t, dir, "services", "restart", name); status == 0 {
			break // until then it does not run, or is not ready
		}
	}
	if status != 0 || !regexp.MustCompile("^"+name+" was ready again after [0-9.]+m?s\n$").MatchString(said) || !strings.Contains(stderr, "cannot pass any more") {
		t.Fatalf("exit status %d, %q, %q; the run: %s", status, said, stderr, errs.String())
	}
	elsewhere := t.TempDir()
	write(t, elsewhere, "go.mod", "module example.invalid/other\n")
	if _, stderr, status := output(t, elsewhere, "services", "restart", name); status != 2 || !strings.Contains(stderr, "belongs to the project "+dir) {
		t.Errorf("from another project: exit status %d, %q", status, stderr)
	}
	if _, stderr, status := output(t, dir, "services", "restart", "--scenario", "short", name); status != 2 || !strings.Contains(stderr, `in a scenario "short"`) {
		t.Errorf("in another scenario: exit status %d, %q", status, stderr)
	}
	write(t, dir, "gate/open", "")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("the run ended with %v\n%s%s", err, report.String(), errs.String())
	}
	if !strings.Contains(report.String(), "service."+name+".undisturbed") || strings.Count(report.String(), "was restarted by hand while the scenario ran, and was ready again after ") == 0 {
		t.Errorf("the report does not say it: %s", report.String())
	}
	if list := left(t, cmd.Process.Pid); len(list) != 0 {
		t.Errorf("left: %q", list)
	}
}

// TestPullShowsItsLayers pulls from a registry of the test's own, with bars on a
// terminal and with lines elsewhere.
func TestPullShowsItsLayers(t *testing.T) {
	needDocker(t)
	for _, terminal := range []bool{false, true} {
		t.Run(fmt.Sprintf("terminal %v", terminal), func(t *testing.T) {
			r := registrytest.New(t, registrytest.None, 4<<20)
			image := r.Host + "/app:1"
			t.Cleanup(func() {
				if out, err := exec.Command("docker", "rmi", "-f", image).CombinedOutput(); err != nil {
					t.Errorf("%v: %s", err, out)
				}
			})
			dir := t.TempDir()
			write(t, dir, "a.clnrm.toml", strings.ReplaceAll(goodFile, "example:1", image))
			if terminal {
				tm := open(t, dir, 100, 30, "pull", ".")
				tm.wait(0, "pulled  "+image)
				if err := tm.cmd.Wait(); err != nil {
					t.Error(err)
				}
				if tail := string(tm.tail()); !strings.Contains(tail, "[#") && !strings.Contains(tail, "[.") {
					t.Errorf("there were no bars: %q", tail)
				}
				return
			}
			stdout, stderr, status := output(t, dir, "pull", ".")
			if status != 0 || stdout != "pulled  "+image+"\n" || strings.Contains(stderr, "\x1b") {
				t.Errorf("exit status %d, %q, %q", status, stdout, stderr)
			}
			if stdout, _, _ := output(t, dir, "pull", "."); stdout != "here    "+image+"\n" {
				t.Errorf("the second time: %q", stdout)
			}
			if n := r.Requests(); n != 1 {
				t.Errorf("the layer was asked for %d times", n)
			}
		})
	}
}

// TestLeftoversAreToldAtTheStart leaves a network behind and starts the program.
func TestLeftoversAreToldAtTheStart(t *testing.T) {
	needDocker(t)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	label := fmt.Sprintf("io.clnrm.process=%s/another-boot/pid:[1]/%d/1", host, gone.Process.Pid)
	name := fmt.Sprintf("clnrm-e2e-left-%d", os.Getpid())
	if out, err := exec.Command("docker", "network", "create", "--internal", "--subnet", "10.213.255.240/28", "--label", label, name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	defer func() {
		_ = exec.Command("docker", "network", "rm", name).Run() // it is gone if all went well
	}()
	_, stderr, _ := output(t, sleepers(t), "run", "--only", "s1.clnrm.toml::n0", ".")
	if !regexp.MustCompile("have ended left .*network.* behind; `clnrm-tui clean` removes that").MatchString(stderr) {
		t.Errorf("it is not told: %s", stderr)
	}
	if stdout, _, status := output(t, t.TempDir(), "clean"); status != 0 || !strings.Contains(stdout, "network") {
		t.Errorf("exit status %d: %s", status, stdout)
	}
	if err := exec.Command("docker", "network", "inspect", name).Run(); err == nil {
		t.Error("it is still there")
	}
}
