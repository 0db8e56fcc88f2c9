package docker

import (
	"testing"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// TestContainerThatDoesNotEndIsKilled has an agent that cannot see the end of its
// stream.
func TestContainerThatDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	id := s.Evidence().Containers[0].ID
	if _, err := api.ContainerPause(t.Context(), id, client.ContainerPauseOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{}); !errdefs.IsNotFound(err) {
		t.Errorf("the container is there after the end of its session: %v", err)
	}
}

// TestContainerIsGoneAtTheEndOfItsSession: not a moment later.
func TestContainerIsGoneAtTheEndOfItsSession(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box", Args: []string{"sleep", "1000"}}), &record{})
	id := s.Evidence().Containers[0].ID
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := api.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{}); !errdefs.IsNotFound(err) {
		t.Errorf("the container is there after the end of its session: %v", err)
	}
}

// TestWhatAFailedRequestMayHaveMadeIsLookedFor stands for a creation whose answer
// did not come.
func TestWhatAFailedRequestMayHaveMadeIsLookedFor(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	b := newBackend(t)
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{}).(*session)
	made, err := api.ContainerCreate(t.Context(), client.ContainerCreateOptions{
		Config: &container.Config{Image: s.nodes[0].image.ID, Cmd: []string{"true"}, Labels: s.labels("other")},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.suspect()
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := api.ContainerInspect(t.Context(), made.ID, client.ContainerInspectOptions{}); !errdefs.IsNotFound(err) {
		t.Errorf("the container is there after the end of its session: %v", err)
	}
}
