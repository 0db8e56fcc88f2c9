package docker

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// startPodman starts a Podman service of the test's own and returns its address.
func startPodman(t testing.TB) string {
	t.Helper()
	_, err := exec.LookPath("podman")
	if err == nil && os.Getuid() != 0 {
		err = errors.New("only root can start a Podman with a storage of its own here")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err) // Docker is what must be there
	}
	dir, err := os.MkdirTemp("", "clnrm-podman-")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "sock")
	cmd := exec.Command("podman", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
		"--cgroup-manager", "cgroupfs", "--events-backend", "file", "system", "service", "--time", "0", "unix://"+socket)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS}
	// A machine may not let Podman raise the limit on processes, as it does with
	// every container: the runtime is told to leave it as it is.
	runtime := filepath.Join(dir, "runtime")
	write(t, runtime, unlimited, 0o700)
	write(t, filepath.Join(dir, "containers.conf"), "[engine]\nruntime = \"unlimited\"\n[engine.runtimes]\nunlimited = [\""+runtime+"\"]\n", 0o600)
	cmd.Env = append(os.Environ(), "CONTAINERS_CONF="+filepath.Join(dir, "containers.conf"))
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := os.ReadFile(log.Name()) // for people only
			t.Logf("the end of Podman's log:\n%s", text[max(0, len(text)-2000):])
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
		// What ends its containers may still be at work there.
		err := os.RemoveAll(dir)
		for begin := time.Now(); err != nil && time.Since(begin) < ample; <-time.After(20 * time.Millisecond) {
			err = os.RemoveAll(dir)
		}
		if err != nil {
			t.Error(err)
		}
	})
	api, err := client.New(client.WithHost("unix://" + socket))
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	for begin := time.Now(); ; <-time.After(20 * time.Millisecond) { // it is asked again
		// The first answers take longer than a backend waits for any.
		if _, err = api.ServerVersion(t.Context(), client.ServerVersionOptions{}); err == nil {
			_, err = api.Info(t.Context(), client.InfoOptions{})
		}
		if err == nil {
			return "unix://" + socket
		}
		if time.Since(begin) > ample {
			t.Fatal(err)
		}
	}
}

// unlimited is runc for containers whose limit on processes is the machine's.
const unlimited = `#!/bin/sh
last=
for arg; do
	[ "$last" = --bundle ] && sed -i 's/{"type":"RLIMIT_NPROC","hard":[0-9]*,"soft":[0-9]*},\{0,1\}//; s/},]/}]/' "$arg/config.json"
	last=$arg
done
exec runc "$@"
`

// TestPodmanRunsScenarios speaks to a real Podman over its Docker-like API.
func TestPodmanRunsScenarios(t *testing.T) {
	t.Parallel()
	host := startPodman(t)
	b := backendAt(t, host)
	if err := b.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.conn.engine != podman {
		t.Errorf("it is taken for %s", b.conn.engine)
	}
	out := &record{}
	s, err := b.Open(t.Context(), request(busyboxContext(t), &spec.Service{Name: "box"}), out)
	if err != nil {
		t.Fatal(err)
	}
	if e := sh(t, s, "echo hello; exit 3"); e.Code != 3 || strings.TrimSpace(out.text("box/step/out")) != "hello" {
		t.Errorf("%+v, %q", e, out.text("box/step/out"))
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if n := left(t, b.conn.api, b.owner); n != 0 {
		t.Errorf("%d things are left", n)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
