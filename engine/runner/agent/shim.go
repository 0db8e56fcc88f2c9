package agent

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// The descriptors that a shim gets beside /dev/null on 0 and the agent's
// standard error on 1 and 2.
const (
	shimControl = 3 + iota // read: one wire.Run; its end means that the agent is gone
	shimStatus             // write: shimReport values
	shimStdout             // write: the program's standard output
	shimStderr             // write: the program's standard error
)

// shimReport is what a shim tells the agent, as a sequence of JSON values: that
// the program runs or could not be started, then how it ended.
type shimReport struct {
	PID        int    `json:"pid,omitempty"`
	StartError string `json:"start_error,omitempty"`
	Code       int    `json:"code,omitempty"`
	Signal     int    `json:"signal,omitempty"`
}

// shimMain is the process above one process tree. It adopts every orphan of
// the tree, so that no process can leave it, and ends when the tree is empty.
func shimMain() int {
	if err := adoptOrphans(); err != nil {
		fmt.Fprintln(os.Stderr, "clnrm agent:", err)
		return 1
	}
	control := os.NewFile(shimControl, "control")
	status := json.NewEncoder(os.NewFile(shimStatus, "status"))
	for fd := shimControl; fd <= shimStderr; fd++ {
		syscall.CloseOnExec(fd)
	}
	var r wire.Run
	if err := json.NewDecoder(control).Decode(&r); err != nil {
		return 0 // the agent ended before this shim was needed
	}
	go endWithAgent(control)

	pid, code, err := launch(r)
	// The program holds the pipes now; the agent sees their end when the last
	// holder is gone.
	_ = syscall.Close(shimStdout)
	_ = syscall.Close(shimStderr)
	if err != nil {
		return report(status, shimReport{StartError: err.Error(), Code: code})
	}
	if rc := report(status, shimReport{PID: pid}); rc != 0 {
		return rc
	}
	return waitTree(pid, status)
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

// endWithAgent ends the tree when the agent is gone.
func endWithAgent(control io.Reader) {
	// The agent sends nothing after the order; Copy returns at its end.
	_, _ = io.Copy(io.Discard, control)
	endTree(os.Getpid(), 0, nil)
	os.Exit(1)
}

// waitTree collects processes until none is left.
func waitTree(main int, status *json.Encoder) int {
	for {
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, 0, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil: // ECHILD: the tree is empty
			return 0
		case pid == main && st.Signaled():
			report(status, shimReport{PID: pid, Code: -1, Signal: int(st.Signal())})
		case pid == main:
			report(status, shimReport{PID: pid, Code: st.ExitStatus()})
		}
	}
}

// report writes one report; the agent is gone when that fails.
func report(status *json.Encoder, r shimReport) int {
	if err := status.Encode(r); err != nil {
		return 1
	}
	return 0
}

// launch starts the program of r in a session of its own. On failure code is
// what a shell would exit with: 127 when there is no such program, else 126.
func launch(r wire.Run) (pid, code int, err error) {
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
		Files: []uintptr{0, shimStdout, shimStderr},
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
