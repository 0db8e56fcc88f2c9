package docker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// watchdogArg is the hidden first argument that makes a program the watchdog.
const watchdogArg = "clnrm-watchdog"

const (
	// watchdogStart bounds how long a watchdog may take to come up.
	watchdogStart = 10 * time.Second
	// watchdogPatience is how long a watchdog tries to reach a daemon that is
	// away.
	watchdogPatience = 2 * time.Minute
	// watchdogSettle is how long after the end of its owner a watchdog goes on
	// looking: the daemon may still be creating what the owner asked for.
	watchdogSettle = 2 * time.Second
)

// watchdogOrder is the first line that a watchdog reads.
type watchdogOrder struct {
	Endpoint endpoint `json:"endpoint"`
	Engine   string   `json:"engine"`
	Owner    string   `json:"owner"`
}

// RunWatchdogIfRequested turns the calling program into the watchdog, and never
// returns, when its first argument asks for that. It must be called first thing
// in main, beside agent.RunIfRequested.
func RunWatchdogIfRequested() {
	if len(os.Args) < 2 || os.Args[1] != watchdogArg {
		return
	}
	if err := watch(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "clnrm watchdog:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// watch waits for the end of its owner and then removes what is left of it. The
// owner says "done" when there is nothing to do.
func watch(in io.Reader, out io.Writer) error {
	// A terminal's signals and a dying session concern the owner, not this
	// process: its work begins there.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	var order watchdogOrder
	if err := json.Unmarshal(line, &order); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	if _, err := io.WriteString(out, "ready\n"); err != nil {
		return fmt.Errorf("answer the owner: %w", err)
	}
	if end, _ := lines.ReadString('\n'); end == "done\n" {
		return nil
	}
	return clearAfter(order)
}

// clearAfter removes everything of an owner that has ended.
func clearAfter(order watchdogOrder) error {
	ctx, cancel := context.WithTimeout(context.Background(), watchdogPatience)
	defer cancel()
	api, err := order.Endpoint.dial()
	if err != nil {
		return err
	}
	defer api.Close()
	if order.Engine == podman {
		if err := api.isPodman(); err != nil {
			return err
		}
	}
	settled := time.Now().Add(watchdogSettle)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := sweep(ctx, api, labelOwner, order.Owner, nil)
		if err == nil && f.len() == 0 && time.Now().After(settled) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// watchdog is the child process that clears up when this one cannot.
type watchdog struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// startWatchdog starts the running program once more as the watchdog, in a
// session of its own, so that no signal to this process's group reaches it.
func startWatchdog(order watchdogOrder) (*watchdog, error) {
	line, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	cmd := exec.Command("/proc/self/exe", watchdogArg)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	limit := time.AfterFunc(watchdogStart, func() {
		_ = cmd.Process.Kill() // the read below fails then
	})
	defer limit.Stop()
	w := &watchdog{cmd: cmd, in: in}
	if _, err := in.Write(append(line, '\n')); err != nil {
		return nil, errors.Join(fmt.Errorf("start the watchdog: %w", err), w.stop(false))
	}
	if answer, err := bufio.NewReader(out).ReadString('\n'); answer != "ready\n" {
		return nil, errors.Join(fmt.Errorf("start the watchdog: it answered %q: %w", answer, err), w.stop(false))
	}
	return w, nil
}

// stop ends the watchdog. When there may be something left it is told nothing,
// clears up, and is not waited for.
func (w *watchdog) stop(clean bool) error {
	if clean {
		// If it is gone already there is nothing to tell it.
		_, _ = io.WriteString(w.in, "done\n")
	}
	err := w.in.Close()
	if !clean {
		return errors.Join(err, w.cmd.Process.Release())
	}
	return errors.Join(err, w.cmd.Wait())
}
