package agent

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// killLimit bounds how long a kill waits for processes that the kernel itself
// cannot end, such as one that waits for a dead disk.
const killLimit = 10 * time.Second

// pollEvery is how often a tree is looked at while its end is awaited.
const pollEvery = 2 * time.Millisecond

// endTree ends everything below root: TERM to all, KILL after the grace. The
// channel gone is closed when root, a shim, has nothing below it any more. It
// reports whether KILL was needed.
func endTree(root int, grace time.Duration, gone <-chan struct{}) (forced bool) {
	if grace > 0 {
		signalProcess(root, syscall.SIGCONT) // a program may have stopped it
		for _, pid := range descendants(root) {
			signalProcess(pid, syscall.SIGTERM)
			signalProcess(pid, syscall.SIGCONT) // a stopped process takes TERM only then
		}
		select {
		case <-gone:
			return false
		case <-time.After(grace):
		}
	}
	limit := time.After(killLimit)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		forced = killAll(root) || forced
		signalProcess(root, syscall.SIGCONT)
		select {
		case <-gone:
			return forced
		case <-limit:
			signalProcess(root, syscall.SIGKILL) // what is left becomes a stray
			return true
		case <-tick.C:
		}
	}
}

// killStrays ends what is left of the tree of a shim that was killed: with its
// end the kernel hands all of it to this process, whose other children are shims.
func (a *agent) killStrays(s *shim) {
	limit := time.After(killLimit)
	select {
	case <-s.gone:
	case <-limit:
		return
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		strays := a.reap.strangers(children(os.Getpid()))
		if len(strays) == 0 {
			return
		}
		for _, pid := range strays {
			signalProcess(pid, syscall.SIGSTOP)
			killAll(pid)
			signalProcess(pid, syscall.SIGKILL)
		}
		select {
		case <-tick.C:
		case <-limit:
			return
		}
	}
}

// killAll kills everything that is below root now, and reports whether anything was.
func killAll(root int) (found bool) {
	freeze(root)
	for _, pid := range descendants(root) {
		found = true
		signalProcess(pid, syscall.SIGKILL)
	}
	return found
}

// killOwn is killAll for what is below this process itself. None of its own may be
// half started then: stopped between fork and exec it would hold up the thread that
// waits for its exec, and with that thread, at the next collection of garbage, all
// others, before the kill.
func killOwn() (found bool) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return killAll(os.Getpid())
}

// freeze stops everything below root, so that a tree that grows faster than it
// is killed comes to rest first.
func freeze(root int) {
	const rounds = 64
	seen := map[int]bool{}
	for range rounds {
		fresh := false
		for _, pid := range descendants(root) {
			if !seen[pid] {
				seen[pid] = true
				fresh = true
				signalProcess(pid, syscall.SIGSTOP)
			}
		}
		if !fresh {
			return
		}
	}
}

// signalProcess signals a process that may have ended since it was listed.
func signalProcess(pid int, sig syscall.Signal) {
	// ESRCH means that it is gone, which is what every caller wants.
	_ = syscall.Kill(pid, sig)
}

// descendants lists the living processes below root, from /proc. A shim adopts
// the orphans of its tree, so nothing leaves the tree by forking twice or by
// starting a session of its own.
func descendants(root int) []int {
	children := family()
	var all []int
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		all = append(all, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// children lists the living children of a process.
func children(of int) []int { return family()[of] }

// family lists the living children of every process, from /proc.
func family() map[int][]int {
	children := map[int][]int{}
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue
		}
		if ppid, state := parseStat(stat); ppid > 0 && state != 'Z' {
			children[ppid] = append(children[ppid], pid)
		}
	}
	return children
}

// parseStat reads the parent and the state from /proc/PID/stat; the parent is
// 0 when the text is not one. The command name may hold any byte, so the fields
// are counted from its closing parenthesis.
func parseStat(stat []byte) (ppid int, state byte) {
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 {
		return 0, 0
	}
	fields := bytes.Fields(stat[i+1:])
	if len(fields) < 2 || len(fields[0]) != 1 {
		return 0, 0
	}
	n, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0, 0
	}
	return n, fields[0][0]
}
