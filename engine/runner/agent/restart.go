package agent

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// RestartArg is the first argument that makes a program, started by root in a
// container with an agent, ask that the service there be restarted. It prints what
// became of it, and ends with status 0 when the service is ready again.
const RestartArg = "clnrm-agent-restart"

// requestsAddress is where the agent of a container takes such requests: a name
// that only the container's own network knows.
const requestsAddress = "@clnrm-agent"

// requests are questions from beside the stream that wait for the runner's answer.
type requests struct {
	mu      sync.Mutex
	last    uint32
	waiting map[uint32]chan wire.Answered
}

// take listens for requests. Where it cannot, one that comes is told so by the
// kernel.
func (a *agent) takeRequests() {
	l, err := net.Listen("unix", requestsAddress)
	if err != nil {
		return
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go a.takeRequest(conn.(*net.UnixConn))
		}
	}()
}

// takeRequest hands one request on and answers it.
func (a *agent) takeRequest(conn *net.UnixConn) {
	defer conn.Close()
	answer := wire.Answered{Problem: "only root may ask for that"}
	if fromRoot(conn) {
		q := &a.requests
		ch := make(chan wire.Answered, 1)
		q.mu.Lock()
		q.last++
		id := q.last
		if q.waiting == nil {
			q.waiting = map[uint32]chan wire.Answered{}
		}
		q.waiting[id] = ch
		q.mu.Unlock()
		if err := a.out.Write(wire.TypeAsked, id); err != nil {
			return // the stream has ended, and so does this process
		}
		answer = <-ch
	}
	// One that does not listen any more misses it.
	_ = json.NewEncoder(conn).Encode(answer)
}

// fromRoot reports whether root is at the other end.
func fromRoot(conn *net.UnixConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	root := false
	err = raw.Control(func(fd uintptr) {
		cred, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		root = err == nil && cred.Uid == 0
	})
	return err == nil && root
}

// answered passes the runner's answer on.
func (a *agent) answered(id uint32, answer wire.Answered) {
	q := &a.requests
	q.mu.Lock()
	defer q.mu.Unlock()
	if ch := q.waiting[id]; ch != nil {
		delete(q.waiting, id)
		ch <- answer
	}
}

// askForRestart is the program that asks. It returns the exit status.
func askForRestart(out io.Writer) int {
	var answer wire.Answered
	conn, err := net.Dial("unix", requestsAddress)
	if err == nil {
		defer conn.Close()
		err = json.NewDecoder(conn).Decode(&answer)
	}
	switch {
	case err != nil:
		answer.Problem = "the agent does not answer: " + err.Error()
		fallthrough
	case answer.Problem != "":
		fmt.Fprintln(os.Stderr, answer.Problem)
		return 1
	}
	fmt.Fprintln(out, answer.Said)
	return 0
}
