package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func TestRunsAreComparedByTheNamesOfTheirSpans(t *testing.T) {
	older := &store.Record{Spans: []trace.Span{
		timedSpan("root", "1", "", 0, 100), timedSpan("charge", "2", "1", 0, 10), timedSpan("receipt", "3", "1", 20, 30), timedSpan("same", "4", "1", 0, 5),
	}}
	newer := &store.Record{Spans: []trace.Span{
		timedSpan("root", "1", "", 0, 180), timedSpan("charge", "2", "1", 0, 10), timedSpan("charge", "5", "1", 10, 25), timedSpan("same", "4", "1", 7, 12),
	}}
	d := compareSpans(older, newer, nil)
	var got []string
	for _, n := range d.Names {
		got = append(got, fmt.Sprintf("%s %d>%d %s>%s", n.Name, n.Older, n.Newer, n.OldTime, n.NewTime))
	}
	want := []string{"charge 1>2 10ms>25ms", "receipt 1>0 10ms>0s", "root 1>1 100ms>180ms"}
	if !slices.Equal(got, want) || d.Same != 2 {
		t.Errorf("got %q and %d, want %q and 2", got, d.Same, want)
	}
}
