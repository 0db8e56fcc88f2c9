package runner_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// holding is a backend whose containers hold files.
type holding struct {
	*runnertest.Backend
	files map[string]string // by SERVICE:PATH
	skips []string
	err   error
}

type holdingSession struct {
	runner.Session
	b *holding
}

func (b *holding) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s, err := b.Backend.Open(ctx, r, out)
	return holdingSession{s, b}, err
}

func (s holdingSession) Fetch(_ context.Context, service, pattern string, keep func(string) io.Writer) (runner.Fetched, error) {
	if s.b.err != nil {
		return runner.Fetched{}, s.b.err
	}
	text, ok := s.b.files[service+":"+pattern]
	if !ok {
		return runner.Fetched{}, errors.New("there is no " + pattern)
	}
	if _, err := io.WriteString(keep(pattern), text); err != nil {
		return runner.Fetched{}, err
	}
	return runner.Fetched{Files: 1, Missing: s.b.skips}, nil
}

func TestFilesThatAScenarioCollects(t *testing.T) {
	files := map[string]string{"app:/out/a": "AAA", "app:/srv/rel": "R", "db:/out/a": "DB"}
	tests := []struct {
		name    string
		backend runner.Backend
		collect []string
		want    string // what the observer heard
		failed  string
	}{
		{"a path", &holding{files: files}, []string{"files:/out/a"}, "keep app /out/a, AAA, shut", ""},
		{"in the working directory", &holding{files: files}, []string{"files:rel"}, "keep app /srv/rel, R, shut", ""},
		{"of another service", &holding{files: files}, []string{"files:db:/out/a"}, "keep db /out/a, DB, shut", ""},
		{"none", &holding{files: files}, []string{"spans:default", "logs:all"}, "", ""},
		{"not there", &holding{files: files}, []string{"files:/nowhere", "files:/out/a"}, "missing files:/nowhere: there is no /nowhere, keep app /out/a, AAA, shut",
			"artifacts.collect[files:/nowhere]: not everything could be copied: there is no /nowhere"},
		{"not whole", &holding{files: files, skips: []string{"/out/a/pipe: it is no ordinary file"}}, []string{"files:/out/a"},
			"keep app /out/a, AAA, shut, missing files:/out/a: /out/a/pipe: it is no ordinary file",
			"artifacts.collect[files:/out/a]: not everything could be copied: /out/a/pipe: it is no ordinary file"},
		{"a backend that cannot", &runnertest.Backend{}, []string{"files:/out/a"}, "missing files:/out/a: the backend does not copy files out",
			"artifacts.collect[files:/out/a]: not everything could be copied: the backend does not copy files out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := job(step("x"))
			j.File.Services = append(j.File.Services, &spec.Service{Name: "db"})
			j.File.Services[0].DependsOn, j.File.Services[0].Workdir = []string{"db"}, "/srv"
			j.Scenario.Artifacts = tt.collect
			if h, ok := tt.backend.(*holding); ok {
				h.Backend = &runnertest.Backend{}
			}
			o, w := carryOutOn(t.Context(), tt.backend, j)
			heard := slices.DeleteFunc(w.facts, func(f string) bool {
				return strings.HasPrefix(f, "queued") || strings.Contains(f, "start") || strings.HasPrefix(f, "step")
			})
			if got := strings.Join(heard, ", "); got != tt.want {
				t.Errorf("heard %s\nwant  %s", got, tt.want)
			}
			if got := strings.Join(failures(o), "; "); got != tt.failed || o.Err != nil {
				t.Errorf("failures %s, %v\nwant %s", got, o.Err, tt.failed)
			}
		})
	}
}

func TestFilesOfAScenarioThatRanOutOfTimeAreCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the time runs out when all wait, not before
		b := &holding{Backend: &runnertest.Backend{Steps: map[string]runnertest.Step{"hang": {Hang: true}}}, files: map[string]string{"app:/core": "dump"}}
		j := job(step("hang"))
		j.Scenario.Artifacts, j.Scenario.Timeout = []string{"files:/core"}, time.Millisecond
		o, w := carryOutOn(t.Context(), b, j)
		if got := strings.Join(failures(o), "; "); !strings.HasPrefix(got, "scenario.timeout") || !slices.Contains(w.facts, "keep app /core") {
			t.Errorf("%s; heard %v", got, w.facts)
		}
	})
}
