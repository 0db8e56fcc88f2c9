package engine

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/local"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// A local run has no images, so no default image can be another one since.
func TestLocalRunIsNotStaleForWantOfAnImage(t *testing.T) {
	h := watching(t, &runnertest.Backend{}, nil)
	f := &spec.File{RunHash: "h"}
	for backend, stale := range map[string]bool{local.Name: false, "docker": true} {
		rec := &store.Record{RunHash: "h", Evidence: runner.Evidence{Backend: backend, Containers: []runner.Container{{Service: "default", Image: "this machine"}}}}
		if why := h.staleReason(&entry{sound: true}, f, rec); (why != "") != stale {
			t.Errorf("%s: stale because %q", backend, why)
		}
	}
}
