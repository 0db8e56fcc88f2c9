package docker

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// sshServer lets a key in and executes one command: the one that connects to the
// daemon of this machine.
type sshServer struct {
	host string // its address, ssh://…

	mu       sync.Mutex
	commands []string
}

// newSSHServer starts one, and makes the ssh command on PATH know it and its key.
func newSSHServer(t testing.TB) *sshServer {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	hostKey, hostLine := newSSHKey(t, "")
	userKey, _ := newSSHKey(t, filepath.Join(dir, "key"))
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if !slices.Equal(k.Marshal(), userKey.PublicKey().Marshal()) {
			return nil, errors.New("who is that?")
		}
		return nil, nil
	}}
	config.AddHostKey(hostKey)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	s := &sshServer{host: fmt.Sprintf("ssh://tester@127.0.0.1:%d", port)}
	write(t, filepath.Join(dir, "known"), fmt.Sprintf("[127.0.0.1]:%d %s", port, hostLine), 0o600)
	write(t, filepath.Join(dir, "config"), fmt.Sprintf("IdentityFile %s/key\nIdentitiesOnly yes\nUserKnownHostsFile %s/known\nGlobalKnownHostsFile /dev/null\n", dir, dir), 0o600)
	write(t, filepath.Join(dir, "bin/ssh"), "#!/bin/sh\nexec "+program+" -F "+dir+"/config \"$@\"\n", 0o755)
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	_, plain := newProxy(t, "unix", nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			wg.Go(func() { s.serve(c, config, strings.TrimPrefix(plain, "unix://")) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return s
}

// newSSHKey makes a key and, unless path is empty, writes it there.
func newSSHKey(t testing.TB, path string) (signer ssh.Signer, line string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer, err = ssh.NewSignerFromKey(private); err != nil {
		t.Fatal(err)
	}
	if path != "" {
		block, err := ssh.MarshalPrivateKey(private, "")
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, string(pem.EncodeToMemory(block)), 0o600)
	}
	return signer, string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

// serve serves one connection.
func (s *sshServer) serve(c net.Conn, config *ssh.ServerConfig, socket string) {
	defer c.Close()
	_, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { ssh.DiscardRequests(requests) })
	for n := range channels {
		ch, requests, err := n.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			for r := range requests {
				if r.Type != "exec" {
					_ = r.Reply(false, nil)
					continue
				}
				var exec struct{ Command string }
				_ = ssh.Unmarshal(r.Payload, &exec)
				_ = r.Reply(true, nil)
				wg.Go(func() { s.execute(ch, exec.Command, socket) })
			}
		})
	}
}

// execute executes the one command that there is.
func (s *sshServer) execute(ch ssh.Channel, command, socket string) {
	s.mu.Lock()
	s.commands = append(s.commands, command)
	s.mu.Unlock()
	defer ch.Close()
	exit := func(code uint32) {
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
	}
	switch command {
	case "docker system dial-stdio", "docker --host 'unix:///it'\\''s here' system dial-stdio":
	default:
		_, _ = io.WriteString(ch.Stderr(), "sh: "+command+": not found\n")
		exit(127)
		return
	}
	up, err := net.Dial("unix", socket)
	if err != nil {
		exit(1)
		return
	}
	carry(ch, up)
	exit(0)
}

func TestScenarioRunsOnADaemonOverSSH(t *testing.T) {
	needDocker(t)
	s := newSSHServer(t)
	t.Run("DOCKER_HOST", func(t *testing.T) {
		expectRemoteRun(t, backendWith(t, map[string]string{"DOCKER_HOST": s.host, "HTTP_PROXY": "http://127.0.0.1:1"}))
	})
	t.Run("another socket", func(t *testing.T) {
		if err := backendWith(t, map[string]string{"DOCKER_HOST": s.host + "/it's here"}).Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("docker context", func(t *testing.T) {
		config := t.TempDir()
		writeContext(t, config, "far", s.host)
		if err := backendWith(t, map[string]string{"DOCKER_CONFIG": config, "DOCKER_CONTEXT": "far"}).Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
	fails := func(t *testing.T, host string, want ...string) {
		t.Helper()
		err := backendWith(t, map[string]string{"DOCKER_HOST": host}).Ready(t.Context())
		var ee *runner.EnvironmentError
		if !errors.As(err, &ee) || ee.Remedy == "" {
			t.Fatalf("err = %v", err)
		}
		for _, text := range append(want, host) {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("err = %v, want %q", err, text)
			}
		}
		for _, text := range []string{"http://", "error during connect", "ssh: ssh:"} {
			if strings.Contains(err.Error(), text) {
				t.Errorf("err = %v, with %q: nothing is asked over HTTP there", err, text)
			}
		}
	}
	t.Run("no docker there", func(t *testing.T) {
		fails(t, s.host+"/no/such/socket", "ssh: sh: docker --host 'unix:///no/such/socket' system dial-stdio: not found")
	})
	t.Run("nobody there", func(t *testing.T) { fails(t, "ssh://127.0.0.1:1", "Connection refused") })
	t.Run("no ssh here", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		fails(t, "ssh://127.0.0.1:1", "ssh: it cannot be started", "not found in $PATH")
	})
	t.Run("password", func(t *testing.T) {
		for _, host := range []string{"ssh://me:hunter2@far", "ssh://me:hunter2@far:port"} {
			err := backendWith(t, map[string]string{"DOCKER_HOST": host}).Ready(t.Context())
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
		}
	})
	t.Run("addresses", func(t *testing.T) {
		for host, want := range map[string]string{
			"ssh://me:secret@far": "no password", "ssh://far/sock?x=1": "nothing may follow", "ssh:///sock": "names no host", "ssh://-oProxyCommand=x": "dash",
		} {
			if _, err := parseSSH(host); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", host, err, want)
			}
		}
	})
	t.Run("a key that is not let in", func(t *testing.T) {
		newSSHServer(t) // its key is the one that ssh has now
		fails(t, s.host, "Host key verification failed")
	})
}
