package docker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestVolumesAreMountedAsDeclared(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	write(t, filepath.Join(dir, "conf", "a.txt"), "from the host\n", 0o644)
	write(t, filepath.Join(dir, "single"), "one file\n", 0o644)
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	out := &record{}
	s := open(t, b, request(dir, &spec.Service{Name: "box", Volumes: []spec.Volume{
		{Host: "./conf", Container: "/conf", ReadOnly: true},
		{Host: filepath.Join(dir, "single"), Container: "/etc/single", ReadOnly: true},
		{Host: "out", Container: "/out"},
	}}), out)
	if e := sh(t, s, "cat /conf/a.txt /etc/single && echo back > /out/b.txt"); e.Code != 0 || out.text("box/step/out") != "from the host\none file\n" {
		t.Errorf("%+v: %s%s", e, out.text("box/step/out"), out.text("box/step/err"))
	}
	if got, err := os.ReadFile(filepath.Join(dir, "out", "b.txt")); string(got) != "back\n" {
		t.Errorf("the host sees %q, %v", got, err)
	}
	for _, script := range []string{"echo x > /conf/a.txt", "echo x > /conf/new", "echo x > /etc/single"} {
		if e := sh(t, s, script); e.Code == 0 {
			t.Errorf("%s succeeds", script)
		}
	}
	ev := s.Evidence()
	mounts := ev.Containers[0].Mounts
	if len(mounts) != 3 || !mounts[0].ReadOnly || mounts[0].Fingerprint == "" || mounts[2].ReadOnly || mounts[2].Fingerprint != "" {
		t.Errorf("evidence of mounts = %+v", mounts)
	}
	if ev.Hermetic {
		t.Error("a scenario that writes to the host is called hermetic")
	}
}

func TestVolumeThatMayNotBeMountedIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	if err := os.Symlink("/etc", filepath.Join(dir, "sneaky")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ host, want string }{
		{"./nothing", "does not exist"},
		{"/etc", "in none of the directories that may be mounted"},
		{"./sneaky", "the host path /etc of a volume is in none"},
		{"../../../../../../etc", "in none"},
		{"/dev/null", "neither a directory nor a file"},
	} {
		pos := spec.Pos{File: "t.clnrm.toml", Line: 7, Column: 3}
		_, err := b.Open(t.Context(), request(dir, &spec.Service{Name: "box", Volumes: []spec.Volume{{Host: tc.host, Container: "/x", Pos: pos}}}), &record{})
		var se *runner.ServiceError
		if !errors.As(err, &se) || !strings.Contains(se.What, tc.want) || se.Pos != pos {
			t.Errorf("%s: %v, want %q", tc.host, err, tc.want)
		}
	}
	t.Run("unless the user allows it", func(t *testing.T) {
		b := newBackend(t, func(o *Options) {
			o.Getenv = func(name string) string {
				if name == mountDirs {
					return "/nowhere:/etc"
				}
				return os.Getenv(name)
			}
		})
		s := open(t, b, request(dir, &spec.Service{Name: "box", Volumes: []spec.Volume{{Host: "/etc/hostname", Container: "/x", ReadOnly: true}}}), &record{})
		if e := sh(t, s, "test -s /x"); e.Code != 0 {
			t.Errorf("exit = %+v", e)
		}
	})
}

func TestReadOnlyRootHasAWritableTmpAndItsTmpfs(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{
		Name: "box", ReadOnly: true, User: "app", Tmpfs: []spec.Tmpfs{{Path: "/run/app", SizeMB: 1}, {Path: "/home"}},
	}), out)
	if e := sh(t, s, "echo a > /tmp/a && echo b > /run/app/b && ! echo c > /etc/c && test -z \"$(ls /home)\" && id -un"); e.Code != 0 || out.text("box/step/out") != "app\n" {
		t.Errorf("%+v: %s%s", e, out.text("box/step/out"), out.text("box/step/err"))
	}
	if e := sh(t, s, "head -c 2000000 /dev/zero > /run/app/big"); e.Code == 0 {
		t.Error("more than its size fits into a tmpfs")
	}
	c := s.Evidence().Containers[0]
	if !c.ReadOnlyRoot || strings.Join(c.Tmpfs, " ") != "/run/app /home /tmp" || c.User != "app" {
		t.Errorf("evidence = %+v", c)
	}
}

func TestLimitsOfAServiceAreThoseOfItsContainer(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box", Limits: &spec.Limits{MemoryMB: 48, Pids: 5}}, &spec.Service{Name: "other"})
	r.File.Limits = spec.Limits{MemoryMB: 96, CPUMillicores: 300}
	r.Scenario.Policy = &spec.Policy{MaxMemoryMB: 64, MaxCPU: 0.05}
	s := open(t, b, r, &record{})
	api := needDocker(t)
	for i, want := range []struct{ memory, pids int64 }{{48 << 20, 5 + shared.AgentPids}, {64 << 20, defaultPids + shared.AgentPids}} {
		c, err := api.ContainerInspect(t.Context(), s.Evidence().Containers[i].ID, client.ContainerInspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h := c.Container.HostConfig
		if h.Memory != want.memory || h.MemorySwap != want.memory || *h.PidsLimit != want.pids || h.NanoCPUs > 250e6 {
			t.Errorf("container %d: memory %d, swap %d, pids %d, cpus %d", i, h.Memory, h.MemorySwap, *h.PidsLimit, h.NanoCPUs)
		}
	}
	if got := s.Evidence().Containers[0].Limits; got.MemoryMB != 48 || got.Pids != 5 || got.CPUMillicores == 0 {
		t.Errorf("evidence = %+v", got)
	}
}

func TestWantOfMemoryIsNamedWithItsLimit(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	t.Run("a step", func(t *testing.T) {
		s := open(t, b, request(dir, &spec.Service{Name: "box", Limits: &spec.Limits{MemoryMB: 32}}), &record{})
		e := sh(t, s, "tail -c 100000000 /dev/zero > /dev/null")
		if !e.OOM || !strings.Contains(e.OutOfMemory(), "was killed: out of memory (limit 32 MiB, peak 3") {
			t.Errorf("%+v: %s", e, e.OutOfMemory())
		}
	})
	t.Run("only a child of a step", func(t *testing.T) {
		s := open(t, b, request(dir, &spec.Service{Name: "box", Limits: &spec.Limits{MemoryMB: 32}}), &record{})
		e := sh(t, s, "tail -c 100000000 /dev/zero > /dev/null & wait $!; exit 3")
		if !e.OOM || !strings.HasPrefix(e.OutOfMemory(), "exit status 3, after a process of it was killed: out of memory (limit 32 MiB") {
			t.Errorf("%+v: %s", e, e.OutOfMemory())
		}
		if e := sh(t, s, "exit 3"); e.OOM {
			t.Error("an ordinary failure after it is called one for want of memory")
		}
	})
	t.Run("a service", func(t *testing.T) {
		svc := &spec.Service{Name: "box", Args: []string{"sh", "-c", "exec tail -c 100000000 /dev/zero"}, Ports: []int{8080}, Limits: &spec.Limits{MemoryMB: 32}}
		_, err := b.Open(t.Context(), request(dir, svc), &record{})
		var se *runner.ServiceError
		if !errors.As(err, &se) || !strings.Contains(se.What, "out of memory (limit 32 MiB") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("the whole container", func(t *testing.T) {
		// What lies in memory is not freed by killing whoever wrote it.
		s := open(t, b, request(dir, &spec.Service{Name: "box", Tmpfs: []spec.Tmpfs{{Path: "/fill"}}, Limits: &spec.Limits{MemoryMB: 24}}), &record{})
		for range 20 {
			_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", "cat /dev/zero >> /fill/$$"}})
			var se *runner.ServiceError
			if err == nil {
				continue
			}
			if !errors.As(err, &se) || !strings.Contains(se.What, "its container was killed: out of memory (limit 24 MiB)") {
				t.Errorf("err = %v", err)
			}
			return
		}
		t.Error("the container outlived a full memory")
	})
}
