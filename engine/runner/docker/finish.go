package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// Finish implements runner.Session. Services end in the reverse of the order in
// which they were started, so that what they say at the end can still be said to
// those they depend on.
func (s *session) Finish(ctx context.Context, grace time.Duration) (runner.Telemetry, error) {
	t := runner.Telemetry{Complete: true}
	var details []string
	for _, n := range s.nodes {
		if death := n.death(); death != "" {
			t.Died = append(t.Died, runner.Death{Service: n.svc.Name, How: death, Log: n.log.String()})
		}
	}
	for _, n := range slices.Backward(s.nodes) {
		details = append(details, s.finishNode(ctx, n, grace, &t)...)
	}
	t.Detail = strings.Join(details, "; ")
	return t, ctx.Err()
}

// finishNode ends what runs in the container of n and adds its account to t.
func (s *session) finishNode(ctx context.Context, n *node, grace time.Duration, t *runner.Telemetry) (details []string) {
	fctx, cancel := context.WithTimeout(ctx, grace+drainWait)
	defer cancel()
	f, err := n.client.Finish(fctx, grace)
	if err != nil {
		t.Complete = false
		return []string{n.lost(err).Error()}
	}
	note := func(format string, args ...any) {
		details = append(details, "service "+n.svc.Name+": "+fmt.Sprintf(format, args...))
	}
	t.Requests += f.Traces
	t.Rejected += f.Rejected
	if f.Rejected > 0 {
		note("%d requests were refused (%s)", f.Rejected, strings.Join(f.Reasons, "; "))
	}
	if lost := f.Traces - n.client.Received(); lost > 0 {
		t.Dropped += lost
		note("%d accepted requests did not arrive", lost)
	}
	if f.InFlight > 0 {
		t.Complete = false
		note("%d requests were still under way at the end", f.InFlight)
	}
	if len(f.Killed) > 0 {
		t.Complete = false
		note("it did not end within %s of TERM and was killed; what it had not exported is lost", grace)
	}
	return details
}
