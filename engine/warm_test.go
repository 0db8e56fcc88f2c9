package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// warmBackend notes for which scenarios containers are wanted ahead.
type warmBackend struct {
	*runnertest.Backend
	asked chan string
}

// KeepWarm implements warmer.
func (b *warmBackend) KeepWarm(_ context.Context, want []runner.Request, most int) error {
	var names []string
	for _, r := range want {
		names = append(names, r.Scenario.Name)
	}
	b.asked <- fmt.Sprintf("%s of %d", strings.Join(names, " "), most)
	return nil
}

// until waits until that was asked for.
func (b *warmBackend) until(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(patience)
	for got := ""; got != want; {
		select {
		case got = <-b.asked:
		case <-deadline:
			t.Fatalf("waited in vain for %q, the last was %q", want, got)
		}
	}
}

func TestContainersAreWantedAheadForWhatIsLookedAtAndWhatFailed(t *testing.T) {
	b := &warmBackend{Backend: &runnertest.Backend{Steps: map[string]runnertest.Step{"b": {Exit: runner.Exit{Code: 1}}}}, asked: make(chan string, 1000)}
	h := &harness{t: t, dir: t.TempDir(), backend: b.Backend, options: func(o *Options) {
		o.Warm, o.Containers = 2, 7
		o.backend = func() (runner.Backend, error) { return b, nil }
	}}
	h.write(file, several("a", "b", "c"))
	h.open()
	h.Probe()
	h.Expect(ScenarioID{Path: file, Name: "c"})
	b.until(t, " of 7") // none has run: who knows whether its images are here
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	b.until(t, "c b of 7")
	h.Expect(ScenarioID{Path: file, Name: "b"})
	b.until(t, "b of 7")
	h.Expect(ScenarioID{Path: file, Name: "a"})
	b.until(t, "a b of 7")
	h.write(file, "[meta\n")
	b.until(t, " of 7") // what does not load does not run
}
