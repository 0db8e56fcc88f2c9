package docker

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
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
	// It has a network of its own: Docker on the same machine may have the kernel
	// drop what crosses the bridges of others.
	cmd := exec.Command("sh", "-c", "ip link set lo up && mkdir hidden && mount -t tmpfs none hidden && exec podman \"$@\"", "sh", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
		"--cgroup-manager", "cgroupfs", "--events-backend", "file", "system", "service", "--time", "0", "unix://"+socket)
	cmd.Dir = dir // what watches containers may leave a file there
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
	// A machine may not let Podman raise the limit on processes, as it does with
	// every container: the runtime is told to leave it as it is.
	runtime := filepath.Join(dir, "runtime")
	write(t, runtime, unlimited, 0o700)
	write(t, filepath.Join(dir, "containers.conf"), "[engine]\nexit_command_delay = 1\nruntime = \"unlimited\"\n[engine.runtimes]\nunlimited = [\""+runtime+"\"]\n", 0o600)
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
	case $last in
	--bundle) file=$arg/config.json ;;
	--process) file=$arg ;;
	*) file= ;;
	esac
	[ -n "$file" ] && sed -i 's/{"type":"RLIMIT_NPROC","hard":[0-9]*,"soft":[0-9]*},\{0,1\}//; s/},]/}]/' "$file"
	last=$arg
done
exec runc "$@"
`

// TestPodman holds a real Podman, spoken to over its Docker-like API, to what the
// tests of Docker say.
func TestPodman(t *testing.T) {
	t.Parallel()
	host := startPodman(t)
	elsewhere.Store(t.Name(), host)
	b := newBackend(t)
	if err := b.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.conn.engine != podman {
		t.Fatalf("it is taken for %s", b.conn.engine)
	}
	t.Run("all", func(t *testing.T) { // returns when all have ended
		for name, test := range map[string]func(*testing.T){
			"names":       TestServicesFindEachOtherByNameInASealedNetwork,
			"breaches":    TestBreachesOfASealedNetworkFail,
			"faults":      TestFaultsActDuringTheirStepAndNoLonger,
			"loss":        TestLossFromOneServiceLeavesTheOthersAlone,
			"sidecar":     TestImageWhoseInitMustBeProcessOneHasTheAgentBesideIt,
			"exec":        TestStepsGoThroughTheEngineWhereTheAgentCannotBe,
			"restart":     TestRestartedServiceIsProbedAgain,
			"warm":        TestContainersCreatedAheadAreUsedExactlyOnce,
			"read-only":   TestReadOnlyRootHasAWritableTmpAndItsTmpfs,
			"limits":      TestLimitsOfAServiceAreThoseOfItsContainer,
			"files":       TestFilesAreCopiedOutAlsoAfterTheEnd,
			"consumption": TestConsumptionIsWhatTheEngineMeasures,
			"neighbours":  testNeighboursMustReachEachOther,
			"other lists": testNetworkWithoutGatewayIsRead,
			"levels":      testLevelsOnPodman,
			"out of room": testContainerThatRanOutOfMemory,
			"volumes":     TestVolumesAreMountedAsDeclared,
			"elsewhere":   testVolumesOfAPodmanElsewhere,
			"killed":      TestServiceThatIsPausedWhenTheRunnerIsKilledIsRemoved,
		} {
			t.Run(name, test)
		}
	})
}

func testNeighboursMustReachEachOther(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	s := open(t, b, two(busyboxContext(t)), &record{}).(*session)
	if err := s.neighbours(t.Context()); err != nil {
		t.Errorf("they do: %v", err)
	}
	if _, err := b.conn.api.NetworkDisconnect(t.Context(), s.network, client.NetworkDisconnectOptions{Container: s.node("other").id}); err != nil {
		t.Fatal(err)
	}
	var ee *runner.EnvironmentError
	if err := s.neighbours(t.Context()); !errors.As(err, &ee) || !strings.Contains(ee.Remedy, "iptables -I FORWARD") {
		t.Errorf("err = %v", err)
	}
}

// Somebody else's network without a gateway, which Podman tells of in words that
// are no address, takes nothing away.
func testNetworkWithoutGatewayIsRead(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, err := c.podmanNetwork(t.Context(), "theirs", spec.NetworkSealed, netip.MustParsePrefix("10.99.0.0/28"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if taken, err := c.takenSubnets(t.Context()); err != nil || !slices.Contains(taken, netip.MustParsePrefix("10.99.0.0/28")) {
		t.Errorf("taken = %v, %v", taken, err)
	}
	if err := removeNetwork(t.Context(), c.api, id); err != nil {
		t.Error(err)
	}
}

// The host has an address at the levels that say so, and only there, and no
// interface but the loopback has one of IP version 6.
func testLevelsOnPodman(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	for _, level := range []spec.NetworkLevel{spec.NetworkSealed, spec.NetworkInternal, spec.NetworkOpen} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			s := open(t, b, leveled(dir, level), &record{})
			if ev := s.Evidence(); ev.Network != string(level) || ev.Hermetic != (level == spec.NetworkSealed) {
				t.Errorf("evidence = %+v", ev)
			}
			if e := sh(t, s, "nc -w 5 web 8080 </dev/null"); e.Code != 0 {
				t.Errorf("the neighbour: %+v", e)
			}
			host := s.(*session).subnet.Addr().Next().String()
			if e := sh(t, s, "ping -c 1 -W 1 "+host); (e.Code == 0) != (level != spec.NetworkSealed) {
				t.Errorf("the host, %s: %+v", host, e)
			}
			if e := sh(t, s, "! ip route | grep default"); (e.Code == 0) != (level != spec.NetworkOpen) {
				t.Errorf("a way out: %+v", e)
			}
			if e := sh(t, s, "! grep -v ' lo$' /proc/net/if_inet6"); e.Code != 0 {
				t.Errorf("there are addresses of IP version 6: %+v", e)
			}
		})
	}
}

func testContainerThatRanOutOfMemory(t *testing.T) {
	t.Parallel()
	s := open(t, newBackend(t), request(busyboxContext(t), &spec.Service{Name: "box", Tmpfs: []spec.Tmpfs{{Path: "/fill"}}, Limits: &spec.Limits{MemoryMB: 24}}), &record{})
	for range 20 {
		_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", "cat /dev/zero >> /fill/$$"}})
		if err == nil {
			continue
		}
		if !strings.Contains(err.Error(), "Podman does not tell whether its memory ran out (limit 24 MiB)") {
			t.Errorf("err = %v", err)
		}
		return
	}
	t.Error("the container outlived a full memory")
}

// A Podman that does not see our files would make directories in their place.
func testVolumesOfAPodmanElsewhere(t *testing.T) {
	t.Parallel()
	test, _, _ := strings.Cut(t.Name(), "/")
	host, _ := elsewhere.Load(test)
	hidden := filepath.Join(filepath.Dir(strings.TrimPrefix(host.(string), "unix://")), "hidden")
	b := newBackend(t, func(o *Options) { o.CacheDir = filepath.Join(hidden, "cache") })
	dir := busyboxContext(t)
	s := open(t, b, request(dir, &spec.Service{Name: "box"}), &record{}) // the agent is copied
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
	_, err := b.Open(t.Context(), request(dir, &spec.Service{Name: "box", Volumes: []spec.Volume{{Host: dir, Container: "/data"}}}), &record{})
	var ee *runner.EnvironmentError
	if !errors.As(err, &ee) || !strings.Contains(err.Error(), "does not see the files of this machine") {
		t.Errorf("err = %v: another machine's directory would be taken for the volume", err)
	}
}
