package agent

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// shim is the agent's handle of one shim process.
type shim struct {
	pid     int
	gone    <-chan struct{} // closed when the shim has ended
	conn    *net.UnixConn
	reports *json.Decoder
}

// shimPool holds the shims that have nothing below them. A step takes one and
// it comes back with the end of the step's tree, so that steps in sequence cost
// no further process.
type shimPool struct {
	reap  *reaper
	group group.Group // of what is started outside a container
	mu    sync.Mutex
	idle  []*shim
}

// take returns a shim that has nothing below it.
func (p *shimPool) take() (*shim, error) {
	p.mu.Lock()
	for len(p.idle) > 0 {
		s := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		select {
		case <-s.gone: // killed by a program along with all else that it could reach
			s.close()
		default:
			p.mu.Unlock()
			signalProcess(s.pid, syscall.SIGCONT) // a program may have stopped it
			return s, nil
		}
	}
	p.mu.Unlock()
	return startShim(p.reap, p.group)
}

// put takes a shim back.
func (p *shimPool) put(s *shim) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
}

// warm has a shim ready before it is needed.
func (p *shimPool) warm() {
	// If none can be started the first process says why.
	if s, err := startShim(p.reap, p.group); err == nil {
		p.put(s)
	}
}

// startShim starts a shim in a group, and with it all that it will start.
func startShim(r *reaper, g group.Group) (*shim, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer null.Close()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("connect to a new shim: %w", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "shim")
	defer theirs.Close()
	ours := os.NewFile(uintptr(pair[0]), "shim")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("connect to a new shim: %w", err)
	}
	s := &shim{conn: conn.(*net.UnixConn), reports: json.NewDecoder(conn)}
	s.pid, s.gone, err = r.start("/proc/self/exe", []string{Arg, shimArg}, &syscall.ProcAttr{
		Env:   []string{"GOMAXPROCS=1"},
		Files: []uintptr{null.Fd(), 2, 2, theirs.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		s.close()
		return nil, err
	}
	if err := g.Enter(s.pid); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close lets the connection go; a shim that still runs ends with it.
func (s *shim) close() {
	_ = s.conn.Close() // nothing is buffered
}

// order has the shim start a program that prints into the two pipes.
func (s *shim) order(r wire.Run, stdout, stderr *os.File) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode an order: %w", err)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	if _, _, err := s.conn.WriteMsgUnix(head, syscall.UnixRights(int(stdout.Fd()), int(stderr.Fd())), nil); err != nil {
		return fmt.Errorf("send an order: %w", err)
	}
	if _, err := s.conn.Write(text); err != nil {
		return fmt.Errorf("send an order: %w", err)
	}
	return nil
}

// report waits for the next report.
func (s *shim) report() (shimReport, error) {
	var r shimReport
	if err := s.reports.Decode(&r); err != nil {
		return r, errors.Join(errors.New("the process that starts programs has ended"), err)
	}
	return r, nil
}
