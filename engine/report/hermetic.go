package report

import (
	"fmt"
	"slices"
)

// hostNetwork is the network of a scenario that shared this machine.
const hostNetwork = "host"

// hermetic reports whether nothing that ran is known to have been otherwise.
func hermetic(scenarios []Scenario) bool {
	return !slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.Evidence.shared() })
}

// shared reports whether a scenario ran, and not apart from everything else. One
// that did not come so far names no backend.
func (e *Evidence) shared() bool { return e != nil && e.Backend != "" && !e.Hermetic }

// unhermetic says why a run was not hermetic, in sentences; none for one that was.
func unhermetic(r *Run) []string {
	if r.Hermetic || r.Backend == "" {
		return nil
	}
	var shared, except []string
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		e := s.Evidence
		if !e.shared() {
			continue
		}
		if e.Network == hostNetwork || len(e.Exceptions) == 0 {
			shared = append(shared, sharedMachine(e.Backend))
		}
		for _, why := range e.Exceptions {
			except = append(except, fmt.Sprintf("Scenario %q was not hermetic: %s.", s.Name, why))
		}
	}
	if shared == nil && except == nil { // no scenario came so far as to tell
		shared = []string{sharedMachine(r.Backend)}
	}
	slices.Sort(shared)
	return append(slices.Compact(shared), except...)
}

func sharedMachine(backend string) string {
	return "The " + backend + " backend is not hermetic: scenarios shared this machine."
}
