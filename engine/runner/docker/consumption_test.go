package docker

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestConsumptionIsWhatTheEngineMeasures(t *testing.T) {
	t.Parallel()
	be := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"})
	r.File.Limits.MemoryMB = 64
	s := open(t, be, r, &record{})
	const script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
	if e, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: []string{"sh", "-c", script}}); err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	got, err := s.(runner.Meter).Consumption(t.Context())
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	c := got[0]
	if c.Service != "box" || c.MemoryBytes <= 0 || c.MemoryBytes > 64<<20 || c.LimitBytes != 64<<20 || c.CPU <= 0 || c.At.IsZero() {
		t.Errorf("%+v", c)
	}
}
