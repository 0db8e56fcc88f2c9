package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// metered is a backend whose sessions tell what they use.
type metered struct{ *runnertest.Backend }

type meteredSession struct {
	runner.Session
	began time.Time
	asked int
}

func (b metered) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s, err := b.Backend.Open(ctx, r, out)
	return &meteredSession{Session: s, began: time.Now()}, err
}

func (s *meteredSession) Consumption(context.Context) ([]runner.Consumption, error) {
	s.asked++
	if s.asked == 2 {
		return nil, errors.New("the engine is busy")
	}
	up := time.Since(s.began)
	return []runner.Consumption{{Service: "app", At: time.Now(), MemoryBytes: 5 << 20, LimitBytes: 64 << 20, CPU: up * 3 / 2}}, nil
}

func TestWhatContainersUseIsToldWhileTheyRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &runnertest.Backend{Steps: map[string]runnertest.Step{"hang": {Hang: true}}, Release: make(chan struct{})}
		go func() { time.Sleep(3500 * time.Millisecond); close(b.Release) }()
		_, w := carryOutOn(t.Context(), metered{b}, job(step("hang")))
		var told []string
		for _, f := range w.facts {
			if strings.HasPrefix(f, "uses") {
				told = append(told, f)
			}
		}
		if got := strings.Join(told, ", "); got != "uses [{app 5 64 -1}], uses [{app 5 64 150}]" {
			t.Errorf("%s: one measurement of three failed", got)
		}
	})
}
