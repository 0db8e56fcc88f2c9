package tui

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// arrival is a message with the time at which it came.
type arrival struct {
	msg tea.Msg
	at  time.Duration
}

// bridged runs f beside a bridge, in a bubble of fake time, and returns what the
// bridge sent.
func bridged(t *testing.T, f func(e *testkit.Engine, b *bridge)) (got []arrival) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := testkit.NewEngine(testkit.Green())
		start := time.Now()
		b := newBridge(e, func(m tea.Msg) { got = append(got, arrival{m, time.Since(start)}) })
		done := make(chan struct{})
		go func() { b.run(ctx); close(done) }()
		f(e, b)
		synctest.Wait()
		cancel()
		<-done
	})
	return got
}

func TestBridgeMergesChangesIntoFrames(t *testing.T) {
	var last *engine.Snapshot
	got := bridged(t, func(e *testkit.Engine, _ *bridge) {
		for range 1000 {
			last = testkit.Green()
			e.Publish(last)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
	})
	if n := len(got); n < 60 || n > 64 {
		t.Errorf("1000 changes in one second became %d frames, want about 62", n)
	}
	for i := 1; i < len(got); i++ {
		if d := got[i].at - got[i-1].at; d < frameInterval {
			t.Errorf("frame %d came %v after the one before", i, d)
		}
	}
	if f, ok := got[len(got)-1].msg.(frameMsg); !ok || f.snap != last {
		t.Error("the last state was not sent")
	}
}

func TestBridgeSendsTheFirstChangeAtOnceAndNothingWhileIdle(t *testing.T) {
	got := bridged(t, func(e *testkit.Engine, _ *bridge) {
		time.Sleep(5 * time.Second)
		e.Publish(testkit.Failed())
		time.Sleep(5 * time.Minute)
	})
	if len(got) != 1 || got[0].at != 5*time.Second {
		t.Errorf("sent %+v, want one message after 5s", got)
	}
}

func TestBridgeWakesOnceForTheLastWish(t *testing.T) {
	got := bridged(t, func(_ *testkit.Engine, b *bridge) {
		b.wake(time.Second)
		b.wake(3 * time.Second)
		time.Sleep(time.Minute)
	})
	if len(got) != 1 || got[0].at != 3*time.Second {
		t.Errorf("sent %+v, want one tick after 3s", got)
	}
}

func TestEngineNeverWaitsForAScreenThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := testkit.NewEngine(testkit.Green())
		back := make(chan struct{})
		var got []tea.Msg
		b := newBridge(e, func(m tea.Msg) { <-back; got = append(got, m) })
		done := make(chan struct{})
		go func() { b.run(ctx); close(done) }()
		var last *engine.Snapshot
		for range 100 { // Publish would block here if the bridge held it up
			last = testkit.Green()
			e.Publish(last)
			synctest.Wait()
		}
		close(back)
		time.Sleep(time.Second)
		cancel()
		<-done
		if n := len(got); n != 2 || got[1].(frameMsg).snap != last {
			t.Errorf("%d messages after the screen came back, want the old and the newest", n)
		}
	})
}
