package agent

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// reaper starts children and collects the status of every process that ends
// below this one: its own children and the orphans that the kernel hands it.
type reaper struct {
	mu      sync.Mutex
	waiters map[int]chan struct{}
}

// newReaper starts collecting. It goes on for the life of the process.
func newReaper() *reaper {
	r := &reaper{waiters: map[int]chan struct{}{}}
	// One pending signal is enough: collect takes all that have ended.
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGCHLD)
	go func() {
		for range ch {
			r.collect()
		}
	}()
	return r
}

// start starts a child; the channel is closed when it has ended.
func (r *reaper) start(path string, argv []string, attr *syscall.ProcAttr) (int, <-chan struct{}, error) {
	// The lock keeps collect from taking the status of a child that ended
	// before it was entered into the table.
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return 0, nil, fmt.Errorf("start %s: %w", path, err)
	}
	gone := make(chan struct{})
	r.waiters[pid] = gone
	return pid, gone, nil
}

// strangers returns those of the children that were not started here.
func (r *reaper) strangers(pids []int) (out []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, pid := range pids {
		if r.waiters[pid] == nil {
			out = append(out, pid)
		}
	}
	return out
}

// collect takes the status of every process that has ended.
func (r *reaper) collect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var st syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &st, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if gone, ok := r.waiters[pid]; ok {
			delete(r.waiters, pid)
			close(gone)
		}
	}
}
