package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/moby/client"
)

// sshHost is the machine of an address of the form ssh://[user@]host[:port][/path
// of the daemon's socket], as the docker command reads it.
type sshHost struct {
	user, name, port string
	socket           string // "" means the one that the docker command there uses
}

// isSSH reports whether a daemon is reached through the ssh command.
func isSSH(host string) bool { return strings.HasPrefix(host, "ssh://") }

// parseSSH reads such an address.
func parseSSH(host string) (sshHost, error) {
	u, err := url.Parse(host)
	var unread *url.Error
	if errors.As(err, &unread) {
		err = unread.Err // the rest is the address itself
	}
	if err != nil {
		return sshHost{}, err
	}
	h := sshHost{user: u.User.Username(), name: u.Hostname(), port: u.Port(), socket: strings.TrimSuffix(u.Path, "/")}
	_, password := u.User.Password()
	switch {
	case h.name == "":
		return sshHost{}, errors.New("it names no host")
	case strings.HasPrefix(h.name, "-") || strings.HasPrefix(h.user, "-"):
		return sshHost{}, errors.New("neither the user nor the host may begin with a dash")
	case password:
		return sshHost{}, errors.New("it must hold no password: ssh takes keys")
	case u.RawQuery != "" || u.Fragment != "":
		return sshHost{}, errors.New("nothing may follow the path of the socket")
	}
	return h, nil
}

// command is the command line that connects standard input and output to the
// daemon there. ssh may ask nothing: there is nobody to answer while the screen
// is drawn.
func (h sshHost) command() []string {
	argv := []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T"}
	if h.user != "" {
		argv = append(argv, "-l", h.user)
	}
	if h.port != "" {
		argv = append(argv, "-p", h.port)
	}
	argv = append(argv, "--", h.name, "docker")
	if h.socket != "" {
		argv = append(argv, "--host", "'unix://"+strings.ReplaceAll(h.socket, "'", `'\''`)+"'") // a shell reads it there
	}
	return append(argv, "system", "dial-stdio")
}

// sshOptions are those of a client whose connections are ssh commands.
func sshOptions(host string) ([]client.Opt, error) {
	h, err := parseSSH(host)
	if err != nil {
		return nil, fmt.Errorf("read the address: %w", err)
	}
	dial := func(context.Context, string, string) (net.Conn, error) { return dialSSH(h.command()) }
	return []client.Opt{
		client.WithHost("tcp://" + net.JoinHostPort(h.name, "22")), // for messages: nothing dials it
		client.WithHTTPClient(&http.Client{
			Transport:     &http.Transport{DialContext: dial, MaxIdleConns: 6, IdleConnTimeout: 30 * time.Second, DisableCompression: true},
			CheckRedirect: client.CheckRedirect,
		}),
	}, nil
}

// sshError is what the ssh command says of why there is no connection. What the
// HTTP client says around it, of an address that nothing dials, misleads.
type sshError struct{ err error }

// Error implements error. ssh begins some of its messages with its own name.
func (e *sshError) Error() string { return "ssh: " + strings.TrimPrefix(e.err.Error(), "ssh: ") }

func (e *sshError) Unwrap() error { return e.err }

// sshConn is a connection that ends in an ssh command.
type sshConn struct {
	*net.UnixConn
	cmd  *exec.Cmd
	end  chan struct{} // closed when the command has ended
	once sync.Once

	mu     sync.Mutex
	spoke  bool // something has arrived
	said   []byte
	status error // set when end is closed
}

// dialSSH starts the command with one end of a socket as its input and output.
// It has a session of its own: what a terminal sends to this process must not end
// the connection over which containers are removed.
func dialSSH(argv []string) (net.Conn, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("connect to ssh: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ssh"), os.NewFile(uintptr(fds[1]), "ssh")
	conn, err := net.FileConn(ours)
	if err := errors.Join(err, ours.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to ssh: %w", err), theirs.Close())
	}
	c := &sshConn{UnixConn: conn.(*net.UnixConn), end: make(chan struct{})}
	c.cmd = exec.Command(argv[0], argv[1:]...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = theirs, theirs, complaints{c}
	c.cmd.WaitDelay = time.Second // what a connection that is shared leaves behind may hold standard error
	err = c.cmd.Start()
	if err := errors.Join(err, theirs.Close()); err != nil {
		return nil, errors.Join(&sshError{fmt.Errorf("it cannot be started: %w", err)}, conn.Close())
	}
	go func() {
		c.status = c.cmd.Wait()
		close(c.end)
	}()
	return c, nil
}

// complaints keeps the end of what the command writes to standard error.
type complaints struct{ c *sshConn }

// Write implements io.Writer.
func (w complaints) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.c.said = append(w.c.said, p...)
	w.c.said = w.c.said[max(0, len(w.c.said)-stderrKept):]
	return len(p), nil
}

// Read implements net.Conn. A connection that ends before anything has arrived
// was none: the error says why.
func (c *sshConn) Read(p []byte) (int, error) {
	n, err := c.UnixConn.Read(p)
	c.mu.Lock()
	c.spoke = c.spoke || n > 0
	spoke := c.spoke
	c.mu.Unlock()
	if err == nil || spoke || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	select {
	case <-c.end:
	case <-time.After(time.Second): // its output is closed, and it lives: it has nothing to say
		return n, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if said := strings.TrimSpace(string(c.said)); said != "" {
		return n, &sshError{errors.New(said)}
	}
	if c.status == nil && err == io.EOF {
		return n, err
	}
	return n, &sshError{fmt.Errorf("it ended: %w", errors.Join(c.status, err))}
}

// Close implements net.Conn, and ends the command.
func (c *sshConn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		err = c.UnixConn.Close()
		_ = c.cmd.Process.Kill() // gone already, or about to be
		<-c.end
	})
	return err
}
