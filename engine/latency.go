package engine

import (
	"slices"
	"sync"
	"time"
)

// latencyWindow is how many of the last samples the quantiles are taken over.
const latencyWindow = 512

// latency measures the time from a save on disk to its verdict on the screen:
// the engine notes which snapshot carries the verdict of a save, the screen
// says when it shows a snapshot.
type latency struct {
	mu      sync.Mutex
	pending []pendingShow
	samples []time.Duration // ring of the last latencyWindow
	next    int
	total   int
	max     time.Duration
}

// LatencyBuckets is how many classes the histogram of Latency has.
const LatencyBuckets = 14

// LatencyBound is the upper end of a class: 2 ms for the first, twice as much
// for each that follows.
func LatencyBound(i int) time.Duration { return 2 * time.Millisecond << i }

// bucket is the class of a sample.
func bucket(d time.Duration) int {
	for i := range LatencyBuckets - 1 {
		if d < LatencyBound(i) {
			return i
		}
	}
	return LatencyBuckets - 1
}

type pendingShow struct {
	seq  uint64
	seen time.Time
}

// carried notes that snapshot seq is the first with the verdict of a save that
// was noticed at seen.
func (l *latency) carried(seq uint64, seen time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) < latencyWindow {
		l.pending = append(l.pending, pendingShow{seq, seen})
	}
}

// shown takes the samples that the display of snapshot seq completes. It
// returns the new statistics and whether there were any.
func (l *latency) shown(seq uint64, at time.Time) (Latency, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.total
	l.pending = slices.DeleteFunc(l.pending, func(p pendingShow) bool {
		if p.seq > seq {
			return false
		}
		l.add(at.Sub(p.seen))
		return true
	})
	if l.total == before {
		return Latency{}, false
	}
	sorted := slices.Clone(l.samples)
	slices.Sort(sorted)
	q := func(f float64) time.Duration { return sorted[int(f*float64(len(sorted)-1)+0.5)] }
	out := Latency{Samples: l.total, P50: q(0.50), P95: q(0.95), Max: l.max}
	for _, d := range sorted {
		out.Histogram[bucket(d)]++
	}
	return out, true
}

func (l *latency) add(d time.Duration) {
	l.total++
	l.max = max(l.max, d)
	if len(l.samples) < latencyWindow {
		l.samples = append(l.samples, d)
		return
	}
	l.samples[l.next] = d
	l.next = (l.next + 1) % latencyWindow
}
