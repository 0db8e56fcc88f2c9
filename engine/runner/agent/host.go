package agent

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// enterHost makes this process take the place of a container as far as the
// kernel lets an ordinary process: it adopts whatever loses its parent, and what
// it starts has limits. It comes before anything is started.
func (a *agent) enterHost(h wire.Host) error {
	if err := adoptOrphans(); err != nil {
		return err
	}
	for _, l := range []struct {
		what     string
		resource int
		value    int64
	}{{"private memory", syscall.RLIMIT_DATA, h.Memory}, {"open files", syscall.RLIMIT_NOFILE, h.Files}} {
		if l.value <= 0 {
			continue
		}
		if err := lowerLimit(l.resource, uint64(l.value)); err != nil {
			return fmt.Errorf("limit %s: %w", l.what, err)
		}
	}
	// When the runner is killed, what is written to it must fail and not end this
	// process before it has cleaned up. Ignoring the signal would have the programs
	// inherit that; a handler is not inherited.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// A crash must not leave a core file where the user works.
	if err := lowerLimit(syscall.RLIMIT_CORE, 0); err != nil {
		return fmt.Errorf("limit core files: %w", err)
	}
	a.host = &h
	a.group, a.shims.group = h.Group, h.Group
	return nil
}

// lowerLimit lowers a limit of this process and of all that it starts; one that
// is lower already stays.
func lowerLimit(resource int, value uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(resource, &l); err != nil {
		return err
	}
	l.Max = min(l.Max, value)
	l.Cur = l.Max
	return syscall.Setrlimit(resource, &l)
}

// leaveHost does what the end of a container does: everything below this process
// is killed, its control group and its directory removed.
func (a *agent) leaveHost() error {
	for limit := time.Now().Add(killLimit); killOwn(); {
		if time.Now().After(limit) {
			return errors.New("not everything that was started could be killed")
		}
		time.Sleep(pollEvery)
	}
	err := a.group.Remove(killLimit)
	if err != nil {
		err = fmt.Errorf("remove the control group of the service: %w", err)
	}
	if rerr := os.RemoveAll(a.host.Dir); rerr != nil {
		err = errors.Join(err, fmt.Errorf("remove the directory of the service: %w", rerr))
	}
	return err
}
