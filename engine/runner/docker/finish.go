package docker

import (
	"context"
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
		if death := n.await.Death(); death != "" {
			t.Died = append(t.Died, runner.Death{Service: n.svc.Name, How: death, Log: n.await.Log.String()})
		}
	}
	for _, n := range slices.Backward(s.nodes) {
		details = append(details, s.finishNode(ctx, n, grace, &t)...)
	}
	t.Detail = strings.Join(details, "; ")
	return t, ctx.Err()
}

// finishNode ends what runs in the container of n and adds its account to t.
func (s *session) finishNode(ctx context.Context, n *node, grace time.Duration, t *runner.Telemetry) []string {
	fctx, cancel := context.WithTimeout(ctx, grace+drainWait)
	defer cancel()
	f, err := n.client.Finish(fctx, grace)
	if err != nil {
		t.Complete = false
		return []string{n.lost(err).Error()}
	}
	return t.Account(n.svc.Name, f, n.client.Received(), grace)
}
