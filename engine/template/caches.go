package template

import "sync/atomic"

// Cache tells how one of the caches of an Engine served.
type Cache struct {
	Name           string
	Entries, Bound int
	Hits           int64
	Misses         map[string]int64 // by the reason
	Dropped        int64            // to make room for others
}

// served counts for one cache.
type served struct{ hits, fresh, changed, dropped atomic.Int64 }

// Caches tells of the texts that are kept parsed and lowered, and of the programs
// that are kept linked with what they import.
func (e *Engine) Caches() []Cache {
	of := func(name string, entries int, s *served, changed string) Cache {
		c := Cache{Name: name, Entries: entries, Bound: compiledEntries, Hits: s.hits.Load(), Misses: map[string]int64{}, Dropped: s.dropped.Load()}
		for why, n := range map[string]int64{"text not kept": s.fresh.Load(), changed: s.changed.Load()} {
			if n > 0 {
				c.Misses[why] = n
			}
		}
		return c
	}
	return []Cache{
		of("compiled", e.compiled.Len(), &e.compiles, ""),
		of("linked", e.links.Len(), &e.linkages, "an imported file changed"),
	}
}
