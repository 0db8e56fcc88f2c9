package docker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// keeperArg makes the test program the keeper of a private daemon.
const keeperArg = "clnrm-test-daemon"

// privateDaemon is a dockerd of the test's own, to be killed, stopped and filled
// up. It lives in a network, mount and process namespace of its own, with its
// data on a tmpfs: without the first, restarting it would take the bridge of the
// machine's daemon away. A keeper, process 1 of these namespaces,
// starts and signals it, and all of it ends with the keeper.
type privateDaemon struct {
	dir    string
	in     io.Writer
	out    *bufio.Reader
	socket string
}

// runKeeperIfRequested keeps a daemon in DIR, whose data may take SIZE, and
// obeys the words on its input. It never returns.
func runKeeperIfRequested() {
	if len(os.Args) != 4 || os.Args[1] != keeperArg {
		return
	}
	if err := keep(os.Args[2], os.Args[3], bufio.NewScanner(os.Stdin)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// keep obeys: each line of input is answered by one line, "ok" or what failed.
func keep(dir, size string, orders *bufio.Scanner) error {
	data := filepath.Join(dir, "data")
	for _, argv := range [][]string{
		{"mount", "-t", "proc", "proc", "/proc"}, {"mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", data},
		{"mkdir", "-p", "/etc/docker"}, {"mount", "-t", "tmpfs", "tmpfs", "/etc/docker"}, // where the identity of a daemon is kept
		{"ip", "link", "set", "lo", "up"},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", argv, err, out)
		}
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var d *exec.Cmd
	fmt.Println("ok")
	for orders.Scan() {
		var err error
		word, what, _ := strings.Cut(orders.Text(), " ")
		switch word {
		case "start":
			// What a killed one left would be taken for a running one.
			_ = os.Remove(filepath.Join(dir, "pid"))
			collect(dir)
			d = exec.Command("dockerd", "--config-file", filepath.Join(dir, "config.json"), "--data-root", data, "--exec-root", filepath.Join(dir, "exec"),
				"--pidfile", filepath.Join(dir, "pid"), "-H", "unix://"+filepath.Join(dir, "sock"))
			d.Stdout, d.Stderr = log, log
			err = d.Start()
		case "kill":
			err = errors.Join(d.Process.Kill(), ignoreExit(d.Wait()))
		case "stop":
			err = d.Process.Signal(syscall.SIGSTOP)
		case "continue":
			err = d.Process.Signal(syscall.SIGCONT)
		case "fill":
			err = fill(filepath.Join(data, "ballast"))
		case "hide": // from the daemon, as another machine does
			err = exec.Command("mount", "-t", "tmpfs", "tmpfs", what).Run()
		case "empty":
			err = os.Remove(filepath.Join(data, "ballast"))
		}
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
	return orders.Err()
}

// collect ends the containerd of the last daemon and takes the status of all that
// it left to process 1: a zombie would be taken for a containerd that runs, and
// the next daemon would wait for its answer for ever. The kernel kills it with
// its daemon, but a moment later.
func collect(dir string) {
	if text, err := os.ReadFile(filepath.Join(dir, "exec", "containerd", "containerd.pid")); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			_, _ = syscall.Wait4(pid, nil, 0, nil) // an error: it is collected already
		}
	}
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == nil && pid <= 0 || err == syscall.ECHILD {
			return
		}
	}
}

// ignoreExit drops the error of a process that was killed.
func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// fill writes a file until there is no more room.
func fill(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
	}
	return f.Close()
}

// newPrivateDaemon starts one that ends with the test.
func newPrivateDaemon(t testing.TB, size string) *privateDaemon {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("only root can start a daemon in a namespace of its own, and in CI this runs")
		}
		t.Skip("only root can start a daemon in a namespace of its own")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	// Not t.TempDir: the path of a socket has 107 bytes.
	dir, err := os.MkdirTemp("", "clnrm-dockerd-")
	if err != nil {
		t.Fatal(err)
	}
	d := &privateDaemon{dir: dir, socket: filepath.Join(dir, "sock")}
	write(t, filepath.Join(dir, "config.json"), "{}", 0o600)
	write(t, filepath.Join(dir, "data", "x"), "", 0o600)
	cmd := exec.Command("/proc/self/exe", keeperArg, dir, size)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS,
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.in, d.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log")) // for people only
			t.Logf("the end of the daemon's log:\n%s", log[max(0, len(log)-2000):])
		}
		_ = cmd.Process.Kill() // process 1: all of it ends
		_ = cmd.Wait()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	d.expect(t)
	d.start(t)
	return d
}

// expect reads the answer to an order.
func (d *privateDaemon) expect(t testing.TB) {
	t.Helper()
	if line, err := d.out.ReadString('\n'); line != "ok\n" {
		t.Fatalf("the keeper said %q, %v", line, err)
	}
}

// order has the keeper do something.
func (d *privateDaemon) order(t testing.TB, word string) {
	t.Helper()
	if _, err := io.WriteString(d.in, word+"\n"); err != nil {
		t.Fatal(err)
	}
	d.expect(t)
}

// start starts the daemon and waits until it answers.
func (d *privateDaemon) start(t testing.TB) {
	t.Helper()
	d.order(t, "start")
	api := d.api(t)
	for begin := time.Now(); ; <-time.After(20 * time.Millisecond) { // the daemon is asked again
		_, err := api.Ping(t.Context(), client.PingOptions{})
		if err == nil {
			return
		}
		if time.Since(begin) > 60*time.Second {
			t.Fatal(err)
		}
	}
}

// api is a client of the daemon.
func (d *privateDaemon) api(t testing.TB) *client.Client {
	t.Helper()
	api, err := client.New(client.WithHost("unix://" + d.socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	return api
}

// backendAt returns a backend on the daemon at host. The test closes it.
func backendAt(t testing.TB, host string) *Backend {
	t.Helper()
	b, err := New(Options{CacheDir: cacheDir, Getenv: func(name string) string {
		if name == "DOCKER_HOST" {
			return host
		}
		return ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fullFaults reports whether faults are to last as long, and be repeated as
// often, as docs/faults.md says: CLNRM_FAULTS=full.
func fullFaults() bool { return os.Getenv("CLNRM_FAULTS") == "full" }

// strictly is how long something may take: limit with CLNRM_FAULTS=full, and
// else at least so long that nothing but a hang takes longer.
func strictly(limit time.Duration) time.Duration {
	if fullFaults() {
		return limit
	}
	return max(limit, ample)
}

// within fails the test when something took longer than it may, strictly.
func within(t testing.TB, begin time.Time, limit time.Duration, what string) {
	t.Helper()
	limit = strictly(limit)
	if took := time.Since(begin); took > limit {
		t.Errorf("%s took %s, at most %s are allowed", what, took.Round(time.Millisecond), limit)
	}
}

// pidOf reads the number in a line.
func pidOf(t testing.TB, line string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
