package agent

import (
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// pump carries one output stream of a process out until its last holder closes
// it.
type pump struct {
	from *os.File
	raw  syscall.RawConn
	out  *wire.Writer
	kind wire.Type
	id   uint32        // of the process
	done chan struct{} // closed when nobody holds the stream any more

	mu     sync.Mutex
	taken  int64 // bytes that were read
	given  int64 // bytes that were handed on
	marked int64 // given is that much when all is out that was printed before mark
}

// buffers are those of pumps that have ended.
var buffers = sync.Pool{New: func() any { return new([outputBuffer]byte) }}

// startPump begins to carry a stream out.
func startPump(out *wire.Writer, kind wire.Type, id uint32, from *os.File) (*pump, error) {
	raw, err := from.SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &pump{from: from, raw: raw, out: out, kind: kind, id: id, done: make(chan struct{})}
	go p.carry()
	return p, nil
}

// carry is the life of a pump.
func (p *pump) carry() {
	defer close(p.done)
	defer p.from.Close()
	held := buffers.Get().(*[outputBuffer]byte)
	defer buffers.Put(held)
	buf := held[:]
	for {
		n, err := p.take(buf)
		if n <= 0 || err != nil {
			return // nobody holds the pipe any more
		}
		if p.out.Write(p.kind, p.id, buf[:n]) != nil {
			return // the stream to the runner ended; serve sees that too
		}
		p.mu.Lock()
		p.given += int64(n)
		p.mu.Unlock()
	}
}

// take waits for output and reads it. What is read is counted in one with the
// reading, for mark.
func (p *pump) take(buf []byte) (n int, err error) {
	rerr := p.raw.Read(func(fd uintptr) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for n, err = syscall.Read(int(fd), buf); err == syscall.EINTR; {
			n, err = syscall.Read(int(fd), buf)
		}
		p.taken += int64(max(0, n))
		return err != syscall.EAGAIN
	})
	if err == nil {
		err = rerr
	}
	return n, err
}

// mark notes how much was printed up to now. The process has ended, so that what
// comes later is of somebody who has its output from it.
func (p *pump) mark() {
	_ = p.raw.Control(func(fd uintptr) { // fails when nobody holds the pipe any more
		p.mu.Lock()
		defer p.mu.Unlock()
		p.marked = p.taken + int64(waiting(fd))
	})
}

// settled reports whether all is out that was printed before mark, and whether
// somebody else holds the stream still.
func (p *pump) settled() (settled, held bool) {
	select {
	case <-p.done:
		return true, false
	default:
	}
	// Once all holders are gone the end is near: it only has to be read.
	if err := p.raw.Control(func(fd uintptr) { held = !abandoned(fd) }); err != nil || !held {
		return false, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.given >= p.marked, true
}

// drain waits until everything is out that was printed into pumps before the
// call, and returns those which somebody holds for longer than drainLimit.
func drain(pumps []*pump) (held []*pump) {
	for _, p := range pumps {
		p.mark()
	}
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	for _, p := range pumps {
		select {
		case <-p.done:
		case <-limit.C:
			return awaitSettled(pumps)
		}
	}
	return nil
}

// awaitSettled does what drain does after drainLimit.
func awaitSettled(pumps []*pump) (held []*pump) {
	for _, p := range pumps {
		for {
			settled, by := p.settled()
			if by && settled {
				held = append(held, p)
			}
			if settled {
				break
			}
			select {
			case <-p.done:
			case <-time.After(pollEvery): // the kernel is asked again
			}
		}
	}
	return held
}

// waiting returns how many bytes are in a pipe, 0 when the kernel does not tell.
func waiting(fd uintptr) (n int32) {
	// The only failure is that of a descriptor which is no pipe.
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCINQ, uintptr(unsafe.Pointer(&n)))
	return n
}

// abandoned reports whether nobody can write into a pipe any more.
func abandoned(fd uintptr) bool {
	const pollHUP = 0x10
	ask := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd)}
	var now syscall.Timespec
	// A failure leaves revents 0: then it counts as held.
	_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&ask)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return ask.revents&pollHUP != 0
}
