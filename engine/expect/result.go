package expect

import "github.com/seanchatmangpt/clnrm-tui/engine/diag"

// Check is one judged rule: what was asked, whether it held, and why not.
type Check struct {
	Rule    string        // stable rule identifier, for example "expect.span[a].kind"
	OK      bool          //
	Pos     diag.Position // where the expectation stands in the user's file
	Message string        // for a failure: one sentence with expected and found
	Spans   []string      // names of the spans the rule is about
	Explain []string      // for a failure: lines of a small tree, nearest candidate first
	Note    string        // for a pass with a relaxation, for example "2 UNSET spans accepted as OK"
}

// Result is what judging one expectation table against one set of spans gave.
// A Result without checks is not a pass: nothing was judged.
type Result struct {
	Checks  []Check
	Spans   int      // spans judged
	Sources []string // where they came from, for example "otlp shop"
}

// Judged is the number of rules that were judged.
func (r Result) Judged() int { return len(r.Checks) }

// Failures returns the checks that did not hold, in the order of judging: span,
// graph, counts, window, order, status, hermeticity (semantics 2.9).
func (r Result) Failures() []Check {
	var out []Check
	for _, c := range r.Checks {
		if !c.OK {
			out = append(out, c)
		}
	}
	return out
}
