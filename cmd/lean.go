package cmd

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// gcPercent is how much garbage a program that watches lets gather, in percent of
// what it holds.
const gcPercent = 25

// firstPassLimit is the memory, in bytes, from which on the first pass over all
// templates collects its garbage as it goes. What a larger heap leaves behind lies
// scattered between what is kept, and cannot be given back. A few thousand
// templates stay below it.
const firstPassLimit = 128 << 20

// lean is for a program that stays open all day beside others: memory counts for
// more there than processor time. While the first pass is under way garbage is
// collected early, and when it is done, what it left is given back. GOGC and
// GOMEMLIMIT say otherwise.
func lean(o *engine.Options) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(firstPassLimit)
	o.Settled = func() {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(gcPercent)
		debug.FreeOSMemory()
	}
}
