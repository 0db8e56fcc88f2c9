package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// interrupts ends a context when the user asks the program to end, or when
// nobody reads what it prints any more. It can leave the keyboard to another
// program for a while.
type interrupts struct {
	ends    chan os.Signal // capacity 1: the first is enough
	pipes   chan os.Signal // capacity 1: something was written that nobody reads
	spare   [2]chan os.Signal
	unheard atomic.Bool // the context ended because nobody reads
}

// again is how long after the first signal another one counts as the user's
// second: a terminal that closes may send its own twice.
const again = 50 * time.Millisecond

// untilInterrupted returns a context that ends with the first signal to end, or
// with the first write to standard output or standard error after its reader has
// gone. A second signal ends the program at once: what it has started is then
// removed by the watchdog, as after any sudden end. stop frees what it holds.
func untilInterrupted() (_ context.Context, in *interrupts, stop func()) {
	in = &interrupts{
		ends: make(chan os.Signal, 1), pipes: make(chan os.Signal, 1),
		spare: [2]chan os.Signal{make(chan os.Signal, 1), make(chan os.Signal, 1)},
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	signal.Notify(in.ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(in.pipes, syscall.SIGPIPE) // also for sockets, whose writers see the error anyway
	go func() {
		var first time.Time
		for {
			select {
			case sig := <-in.ends:
				if first.IsZero() {
					first = time.Now()
					cancel()
				} else if sig != syscall.SIGHUP && time.Since(first) > again {
					fmt.Fprintln(os.Stderr, "clnrm-tui: interrupted again: what was started is removed in the background")
					os.Exit(exitInterrupted)
				}
			case <-in.pipes:
				if first.IsZero() && readerGone() {
					first = time.Now()
					in.unheard.Store(true)
					cancel()
				}
			case <-stopped:
				return
			}
		}
	}()
	return ctx, in, func() { signal.Stop(in.ends); signal.Stop(in.pipes); cancel(); close(stopped) }
}

// endedUnheard reports whether a command ended with err because nobody reads
// what it prints.
func (in *interrupts) endedUnheard(err error) bool {
	return in.unheard.Load() || errors.Is(err, syscall.EPIPE) && readerGone()
}

// readerGone reports whether standard output or standard error is a pipe that
// nobody reads any more.
func readerGone() bool {
	fds := []unix.PollFd{{Fd: int32(os.Stdout.Fd())}, {Fd: int32(os.Stderr.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && (fds[0].Revents|fds[1].Revents)&unix.POLLERR != 0
}

// leave lets the signals of the keyboard pass while another program has the
// terminal: the terminal sends them to all programs in its foreground, but they
// are meant for that one. leave(false) takes them back.
func (in *interrupts) leave(others bool) {
	if others {
		for _, c := range in.spare {
			signal.Notify(c, os.Interrupt, syscall.SIGQUIT)
		}
		signal.Stop(in.ends)
		signal.Notify(in.ends, syscall.SIGTERM, syscall.SIGHUP)
		return
	}
	// Stop waits until the signals that came so far are delivered: to nobody
	// who would end the program. The other channel keeps them caught meanwhile.
	signal.Stop(in.spare[0])
	signal.Notify(in.ends, os.Interrupt)
	signal.Stop(in.spare[1])
}
