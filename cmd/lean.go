package cmd

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// How much garbage a program that watches lets gather, in percent of what it
// holds: little while a person edits, and as much as is usual for Go while saves
// come in masses, when collecting takes the processor from the answers to keys.
const (
	calmPercent = 25
	busyPercent = 100
)

// firstPassLimit is the memory, in bytes, from which on the first pass over all
// templates collects its garbage as it goes. What a larger heap leaves behind lies
// scattered between what is kept, and cannot be given back. A few thousand
// templates stay below it.
const firstPassLimit = 128 << 20

// lean is for a program that stays open all day beside others: memory counts for
// more there than processor time. While the first pass is under way garbage is
// collected early, and when it is done, or a storm of saves is, what it left is
// given back. GOGC and GOMEMLIMIT say otherwise.
func lean(o *engine.Options) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(firstPassLimit)
	o.Pace = func(busy bool) {
		debug.SetMemoryLimit(math.MaxInt64)
		if busy {
			debug.SetGCPercent(busyPercent)
			return
		}
		debug.SetGCPercent(calmPercent)
		go debug.FreeOSMemory() // it takes a collection to end
	}
}
