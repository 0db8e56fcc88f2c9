package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
)

var _ runner.Fetcher = (*session)(nil)

// Fetch implements runner.Fetcher for what is below the directory of a service.
// What is elsewhere on the machine may be from another time, and is refused. The
// paths that keep gets, and those in messages, begin at that directory.
func (s *session) Fetch(ctx context.Context, service, pattern string, keep func(string) io.Writer) (runner.Fetched, error) {
	i := slices.IndexFunc(s.nodes, func(n *node) bool { return n.svc.Name == service })
	if i < 0 {
		return runner.Fetched{}, fmt.Errorf("there is no service %q in this scenario", service)
	}
	if filepath.IsAbs(pattern) {
		return runner.Fetched{}, fmt.Errorf("%s is a file of this machine, maybe of another time; locally a path begins in the working directory of the service", pattern)
	}
	dir := s.nodes[i].dir
	short := func(text string) string { return strings.ReplaceAll(text, dir+"/", "/") }
	got, err := shared.Fetch(ctx, s.nodes[i].await, pattern, func(path string) io.Writer { return keep(short(path)) })
	for i := range got.Missing {
		got.Missing[i] = short(got.Missing[i])
	}
	if err != nil {
		err = errors.New(short(err.Error()))
	}
	return got, err
}
