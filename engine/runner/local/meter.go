package local

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

var _ runner.Meter = (*session)(nil)

// tick is the unit of processor time in /proc, which is the same on every Linux.
const tick = 10 * time.Millisecond

// process is what /proc tells of one process.
type process struct {
	pid, parent int
	own         time.Duration // processor time
	children    time.Duration // that of those which it has waited for, and theirs
}

// Consumption implements runner.Meter from the control group of each service, or else
// from the processes below its agent.
func (s *session) Consumption(context.Context) ([]runner.Consumption, error) {
	below, err := processes()
	if err != nil {
		return nil, err
	}
	var out []runner.Consumption
	for _, n := range s.nodes {
		c := runner.Consumption{Service: n.svc.Name, At: time.Now(), LimitBytes: int64(n.limits.MemoryMB) << 20}
		var known bool
		if c.MemoryBytes, c.CPU, known = n.group.Used(); known {
			out = append(out, c)
			continue
		}
		c.MemoryBytes, c.CPU = 0, 0
		// Those right below the agent are its own: they start and collect the others.
		for _, shim := range below[n.cmd.Process.Pid] {
			c.CPU += shim.children
			for queue := below[shim.pid]; len(queue) > 0; queue = queue[1:] {
				p := queue[0]
				queue = append(queue, below[p.pid]...)
				c.CPU += p.own + p.children
				c.MemoryBytes += private(p.pid)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// processes lists the processes of this machine by their parents.
func processes() (map[int][]process, error) {
	list, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	below := map[int][]process{}
	for _, e := range list {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		if p, ok := parseStat(stat); ok {
			p.pid = pid
			below[p.parent] = append(below[p.parent], p)
		}
	}
	return below, nil
}

// parseStat reads /proc/PID/stat but for the number. The name of the command may
// hold any byte, so the fields are counted from its closing parenthesis.
func parseStat(text []byte) (p process, ok bool) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return p, false
	}
	number := func(i int) time.Duration {
		n, err := strconv.ParseInt(string(fields[i]), 10, 64)
		ok = ok && err == nil
		return time.Duration(n)
	}
	ok = true
	p.parent = int(number(1))
	p.own = (number(11) + number(12)) * tick
	p.children = (number(13) + number(14)) * tick
	return p, ok
}

// private is how many bytes a process holds that are of no file and not shared; 0
// when it has ended.
func private(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 3 {
		return 0
	}
	resident, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	shared, err := strconv.ParseInt(string(fields[2]), 10, 64)
	if err != nil {
		return 0
	}
	return (resident - shared) * int64(os.Getpagesize())
}
