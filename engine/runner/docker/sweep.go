package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// goneWithin bounds how long the daemon may take to remove something.
const goneWithin = 20 * time.Second

// sweep removes every container and network that has the label with that value,
// or any value when it is empty, and for which keep says false. It returns how
// many it removed.
func sweep(ctx context.Context, api *client.Client, label, value string, keep func(labels map[string]string) bool) (removed int, err error) {
	if value != "" {
		label += "=" + value
	}
	filters := make(client.Filters).Add("label", label)
	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return 0, fmt.Errorf("list containers: %w", err)
	}
	var errs []error
	for _, c := range containers.Items {
		if keep != nil && keep(c.Labels) {
			continue
		}
		removed++
		errs = append(errs, removeContainer(ctx, api, c.ID))
	}
	networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	if err != nil {
		return removed, errors.Join(append(errs, fmt.Errorf("list networks: %w", err))...)
	}
	for _, n := range networks.Items {
		if keep != nil && keep(n.Labels) {
			continue
		}
		removed++
		errs = append(errs, removeNetwork(ctx, api, n.ID))
	}
	return removed, errors.Join(errs...)
}

// removeContainer kills and removes a container and returns when it is gone,
// whoever removed it.
func removeContainer(ctx context.Context, api *client.Client, id string) error {
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
		if _, e := api.ContainerInspect(ctx, id, client.ContainerInspectOptions{}); errdefs.IsNotFound(e) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("remove container %.12s: %w", id, err)
		}
	}
}

// removeNetwork removes a network.
func removeNetwork(ctx context.Context, api *client.Client, id string) error {
	ctx, cancel := context.WithTimeout(ctx, goneWithin)
	defer cancel()
	if _, err := api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove network %.12s: %w", id, err)
	}
	return nil
}

// Sweep removes the containers and networks that processes which have since
// ended left behind, and returns how many. It never touches what belongs to a
// process that runs, nor what belongs to one that cannot be seen from here.
func (b *Backend) Sweep(ctx context.Context) (int, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return 0, err
	}
	return sweep(ctx, c.api, labelProcess, "", func(labels map[string]string) bool {
		owner, ok := parseIdentity(labels[labelProcess])
		return !ok || !owner.dead(c.me)
	})
}
