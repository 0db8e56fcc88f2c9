package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/environ"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// greetLimit bounds how long an agent may take to answer after its start.
	greetLimit = 20 * time.Second
	// leaveLimit bounds how long an agent may take to end, which it does when it
	// has killed everything below it.
	leaveLimit = 20 * time.Second
	// filesLimit is how many files a process may have open, as in a container.
	filesLimit = 4096
)

// node is one service of a session with its agent.
type node struct {
	svc     *spec.Service
	program service.Program // empty for what stands in
	dir     string          // its own
	env     *environ.Vars

	asked  spec.Limits            // what the test wants
	limits runner.ContainerLimits // what holds of that
	unheld []string               // and what does not, in words
	group  *cgroup.Made           // nil before it is made

	cmd    *exec.Cmd      // the agent; nil when it was not started
	stderr readiness.Tail // of the agent itself
	agent  *client.Client
	await  *readiness.Node
}

func newNode(svc *spec.Service) *node {
	n := &node{svc: svc}
	n.await = readiness.New(svc, n.start, n.lost)
	return n
}

// ownerOf reads the name of a service's directory: the process that made it.
func ownerOf(name string) (owner.Process, bool) {
	whose, _, ok := strings.Cut(name, "+")
	if !ok {
		return owner.Process{}, false
	}
	return owner.Parse(strings.NewReplacer(",", "/", "=", ":").Replace(whose))
}

// directory names the directory of a service of that process: without a slash,
// and without a colon, which would end it in a PATH.
func directory(whose owner.Process, token, service string) string {
	return strings.NewReplacer("/", ",", ":", "=").Replace(whose.String()) + "+" + token + "+" + environ.Hostname(service)
}

// groupName names the control group of a service of that process.
func groupName(whose owner.Process, token, service string) string {
	return groupPrefix + directory(whose, token, service)
}

const (
	// groupPrefix begins the names of control groups of services, and of those that
	// processes like this one move to, which end in selfSuffix.
	groupPrefix = "clnrm-"
	selfSuffix  = "+self+"
)

// launch makes the directory of n and its control group, puts its program there and
// starts its agent.
func (s *session) launch(ctx context.Context, n *node) error {
	n.dir = filepath.Join(s.b.root, directory(s.b.me, s.token, n.svc.Name))
	if err := n.furnish(); err != nil {
		return &runner.EnvironmentError{What: "the directory of service " + n.svc.Name + " could not be made", Err: err}
	}
	if err := s.confine(n); err != nil {
		return err
	}
	cmd, err := s.agentOf(n)
	if err != nil {
		return err
	}
	cmd.Dir, cmd.Env, cmd.Stderr = "/", []string{}, &n.stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the agent: %w", err)
	}
	if err := cmd.Start(); err != nil {
		if len(s.nodes) > 1 && errors.Is(err, syscall.EPERM) {
			return nameless(err)
		}
		return &runner.EnvironmentError{What: "the agent of service " + n.svc.Name + " could not be started", Err: err}
	}
	n.cmd = cmd
	n.agent = client.New(out, in, func() { _ = in.Close() }, s.traces(n)) // closed once; nothing is buffered
	n.await.Agent = n.agent
	return s.greet(ctx, n)
}

// furnish makes the directory of n: bin with the program, tmp, and nothing else.
func (n *node) furnish() error {
	for _, d := range []string{"bin", "tmp"} {
		if err := os.MkdirAll(filepath.Join(n.dir, d), 0o700); err != nil {
			return err
		}
	}
	if n.program.Name == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(n.dir, "bin", n.program.Name), n.program.Text, 0o700)
}

// greet has the agent of n take the place of a container, and learns where it
// listens.
func (s *session) greet(ctx context.Context, n *node) error {
	ctx, cancel := context.WithTimeout(ctx, greetLimit)
	defer cancel()
	failed := func(err error) error {
		return &runner.EnvironmentError{What: "the agent of service " + n.svc.Name + " does not work on this machine", Err: errors.Join(err, n.complaint())}
	}
	ready, err := n.agent.Setup(ctx, wire.Setup{OTLP: true, Host: &wire.Host{Dir: n.dir, Memory: n.perProcess(), Files: filesLimit, Group: n.group.Group}})
	switch {
	case err != nil && ctx.Err() == nil:
		return failed(err)
	case err != nil:
		return err
	case ready.Problem != "" || len(ready.Listening) != 1:
		return failed(fmt.Errorf("it cannot listen for spans: %s", ready.Problem))
	}
	at := ready.Listening[0] // one port for both protocols
	image := []string{"PATH=" + filepath.Join(n.dir, "bin") + ":" + environ.DefaultPath, "HOME=" + n.dir, "TMPDIR=" + filepath.Join(n.dir, "tmp")}
	n.env, err = environ.Base(s.req.File, n.svc, image, environ.Receiver{HTTP: at, GRPC: at})
	return err
}

// traces hands the telemetry of n on. Its own span may be awaited.
func (s *session) traces(n *node) client.Traces {
	return func(json bool, body []byte) {
		p := runner.Payload{JSON: json, Body: body}
		s.out.Spans(n.svc.Name, p)
		n.await.See(p)
	}
}

// start asks the agent of n for a process in the service's environment. A
// relative directory is below the service's own.
func (n *node) start(argv []string, env []spec.EnvVar, dir string, timeout time.Duration, tell bool, out client.Output) (readiness.Process, error) {
	if dir == "" {
		dir = n.svc.Workdir
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(n.dir, dir)
	}
	return n.agent.Start(wire.Run{
		Argv: argv, Env: n.env.With(env).List(), Dir: dir,
		TimeoutMS: timeout.Milliseconds(), GraceMS: shared.StepGrace.Milliseconds(), Tell: tell,
	}, out)
}

// lost says that the stream to the agent of n has ended.
func (n *node) lost(err error) error {
	return errors.Join(fmt.Errorf("the agent of service %s is gone: %w", n.svc.Name, err), n.complaint())
}

// complaint makes an error of what the agent wrote to its standard error.
func (n *node) complaint() error {
	if text := strings.TrimSpace(n.stderr.String()); text != "" {
		return errors.New(text)
	}
	return nil
}

// takeDown ends the agent of n by the end of its input and waits for it; one that
// does not end is killed, and the kernel's work is done by its shims and here.
func (n *node) takeDown() error {
	var err error
	if n.cmd != nil {
		n.agent.Close()
		limit := time.AfterFunc(leaveLimit, func() {
			_ = n.cmd.Process.Kill() // Wait tells
		})
		defer limit.Stop()
		if err = n.cmd.Wait(); err != nil {
			err = fmt.Errorf("the agent of service %s ended badly: %w", n.svc.Name, errors.Join(err, n.complaint()))
		}
	}
	if n.group != nil { // the agent has removed it unless it was killed
		err = errors.Join(err, n.group.Group.Remove(leaveLimit))
	}
	return errors.Join(err, os.RemoveAll(n.dir))
}
