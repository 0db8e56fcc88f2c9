package agent

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// drainWait bounds how long requests under way are awaited at the end.
	drainWait = 10 * time.Second
	// quiet is how long no connection may be busy before the drain is over.
	quiet = 10 * time.Millisecond
	// acceptWait bounds how long the receiver may take to accept a connection.
	acceptWait = time.Second
)

// connState keeps account of the connections on which a request may be under way.
func (r *receiver) connState(c net.Conn, s http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s == http.StateNew {
		r.accepted++
		if r.from != nil {
			r.from[c.RemoteAddr().String()] = true
		}
		select {
		case r.came <- struct{}{}:
		default:
		}
	}
	r.lastBusy = time.Now()
	if s == http.StateNew || s == http.StateActive {
		r.busy[c] = s
	} else {
		delete(r.busy, c)
	}
}

// drain waits until no request is under way, closes, and returns the account.
// By now every program has ended, so no new connection is made, but requests
// that were sent before may still wait to be read. A connection on which nothing
// was ever sent, such as clients open ahead, holds none.
func (r *receiver) drain() wire.Finished {
	unused := r.unused()
	if !unused {
		r.rest()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !unused {
		r.counts.InFlight = len(r.busy)
	}
	// What is still open holds no request, or was counted as in flight.
	go func() { _ = r.server.Close() }()
	return r.counts
}

// unused reports whether nobody ever connected, so that there is nothing to wait
// for. Connections are accepted in the order in which they were made: when one
// that is made now has been accepted, so were all before it.
func (r *receiver) unused() bool {
	r.mu.Lock()
	addresses, used := r.addresses, r.accepted > 0
	r.from = map[string]bool{}
	r.mu.Unlock()
	if used {
		return false
	}
	var made []string
	for _, a := range addresses {
		c, err := net.DialTimeout("tcp", a, acceptWait)
		if err != nil {
			return false
		}
		defer c.Close()
		made = append(made, c.LocalAddr().String())
	}
	limit := time.NewTimer(acceptWait)
	defer limit.Stop()
	for {
		r.mu.Lock()
		all, others := true, r.accepted > len(made)
		for _, from := range made {
			all = all && r.from[from]
		}
		r.mu.Unlock()
		if all || others {
			return !others
		}
		select {
		case <-r.came:
		case <-limit.C:
			return false
		}
	}
}

// rest waits until no connection is busy, and has not been for a moment.
func (r *receiver) rest() {
	begin := time.Now()
	limit := begin.Add(r.wait)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for now := begin; now.Before(limit); now = <-tick.C {
		r.mu.Lock()
		since := max(begin.UnixNano(), r.lastBusy.UnixNano())
		still := now.UnixNano()-since >= int64(quiet)
		over := len(r.busy) == 0 && still
		if still {
			r.dismiss()
		}
		r.mu.Unlock()
		if over {
			return
		}
	}
}

// dismiss ends the connections on which no request was begun and nothing waits to
// be read. They end by being read to their end: what has come by then is still
// taken. The caller holds the lock.
func (r *receiver) dismiss() {
	for c, state := range r.busy {
		if tcp, ok := c.(*net.TCPConn); ok && state == http.StateNew && silent(tcp) {
			_ = tcp.CloseRead() // the server sees the end and closes
		}
	}
}

// silent reports whether nothing waits to be read.
func silent(c *net.TCPConn) bool {
	fd, err := c.SyscallConn()
	if err != nil {
		return false
	}
	empty := false
	err = fd.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		empty = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && empty
}
