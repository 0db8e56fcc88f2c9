package expect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Options is what a judgement depends on beside expectations and spans.
type Options struct {
	// InternalHosts are the hosts that belong to the test: names of its
	// services, addresses, or networks like 172.18.0.0/16. Loopback always does.
	InternalHosts []string
	// Looked says where spans were looked for, for the message that there are
	// none.
	Looked []string
}

// Judge evaluates every expectation of e against set, completely and in the
// order of the package comment. A nil e gives a Result without checks.
func Judge(e *spec.Expect, set *trace.Set, o Options) Result {
	res := Result{Spans: set.Len(), Sources: sources(set)}
	if e == nil {
		return res
	}
	j := &judge{set: set, opts: o, patterns: map[string]*pattern{}}
	if e.Status != nil {
		j.strict = e.Status.Strict
	}
	for _, s := range e.Spans {
		j.span(s)
	}
	j.graph(e.Graph)
	j.counts(e.Counts)
	for i, w := range e.Windows {
		j.window(i, w)
	}
	j.order(e.Order)
	j.status(e.Status)
	j.hermeticity(e.Hermeticity)
	j.extra(e)
	switch {
	case len(j.checks) == 0:
	case set.Len() == 0:
		j.nothingCollected()
	default:
		j.duplicates(e.Pos)
	}
	res.Checks = j.checks
	return res
}

// judge is one judgement under way.
type judge struct {
	set      *trace.Set
	opts     Options
	strict   bool // UNSET does not satisfy OK
	patterns map[string]*pattern
	checks   []Check
	skewed   *skew // nil until asked
}

func (j *judge) add(c Check) { j.checks = append(j.checks, c) }

// nothingCollected replaces whatever the rules said about the empty set: the
// first one fails, no other one was judged.
func (j *judge) nothingCollected() {
	for i := range j.checks {
		c := &j.checks[i]
		*c = Check{Rule: c.Rule, Pos: c.Pos, Spans: c.Spans, Unjudged: true, Message: "not judged: no spans collected"}
	}
	first := &j.checks[0]
	first.Unjudged = false
	first.Message = "no spans collected"
	if len(j.opts.Looked) > 0 {
		first.Message += "; looked at " + strings.Join(j.opts.Looked, ", ")
		first.Explain = []string{"looked at"}
		for _, place := range j.opts.Looked {
			first.Explain = append(first.Explain, "  "+place+": no spans")
		}
	}
}

// duplicates fails the judgement when two different spans claim the same ids:
// then it is not known what was judged.
func (j *judge) duplicates(pos diag.Position) {
	for _, p := range j.set.Problems() {
		if p.Code == trace.ConflictingDuplicate {
			j.add(Check{Rule: "trace.duplicates", Pos: pos, Spans: p.Spans, Explain: p.Examples,
				Message: fmt.Sprintf("expected every span id once, found %s with the ids of another one", count(p.Count, "span"))})
		}
	}
}

// sources lists the channels of a set, each once.
func sources(set *trace.Set) []string {
	var out []string
	for _, s := range set.Sources() {
		if t := s.String(); t != "" {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// maxListed is how many offenders a message or an explanation lists.
const maxListed = 5

// count phrases n things: "1 span", "3 spans".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// listed joins the first few items and says how many are left out.
func listed(items []string) string {
	if len(items) <= maxListed {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:maxListed], ", "), len(items)-maxListed)
}

// at returns pos, or the wider position when pos is not known.
func at(pos, wider diag.Position) diag.Position {
	if pos == (diag.Position{}) {
		return wider
	}
	return pos
}
