package agent

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// shimSocket is the descriptor of a shim's connection to the agent; 0 is
// /dev/null, 1 and 2 are the agent's standard error.
const shimSocket = 3

// shimReport is what a shim tells the agent about each order, in this order:
// that the program runs or could not be started, how it ended, and that nothing
// is left of its tree. The last comes with the one before when it is true by then.
type shimReport struct {
	PID        int    `json:"pid,omitempty"`
	StartError string `json:"start_error,omitempty"`
	Code       int    `json:"code,omitempty"`
	Signal     int    `json:"signal,omitempty"`
	Empty      bool   `json:"empty,omitempty"`
}

// shimOrder is one program to start, with its output pipes.
type shimOrder struct {
	run            wire.Run
	stdout, stderr int
}

// shimMain is the process above one process tree at a time. It adopts every
// orphan of the tree, so that no process can leave it, and takes the next order
// only when the tree is empty.
func shimMain() int {
	sacrifice()
	if err := adoptOrphans(); err != nil {
		fmt.Fprintln(os.Stderr, "clnrm agent:", err)
		return 1
	}
	syscall.CloseOnExec(shimSocket)
	orders := make(chan shimOrder)
	go func() {
		err := readOrders(orders)
		if err != io.EOF {
			fmt.Fprintln(os.Stderr, "clnrm agent:", err)
		}
		// The agent is gone: so goes the tree.
		for limit := time.Now().Add(killLimit); killOwn() && time.Now().Before(limit); {
			time.Sleep(pollEvery)
		}
		os.Exit(1)
	}()
	reports := json.NewEncoder(os.NewFile(shimSocket, "agent"))
	for o := range orders {
		if err := obey(o, reports); err != nil {
			return 1 // the agent is gone
		}
	}
	return 0
}

// adoptOrphans makes this process the reaper of its descendants, and hides its
// descriptors from them.
func adoptOrphans() error {
	const prSetChildSubreaper = 36
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); e != 0 {
		return fmt.Errorf("become the reaper of a process tree: %w", e)
	}
	return hide()
}

// readOrders reads orders until the agent is gone, which is io.EOF.
func readOrders(orders chan<- shimOrder) error {
	for {
		var head [4]byte
		oob := make([]byte, syscall.CmsgSpace(2*4))
		n, oobn, _, _, err := syscall.Recvmsg(shimSocket, head[:], oob, syscall.MSG_CMSG_CLOEXEC|syscall.MSG_WAITALL)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("read an order: %w", err)
		case n == 0:
			return io.EOF
		}
		o, err := readOrder(head, oob[:oobn])
		if err != nil {
			return fmt.Errorf("read an order: %w", err)
		}
		orders <- o
	}
}

// readOrder reads the rest of an order: its text, whose length is in head, and
// the two pipes that came along.
func readOrder(head [4]byte, oob []byte) (o shimOrder, err error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(messages) != 1 {
		return o, fmt.Errorf("it came with %d control messages: %w", len(messages), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 2 {
		return o, fmt.Errorf("it came with %d descriptors: %w", len(fds), err)
	}
	o.stdout, o.stderr = fds[0], fds[1]
	text := make([]byte, binary.BigEndian.Uint32(head[:]))
	for at := 0; at < len(text); {
		n, err := syscall.Read(shimSocket, text[at:])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return o, err
		case n == 0:
			return o, io.ErrUnexpectedEOF
		default:
			at += n
		}
	}
	return o, json.Unmarshal(text, &o.run)
}

// obey starts the program of one order and collects its tree. The error says
// that the agent does not listen any more.
func obey(o shimOrder, reports *json.Encoder) error {
	pid, code, err := launch(o)
	// The program holds the pipes now; the agent sees their end when the last
	// holder is gone. Closing what is open cannot fail.
	_ = syscall.Close(o.stdout)
	_ = syscall.Close(o.stderr)
	if err != nil {
		return reports.Encode(shimReport{StartError: err.Error(), Code: code, Empty: true})
	}
	if err := reports.Encode(shimReport{PID: pid}); err != nil {
		return err
	}
	return waitTree(pid, reports)
}

// waitTree collects processes until none is left, and reports that and the end of
// the program, in one if it can.
func waitTree(main int, reports *json.Encoder) error {
	var ended *shimReport // not reported yet
	for {
		options := 0
		if ended != nil {
			options = syscall.WNOHANG
		}
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, options, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil: // ECHILD: the tree is empty
			if ended == nil {
				ended = &shimReport{}
			}
			ended.Empty = true
			return reports.Encode(ended)
		case pid == 0: // something that it has started goes on
			if err := reports.Encode(ended); err != nil {
				return err
			}
			ended = nil
		case pid == main:
			ended = &shimReport{PID: pid, Code: st.ExitStatus()}
			if st.Signaled() {
				ended.Code, ended.Signal = -1, int(st.Signal())
			}
		}
	}
}

// launch starts the program of an order in a session of its own. On failure code
// is what a shell would exit with: 127 when there is no such program, else 126.
func launch(o shimOrder) (pid, code int, err error) {
	r := o.run
	id, err := lookupUser(r.User)
	if err != nil {
		return 0, 126, err
	}
	env := r.Env
	if id != nil && id.home != "" && getenv(env, "HOME") == "" {
		env = append(env, "HOME="+id.home)
	}
	dir := r.Dir
	if dir == "" {
		dir = "/"
	}
	path, code, err := findProgram(r.Argv, env, dir)
	if err != nil {
		return 0, code, err
	}
	attr := &syscall.ProcAttr{
		Dir:   dir,
		Env:   env,
		Files: []uintptr{0, uintptr(o.stdout), uintptr(o.stderr)},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	if id != nil {
		attr.Sys.Credential = id.credential
	}
	pid, err = syscall.ForkExec(path, r.Argv, attr)
	if err != nil {
		return 0, 126, fmt.Errorf("%s: %s", r.Argv[0], explainExec(path, dir, err))
	}
	return pid, 0, nil
}
