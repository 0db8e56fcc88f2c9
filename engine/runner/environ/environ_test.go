package environ

import (
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestEnvironmentHasWhatTheTestSetsLast(t *testing.T) {
	seed := uint64(7)
	f := &spec.File{
		Otel:        &spec.Otel{Protocol: "grpc", Resources: []spec.EnvVar{{Name: "a", Value: "1,2"}, {Name: "b", Value: "%"}}},
		Determinism: spec.Determinism{Seed: &seed, FreezeClock: "2025-06-01T12:00:00+02:00"},
	}
	s := &spec.Service{Name: "web", Env: []spec.EnvVar{{Name: "OTEL_BSP_SCHEDULE_DELAY", Value: "9"}}}
	e, err := Base(f, s, []string{"PATH=/x", "LANG=de", "EMPTY="}, Receiver{GRPC: "127.0.0.1:4317"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PATH=/x", "HOSTNAME=web", "TZ=UTC", "LANG=de",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_BSP_SCHEDULE_DELAY=9",
		"OTEL_RESOURCE_ATTRIBUTES=a=1%2C2,b=%25",
		"CLNRM_FREEZE_CLOCK=2025-06-01T12:00:00+02:00", "SOURCE_DATE_EPOCH=1748772000", "CLNRM_SEED=7", "EMPTY=",
	}
	if got := e.List(); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	step := e.With([]spec.EnvVar{{Name: "TZ", Value: "CET"}})
	if step.values["TZ"] != "CET" || e.values["TZ"] != "UTC" {
		t.Error("the environment of a step and of its service are one")
	}
	if _, err := Base(&spec.File{Determinism: spec.Determinism{FreezeClock: "noon"}}, s, nil, Receiver{}); err == nil {
		t.Error("a clock that is no time is taken")
	}
}

func TestHostNamesAreValid(t *testing.T) {
	for name, want := range map[string]string{"web": "web", "test_service": "test-service", "_a_": "a", "ü": "service", strings.Repeat("x", 70): strings.Repeat("x", 63)} {
		if got := Hostname(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
