package cgroup

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// machine holds files by name.
func machine(files map[string]string) fs.FS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestGroupsAreFoundWhereTheKernelSaysTheyAre(t *testing.T) {
	const cgroups = "9:name=systemd:/\n4:memory:/docker/0123/a\n2:cpu,cpuacct:/docker/0123\n0::/x y\n"
	for name, tt := range map[string]struct {
		mounts string
		want   map[string]string
	}{
		"nothing is said": {"", map[string]string{
			"memory": "sys/fs/cgroup/memory/docker/0123/a", "cpu": "sys/fs/cgroup/cpu/docker/0123", "cpuacct": "sys/fs/cgroup/cpuacct/docker/0123", "": "sys/fs/cgroup/x y",
		}},
		"in a container that sees its own only": {
			"25 24 0:1 /docker/0123 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n" +
				"26 24 0:2 /docker/01 /sys/fs/cgroup/cpu,cpuacct ro shared:3 - cgroup cgroup rw,cpu,cpuacct\n" +
				`27 24 0:3 / /mnt/un\040ified ro - cgroup2 cgroup rw` + "\n",
			map[string]string{
				"memory": "sys/fs/cgroup/memory/a", "cpu": "sys/fs/cgroup/cpu,cpuacct", "cpuacct": "sys/fs/cgroup/cpu,cpuacct", "": "mnt/un ified/x y",
			},
		},
		"what is not mounted is not there": {"25 24 0:1 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\nnonsense\n", map[string]string{"memory": "sys/fs/cgroup/memory/docker/0123/a"}},
	} {
		files := map[string]string{"proc/self/cgroup": cgroups}
		if tt.mounts != "" {
			files["proc/self/mountinfo"] = tt.mounts
		}
		got := places(machine(files))
		delete(got, "name=systemd")
		for controller, dir := range tt.want {
			if p, ok := got[controller]; !ok || p.dir() != dir || p.v2 != (controller == "") {
				t.Errorf("%s: %q is %+v, want %s", name, controller, p, dir)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestUseIsReadInEitherVersion(t *testing.T) {
	files := machine(map[string]string{
		"two/memory.current": "100", "two/memory.stat": "anon 1\ninactive_file 30\n", "two/cpu.stat": "usage_usec 5\n", "two/cpu.max": "20000 100000\n", "two/pids.max": "7\n",
		"one/memory.usage_in_bytes": "100", "one/memory.stat": "inactive_file 1\ntotal_inactive_file 30\n", "one/cpuacct.usage": "5000\n",
		"one/cpu.cfs_quota_us": "20000\n", "one/cpu.cfs_period_us": "100000\n", "one/pids.max": "7\n",
	})
	for _, f := range []Folder{{files, "two", true}, {files, "one", false}} {
		used, _ := f.MemoryUsed()
		cpu, _ := f.CPUTime()
		pids, _ := f.Pids()
		if used != 70 || cpu.Microseconds() != 5 || f.CPUs() != 0.2 || pids != 7 {
			t.Errorf("%s: %d bytes, %s, %f processors, %d pids", f.dir, used, cpu, f.CPUs(), pids)
		}
	}
}
