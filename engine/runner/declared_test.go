package runner_test

import (
	"context"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestOutputPatternsAreSearchedInWhatAllStepsPrint(t *testing.T) {
	j := job(step("one"), step("two"))
	at := spec.Pos{File: "a.clnrm.toml", Line: 9, Column: 1}
	j.Scenario.Outputs = []spec.OutputExpect{{Pattern: `^first`}, {Pattern: `(?s)first.*second$`}, {Pattern: "absent", Pos: at}, {Pattern: "only in stderr"}}
	b := &runnertest.Backend{Steps: map[string]runnertest.Step{
		"one": {Stdout: "\nfirst\n", Stderr: "only in stderr"}, "two": {Stdout: "second\n"},
	}}
	out, _ := carryOut(t.Context(), b, j)
	got := strings.Join(failures(out), "; ")
	want := `expect.output[2]: stdout of the scenario does not match "absent"; expect.output[3]: stdout of the scenario does not match "only in stderr"`
	if got != want {
		t.Errorf("failures %s\nwant     %s", got, want)
	}
	for _, c := range out.Checks {
		if c.Rule == "expect.output[2]" && (c.Pos != at || len(c.Explain) != 2) {
			t.Errorf("%+v", c)
		}
	}
	if len(out.Checks) != 6 {
		t.Errorf("%d checks, want one per step and one per pattern", len(out.Checks))
	}
}

func TestExportersThatNothingReceivesAreRefused(t *testing.T) {
	for _, name := range []string{"jaeger", "Zipkin", "datadog", "newrelic"} {
		j := job(step("x"))
		j.File.Otel = &spec.Otel{Exporter: name, ExporterPos: spec.Pos{File: "a.clnrm.toml", Line: 3, Column: 12}}
		b := &runnertest.Backend{}
		out, _ := carryOut(t.Context(), b, j)
		if out.Err == nil || !strings.HasPrefix(out.Err.Error(), "a.clnrm.toml:3:12: ") || out.Commands() != 0 {
			t.Errorf("%s: %v, %d commands executed", name, out.Err, out.Commands())
		}
		if _, most := b.Containers(); most != 0 {
			t.Errorf("%s: %d containers were started", name, most)
		}
	}
	j := job(step("x"))
	j.File.Otel = &spec.Otel{Exporter: "otlp"}
	if out, _ := carryOut(t.Context(), &runnertest.Backend{}, j); out.Err != nil || out.Commands() != 1 {
		t.Errorf("otlp: %v", out.Err)
	}
}

// limitsOf records the limits that a backend is asked for.
type limitsOf struct {
	*runnertest.Backend
	got spec.Limits
}

func (b *limitsOf) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	b.got = r.Limits
	return b.Backend.Open(ctx, r, out)
}

func TestPolicyNarrowsTheLimitsOfItsScenario(t *testing.T) {
	j := job(step("x"))
	j.File.Limits = spec.Limits{MemoryMB: 512, CPUMillicores: 100}
	j.Scenario.Policy = &spec.Policy{MaxMemoryMB: 64}
	b := &limitsOf{Backend: &runnertest.Backend{}}
	s := runner.NewScheduler(b, 1, containers(4))
	s.Submit(t.Context(), j, &watcher{}, func(*runner.Outcome) {}, func() {})
	s.Wait()
	if b.got.MemoryMB != 64 || b.got.CPUMillicores != 100 {
		t.Errorf("%+v", b.got)
	}
}
