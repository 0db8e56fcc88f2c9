package tui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// frameInterval is the least time between two states that the engine sends to
// the screen.
const frameInterval = 16 * time.Millisecond

// bridge brings the engine's changes to the program, and wakes it when it asked
// to be woken. The engine never waits for the screen: while an editor holds the
// terminal, send blocks here, and the newest snapshot is taken afterwards.
type bridge struct {
	engine Engine
	send   func(tea.Msg)
	wakes  chan time.Duration // capacity 1: the newest wish replaces an older one
}

func newBridge(e Engine, send func(tea.Msg)) *bridge {
	return &bridge{engine: e, send: send, wakes: make(chan time.Duration, 1)}
}

// wake asks for one tick after d. Only the model calls it, so that between
// taking an old wish out and putting the new one in nobody else does.
func (b *bridge) wake(d time.Duration) {
	select {
	case <-b.wakes:
	default:
	}
	b.wakes <- d
}

// run works until ctx ends. At most one state per frameInterval is sent, and
// none while nothing changes.
func (b *bridge) run(ctx context.Context) {
	tick := time.NewTimer(time.Hour)
	tick.Stop()
	defer tick.Stop()
	pace := time.NewTimer(0)
	defer pace.Stop()
	<-pace.C

	var shown *engine.Snapshot
	changed := b.engine.Changed()
	var paced <-chan time.Time // set while a frame has just been sent
	for {
		ready := changed
		if paced != nil {
			ready = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-paced:
			paced = nil
		case <-ready:
			s := b.engine.Snapshot()
			if s == shown {
				continue
			}
			shown = s
			b.send(frameMsg{s})
			pace.Reset(frameInterval)
			paced = pace.C
		case d := <-b.wakes:
			tick.Reset(d)
		case <-tick.C:
			b.send(tickMsg{})
		}
	}
}
