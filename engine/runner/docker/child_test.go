package docker

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// childArg makes the test program a runner of its own, to be killed.
const childArg = "clnrm-test-child"

// runChildIfRequested opens a scenario of two services in the directory that it
// is given, executes a step that does not end, and never returns. It says on
// standard output which backend it has, and when the scenario is up. A fault,
// when one is given, acts on the other service during that step.
func runChildIfRequested() {
	if len(os.Args) < 3 || os.Args[1] != childArg {
		return
	}
	if err := runChild(os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(dir string, faults []string) error {
	b, err := New(Options{Getenv: os.Getenv, CacheDir: cacheDir})
	if err != nil {
		return err
	}
	fmt.Println(b.owner)
	ctx := context.Background()
	r := request(dir, &spec.Service{Name: "box"}, &spec.Service{Name: "other", Args: []string{"sleep", "1000"}})
	for _, f := range faults {
		r.Scenario.Chaos = append(r.Scenario.Chaos, &spec.Chaos{Fault: f, Service: "other", During: "long"})
	}
	s, err := b.Open(ctx, r, &record{})
	if err != nil {
		return err
	}
	fmt.Println("up")
	fmt.Println(b.conn.guard.cmd.Process.Pid)
	_, err = s.Exec(ctx, runner.Command{Service: "box", Step: "long", Argv: []string{"sleep", "1000"}})
	return err
}

// child is such a process.
type child struct {
	*exec.Cmd
	owner string
	lines *bufio.Reader
}

// startChild starts a runner over the context in dir and waits until it says
// which backend it has.
func startChild(t *testing.T, dir string, faults ...string) *child {
	t.Helper()
	return startChildAt(t, getenvOf(t)("DOCKER_HOST"), dir, faults...)
}

// startChildAt is startChild on the daemon at host.
func startChildAt(t *testing.T, host, dir string, faults ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command("/proc/self/exe", append([]string{childArg, dir}, faults...)...)}
	c.Stderr = os.Stderr
	c.Env = append(os.Environ(), "DOCKER_HOST="+host)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewReader(out)
	c.owner = c.line(t)
	return c
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	return strings.TrimSpace(line)
}

// kill ends it the hard way.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// It was killed, which is no error here.
	_ = c.Wait()
}
