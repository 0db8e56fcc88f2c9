package engine

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func TestSpansAreFoundByAllThatIsKnownOfThem(t *testing.T) {
	sp := timedSpan("Order.Charge", "bb", "", 10, 20)
	sp.StatusMessage = "duplicate Key"
	sp.Attrs = []trace.Attr{{Key: "order.id", Value: int64(42)}, {Key: "city", Value: "KÖLN"}, {Key: "paid", Value: true}}
	sp.Events = []trace.Event{{Name: "retry", Attrs: []trace.Attr{{Key: "attempt", Value: "second"}}}}
	s := newSpans(ScenarioID{}, []trace.Span{sp}, nil)
	for text, want := range map[string]bool{
		"charge": true, "order.charge": true, "shop": true, "duplicate key": true, "bb": true,
		"order.id": true, "42": true, "order.id=42": true, "id=4": true, "order.id=2": false, "rder.id=": true, "order=42": false,
		"köln": true, "city=köln": true, "paid=true": true, "retry": true, "attempt=sec": true, "refund": false, "=": true, "second=": false,
	} {
		if got := s.Mentions(0, text); got != want {
			t.Errorf("%q is found: %v, want %v", text, got, want)
		}
	}
}
