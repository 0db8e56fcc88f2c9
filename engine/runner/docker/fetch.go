package docker

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seanchatmangpt/clnrm-tui/engine/artifact"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

var _ runner.Fetcher = (*session)(nil)

// Fetch implements runner.Fetcher over the agent's stream.
func (s *session) Fetch(ctx context.Context, service, pattern string, keep func(string) io.Writer) (runner.Fetched, error) {
	n := s.node(service)
	if n == nil {
		return runner.Fetched{}, fmt.Errorf("there is no service %q in this scenario", service)
	}
	var to io.Writer = io.Discard
	var failed error
	r, err := n.client.Fetch(ctx, wire.Fetch{Pattern: pattern, MaxFiles: artifact.MaxFiles, MaxBytes: artifact.MaxBytes},
		func(f wire.File) { to = keep(f.Path) },
		func(p []byte) {
			if _, werr := to.Write(p); werr != nil {
				failed, to = errors.Join(failed, werr), io.Discard
			}
		})
	if err != nil {
		return runner.Fetched{Files: r.Files}, n.lost(err)
	}
	if r.Problem != "" {
		return runner.Fetched{Files: r.Files}, errors.New(r.Problem)
	}
	out := runner.Fetched{Files: r.Files, Missing: r.Skipped}
	if rest := r.SkippedFiles - len(r.Skipped); rest > 0 {
		out.Missing = append(out.Missing, fmt.Sprintf("and %d more", rest))
	}
	return out, failed
}
