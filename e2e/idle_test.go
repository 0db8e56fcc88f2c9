package e2e

import (
	"testing"
	"time"
)

// A dashboard on which nothing happens writes nothing, although what it shows was
// found out a moment ago. The end of the start is not idling: it is given time.
func TestAnIdleDashboardWritesNothing(t *testing.T) {
	const quiet = 6 * time.Second
	tm := open(t, project(t, 20), 120, 40)
	tm.shows("20 templates")
	tm.shows("just now")
	written, silent := tm.mark(), time.NewTimer(quiet)
	for patience := time.After(50 * time.Second); ; { // ages change after a minute
		select {
		case <-silent.C:
			return
		case <-tm.more:
			if n := tm.mark(); n != written {
				written = n
				silent.Reset(quiet)
			}
		case <-tm.eof:
			t.Fatal("the program ended")
		case <-patience:
			t.Fatalf("it was never silent for %s; the end of what it wrote:\n%q", quiet, tm.tail())
		}
	}
}
