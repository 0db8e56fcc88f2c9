package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
)

// childArg makes the test program one that is alone in a control group of version 2.
const childArg = "clnrm-test-cgroup-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		if err := childMain(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childMain does what a program does that makes groups below its own, dir, and says
// what is not as it must be.
func childMain(dir string) error {
	if err := (group.Group{dir}).Enter(os.Getpid()); err != nil {
		return err
	}
	p := place{mount: filepath.Dir(dir), at: "/" + filepath.Base(dir), v2: true}
	if why := unusable(p); why != "" {
		return fmt.Errorf("it has the group to itself, and: %s", why)
	}
	m := &Maker{self: "self", parents: []parent{{p, []string{"memory"}}}}
	g := m.Make("service", Limits{MemoryBytes: 64 << 20})
	if hasController(dir, "memory") != (g.Holds[Memory] == "cgroup v2") || (g.Holds[Memory] == "") == (g.Lacks[Memory] == "") {
		return fmt.Errorf("holds %v, lacks %v", g.Holds, g.Lacks)
	}
	if members, err := group.Members(dir); err != nil || len(members) > 0 {
		return fmt.Errorf("processes %v beside groups, %v", members, err)
	}
	if members, err := group.Members(filepath.Join(dir, "self")); err != nil || !slices.Contains(members, os.Getpid()) {
		return fmt.Errorf("this process is not in its place: %v, %v", members, err)
	}
	sleeper := exec.Command("sleep", "1000")
	if err := sleeper.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- sleeper.Wait() }()
	if err := g.Group.Enter(sleeper.Process.Pid); err != nil {
		return err
	}
	if err := g.Group.Remove(time.Minute); err != nil {
		return err
	}
	if err := <-ended; err == nil || err.Error() != "signal: killed" {
		return fmt.Errorf("what was in the group ended with %v", err)
	}
	if err := m.Close(); err != nil {
		return err
	}
	if members, err := group.Members(dir); err != nil || !slices.Contains(members, os.Getpid()) {
		return fmt.Errorf("this process did not come back: %v, %v", members, err)
	}
	if all, err := filepath.Glob(filepath.Join(dir, "*", "cgroup.procs")); err != nil || len(all) > 0 {
		return fmt.Errorf("groups are left: %v, %v", all, err)
	}
	return nil
}

// scratch makes a group of version 2 for a test, or says why there is none.
func scratch() (string, error) {
	p, ok := places(os.DirFS("/"))[""]
	if !ok {
		return "", fmt.Errorf("version 2 is not mounted")
	}
	return os.MkdirTemp(filepath.Join("/", p.mount), "clnrm-test-")
}

func TestProcessMovesToAGroupOfItsOwnAndBack(t *testing.T) {
	dir, err := scratch()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := (group.Group{dir}).Remove(time.Minute); err != nil {
			t.Error(err)
		}
	})
	if out, err := exec.Command("/proc/self/exe", childArg, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// With somebody else in the group nobody is moved.
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait() // it was killed
	}()
	if err := (group.Group{dir}).Enter(other.Process.Pid); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("/proc/self/exe", childArg, dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "other programs are in the control group "+dir) {
		t.Errorf("%v: %s", err, out)
	}
}
