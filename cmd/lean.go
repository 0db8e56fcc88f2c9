package cmd

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much garbage a program that watches lets gather, in percent of
// what it holds.
const gcPercent = 25

// lean is for when the first pass over all templates is done. What that left is
// not needed again, and the program stays open all day beside others: from then
// on memory counts for more than the processor time of saves. GOGC says otherwise.
func lean() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory()
}
