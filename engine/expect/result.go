package expect

import "github.com/seanchatmangpt/clnrm-tui/engine/diag"

// Check is one rule: what was asked, whether it held, and why not.
type Check struct {
	Rule string // stable rule identifier, for example "expect.span[a].kind"
	OK   bool
	// Unjudged says that the rule could not be judged because an earlier one
	// failed: no spans at all, or no span of that name. OK is then false.
	Unjudged bool
	Pos      diag.Position // where the expectation stands in the user's file
	Message  string        // for a failure: one sentence with expected and found
	Spans    []string      // names of the spans the rule is about
	Explain  []string      // for a failure: lines of a small tree, nearest candidate first
	Note     string        // for a pass with a relaxation, for example "2 UNSET spans accepted as OK"
}

// Result is what judging one expectation table against one set of spans gave.
// A Result without checks is not a pass: nothing was judged.
type Result struct {
	Checks  []Check
	Spans   int      // spans judged
	Sources []string // where they came from, for example "otlp shop"
}

// Passed reports whether there is at least one rule and every rule was judged
// and held.
func (r Result) Passed() bool {
	for i := range r.Checks {
		if !r.Checks[i].OK {
			return false
		}
	}
	return len(r.Checks) > 0
}

// Failures returns the checks that were judged and did not hold, in the order
// of judging: span, graph, counts, window, order, status, hermeticity.
func (r Result) Failures() []Check {
	var out []Check
	for _, c := range r.Checks {
		if !c.OK && !c.Unjudged {
			out = append(out, c)
		}
	}
	return out
}
