package group

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatTheKernelCountsIsReadFromEitherVersion(t *testing.T) {
	for text, want := range map[string]int64{
		"low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n": 2, "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n": 5, "": 0, "oom_kill x": 0,
	} {
		for _, names := range [][3]string{{"memory.events", "memory.max", "memory.peak"}, {"memory.oom_control", "memory.limit_in_bytes", "memory.max_usage_in_bytes"}} {
			dir := t.TempDir()
			for i, content := range []string{text, "4096\n", "max\n"} {
				if err := os.WriteFile(filepath.Join(dir, names[i]), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			g := Group{filepath.Join(dir, "nothing"), dir}
			if got := g.OOMKills(); got != want {
				t.Errorf("%q in %s: %d, want %d", text, names[0], got, want)
			}
			if limit, peak := g.Memory(); limit != 4096 || peak != 0 {
				t.Errorf("%v: limit %d, peak %d", names, limit, peak)
			}
		}
	}
}

// On the host the files of the machine count for everybody who shares it.
func TestNoGroupCountsNothing(t *testing.T) {
	var none Group
	if n := none.OOMKills(); n != 0 {
		t.Errorf("%d kills", n)
	}
	if err := none.Enter(os.Getpid()); err != nil {
		t.Error(err)
	}
	if err := none.Remove(0); err != nil {
		t.Error(err)
	}
}

func TestProcessThatIsNotInTheGroupIsNotTakenToBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g := Group{dir}
	if err := g.Enter(os.Getpid()); err != nil {
		t.Errorf("the file reads back what was written: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "cgroup.procs")); err != nil {
		t.Fatal(err)
	}
	if err := g.Enter(os.Getpid()); err == nil {
		t.Error("there is no such group")
	}
	if err := os.Symlink(os.DevNull, filepath.Join(dir, "cgroup.procs")); err != nil {
		t.Fatal(err)
	}
	if err := g.Enter(os.Getpid()); err == nil {
		t.Error("what was written is not read back")
	}
}
