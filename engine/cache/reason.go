package cache

// Outcome says how a lookup ended.
type Outcome uint8

// The outcomes of a lookup.
const (
	Hit               Outcome = iota
	FirstSeen                 // this path was never rendered
	ContentChanged            // the template itself has a content not met before
	DependencyChanged         // an included file changed, appeared or vanished
	VarsChanged               // the overrides differ
	EnvChanged                // an environment variable has another value
	Evicted                   // it was rendered before, but the backend had to drop it
	Volatile                  // it depends on time or randomness without determinism
	Unavailable               // the backend could not be asked
	Failed                    // the last rendering of these inputs failed, so there is nothing to serve
)

// Reason says whether a lookup hit and, if not, exactly why.
type Reason struct {
	Outcome Outcome
	Name    string // the dependency's path, the variable's name, or the far store that had it; else empty
}

// Hit reports whether the lookup was served.
func (r Reason) Hit() bool { return r.Outcome == Hit }

// String returns the reason in the words that the cache panel shows.
func (r Reason) String() string {
	switch r.Outcome {
	case Hit:
		if r.Name != "" {
			return "hit in " + r.Name
		}
		return "hit"
	case FirstSeen:
		return "first seen"
	case ContentChanged:
		return "content changed"
	case DependencyChanged:
		return r.Name + " changed"
	case VarsChanged:
		return "variables changed"
	case EnvChanged:
		return "environment " + r.Name + " changed"
	case Failed:
		return "last rendering failed"
	case Evicted:
		return "evicted"
	case Volatile:
		return "time or randomness without determinism"
	default:
		return "cache backend unavailable"
	}
}
