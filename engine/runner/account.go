package runner

import (
	"fmt"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// Account adds what the agent of a service says at its end, and returns in words
// what was lost. received is how many of its trace requests have arrived, grace
// how long its processes had to end.
func (t *Telemetry) Account(service string, f wire.Finished, received int64, grace time.Duration) (details []string) {
	note := func(format string, args ...any) {
		details = append(details, "service "+service+": "+fmt.Sprintf(format, args...))
	}
	t.Requests += f.Traces
	t.Rejected += f.Rejected
	t.Spans += f.Spans
	t.Invalid += f.Invalid
	t.Over += f.Over
	t.Metrics += f.Metrics
	t.Logs += f.Logs
	if f.Rejected > 0 {
		note("%d requests were refused", f.Rejected)
	}
	if f.Invalid > 0 {
		note("%d spans without valid ids were refused", f.Invalid)
	}
	if len(f.Reasons) > 0 {
		note("why, at first: %s", strings.Join(f.Reasons, "; "))
	}
	if f.Over > 0 {
		note("%d spans were refused, more than %d in all", f.Over, wire.MaxSpans)
	}
	if lost := f.Traces - received; lost > 0 {
		t.Dropped += lost
		note("%d accepted requests did not arrive", lost)
	}
	if f.InFlight > 0 {
		t.Complete, t.Unseen = false, true
		note("%d requests were still under way at the end", f.InFlight)
	}
	if len(f.Killed) > 0 {
		t.Complete = false
		t.Cut = append(t.Cut, fmt.Sprintf("service %s did not end within %s of TERM and was killed", service, grace))
	}
	return details
}
