package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
)

// goneWithin bounds how long the daemon may take to remove something.
const goneWithin = 20 * time.Second

// remover is the part of the API that finds and removes.
type remover interface {
	ContainerList(context.Context, client.ContainerListOptions) (client.ContainerListResult, error)
	ContainerInspect(context.Context, string, client.ContainerInspectOptions) (client.ContainerInspectResult, error)
	ContainerRemove(context.Context, string, client.ContainerRemoveOptions) (client.ContainerRemoveResult, error)
	NetworkList(context.Context, client.NetworkListOptions) (client.NetworkListResult, error)
	NetworkRemove(context.Context, string, client.NetworkRemoveOptions) (client.NetworkRemoveResult, error)
}

// found is what has a label: the ids of containers and of networks.
type found struct{ containers, networks []string }

func (f found) len() int { return len(f.containers) + len(f.networks) }

// find lists every container and network that has the label with that value, or
// any value when it is empty, and for which keep says false. What was found
// before a failure is returned with it.
func find(ctx context.Context, api remover, label, value string, keep func(labels map[string]string) bool) (f found, err error) {
	if value != "" {
		label += "=" + value
	}
	filters := make(client.Filters).Add("label", label)
	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return f, fmt.Errorf("list containers: %w", err)
	}
	for _, c := range containers.Items {
		if keep == nil || !keep(c.Labels) {
			f.containers = append(f.containers, c.ID)
		}
	}
	networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	if err != nil {
		return f, fmt.Errorf("list networks: %w", err)
	}
	for _, n := range networks.Items {
		if keep == nil || !keep(n.Labels) {
			f.networks = append(f.networks, n.ID)
		}
	}
	return f, nil
}

// sweep removes what find finds and returns what it was.
func sweep(ctx context.Context, api remover, label, value string, keep func(labels map[string]string) bool) (found, error) {
	f, err := find(ctx, api, label, value, keep)
	return f, errors.Join(err, f.remove(ctx, api))
}

// remove removes what was found, containers before the networks that they are in.
func (f found) remove(ctx context.Context, api remover) error {
	var errs []error
	for _, id := range f.containers {
		errs = append(errs, removeContainer(ctx, api, id))
	}
	for _, id := range f.networks {
		errs = append(errs, removeNetwork(ctx, api, id))
	}
	return errors.Join(errs...)
}

// without leaves out what is known.
func (f *found) without(known map[string]bool) {
	is := func(id string) bool { return known[id] }
	f.containers = slices.DeleteFunc(f.containers, is)
	f.networks = slices.DeleteFunc(f.networks, is)
}

// removeContainer kills and removes a container and returns when it is gone,
// whoever removed it.
func removeContainer(ctx context.Context, api remover, id string) error {
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	_, err := api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	// The daemon may be at it already, because the container ended: wait.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		switch _, e := api.ContainerInspect(ctx, id, client.ContainerInspectOptions{}); {
		case errdefs.IsNotFound(e):
			return nil
		case client.IsErrConnectionFailed(e):
			return fmt.Errorf("remove container %.12s: %w", id, e) // there is no daemon to wait for
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("remove container %.12s: %w", id, err)
		}
	}
}

// removeNetwork removes a network.
func removeNetwork(ctx context.Context, api remover, id string) error {
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	if _, err := api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove network %.12s: %w", id, err)
	}
	return nil
}

// Swept counts containers and networks that processes which have since ended
// left behind.
type Swept struct{ Containers, Networks int }

// Sweep removes the containers and networks that processes which have since
// ended left behind, and returns how many. It never touches what belongs to a
// process that runs, nor what belongs to one that cannot be seen from here.
func (b *Backend) Sweep(ctx context.Context) (Swept, error) { return b.orphans(ctx, sweep) }

// Leftovers counts what Sweep would remove.
func (b *Backend) Leftovers(ctx context.Context) (Swept, error) { return b.orphans(ctx, find) }

// orphans does something with what has no living owner.
func (b *Backend) orphans(ctx context.Context, do func(context.Context, remover, string, string, func(map[string]string) bool) (found, error)) (Swept, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return Swept{}, err
	}
	f, err := do(ctx, c.api, labelProcess, "", func(labels map[string]string) bool {
		process, ok := owner.Parse(labels[labelProcess])
		return !ok || !process.Dead(c.me)
	})
	return Swept{len(f.containers), len(f.networks)}, err
}
