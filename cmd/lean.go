package cmd

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// How much garbage a program that watches lets gather beside what it holds, in
// bytes. Where it holds much, the usual way of Go, as much again, would double its
// memory; and what gathers lies scattered between what is kept, so that not all of
// it can be given back.
const (
	firstPassGarbage = 16 << 20
	busyGarbage      = 32 << 20 // while saves come in masses, collecting takes the processor from the answers to keys
)

// calmPercent is how much garbage may gather in percent of what is held: all there is
// to it while a person edits, and never less.
const calmPercent = 25

// startPercent is what may gather until the first collection has told what is held.
const startPercent = 400

// lean is for a program that stays open all day beside others: memory counts for
// more there than processor time. When the first pass is done, or a storm of saves
// is, what it left is given back. GOGC and GOMEMLIMIT say otherwise.
func lean(o *engine.Options) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	c := &collector{garbage: firstPassGarbage, percent: startPercent}
	debug.SetGCPercent(startPercent)
	c.follow()
	o.Pace = func(busy bool) {
		if busy {
			c.allow(busyGarbage)
			return
		}
		c.allow(0)
		go debug.FreeOSMemory() // it takes a collection to end
	}
}

// collector keeps the garbage that gathers between two collections bounded by
// adapting its percentage to what is held.
type collector struct {
	mu      sync.Mutex
	garbage uint64 // that may gather, in bytes
	percent int    // as set
}

// allow says how much garbage may gather from now on.
func (c *collector) allow(garbage uint64) {
	c.mu.Lock()
	c.garbage = garbage
	c.mu.Unlock()
	c.adapt()
}

// follow adapts the percentage after each collection.
func (c *collector) follow() {
	type mark struct{ _ [32]byte } // too large to share its memory with something that is held
	runtime.AddCleanup(new(mark), func(c *collector) {
		c.adapt()
		c.follow()
	}, c)
}

// adapt sets the percentage for what the last collection has found held.
func (c *collector) adapt() {
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	c.mu.Lock()
	defer c.mu.Unlock()
	p := percentFor(held[0].Value.Uint64(), c.garbage)
	if p == c.percent {
		return
	}
	c.percent = p
	debug.SetGCPercent(p)
}

// percentFor is how many percent of what is held so much garbage is, between
// calmPercent and startPercent. It is rounded down to tenths of itself, so that it
// does not change with every collection.
func percentFor(held, garbage uint64) int {
	p := int(min(100*garbage/max(held, 1), startPercent))
	if step := p / 10; step > 0 {
		p -= p % step
	}
	return max(p, calmPercent)
}
