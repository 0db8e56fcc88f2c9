package agent

import (
	"slices"
	"testing"
)

// lostOf says which of so many packets a flow loses.
func lostOf(t *testing.T, seed *uint64, from, to RelayEnd, packets int) (lost []int) {
	t.Helper()
	link := &relayLink{RelayLink: RelayLink{Loss: 0.3, Seed: seed}}
	f := &flow{link: link, to: to, queue: make(chan held, packets), dice: link.dice(from, to)}
	r := &relay{over: make(chan struct{})}
	for i := range packets {
		before := link.lost.Load()
		f.take(r, []byte("a packet"))
		if link.lost.Load() > before {
			lost = append(lost, i)
		}
	}
	return lost
}

func TestWithASeedTheSamePacketsAreLost(t *testing.T) {
	seed, other := uint64(7), uint64(8)
	const packets = 1000
	first := lostOf(t, &seed, endA, endB, packets)
	if n := len(first); n < 200 || n > 400 {
		t.Fatalf("%d of %d packets were lost, 30%% asked", n, packets)
	}
	if !slices.Equal(first, lostOf(t, &seed, endA, endB, packets)) {
		t.Error("the same seed loses other packets")
	}
	for name, lost := range map[string][]int{
		"the other direction": lostOf(t, &seed, endB, endA, packets),
		"another seed":        lostOf(t, &other, endA, endB, packets),
		"no seed":             lostOf(t, nil, endA, endB, packets),
	} {
		if slices.Equal(first, lost) {
			t.Errorf("%s loses the same packets", name)
		}
	}
}
