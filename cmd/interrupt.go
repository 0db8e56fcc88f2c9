package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// interrupts ends a context when the user asks the program to end. It can leave
// the keyboard to another program for a while.
type interrupts struct {
	ends  chan os.Signal // capacity 1: the first is enough
	spare [2]chan os.Signal
}

// again is how long after the first signal another one counts as the user's
// second: a terminal that closes may send its own twice.
const again = 50 * time.Millisecond

// untilInterrupted returns a context that ends with the first signal to end. A
// second one ends the program at once: what it has started is then removed by
// the watchdog, as after any sudden end. stop frees what it holds.
func untilInterrupted() (_ context.Context, in *interrupts, stop func()) {
	in = &interrupts{ends: make(chan os.Signal, 1), spare: [2]chan os.Signal{make(chan os.Signal, 1), make(chan os.Signal, 1)}}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	signal.Notify(in.ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case <-in.ends:
		case <-ctx.Done():
			return
		}
		cancel()
		for first := time.Now(); ; {
			select {
			case sig := <-in.ends:
				if sig != syscall.SIGHUP && time.Since(first) > again {
					fmt.Fprintln(os.Stderr, "clnrm-tui: interrupted again: what was started is removed in the background")
					os.Exit(exitInterrupted)
				}
			case <-stopped:
				return
			}
		}
	}()
	return ctx, in, func() { signal.Stop(in.ends); cancel(); close(stopped) }
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
