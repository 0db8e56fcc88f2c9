package docker

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

var _ runner.ImageTeller = (*Backend)(nil)

// ImageID implements runner.ImageTeller.
func (b *Backend) ImageID(ctx context.Context, name string) (string, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return "", err
	}
	r, err := c.api.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	return r.ID, err
}

// ImagesChanged implements runner.ImageTeller: the daemon tells of each tag that
// is set, moved or removed.
func (b *Backend) ImagesChanged(ctx context.Context, changed func()) error {
	c, err := b.connect(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the stream
	changed()
	stream := c.api.Events(ctx, client.EventsListOptions{Filters: make(client.Filters).Add("type", string(events.ImageEventType))})
	changed() // for what happened before the stream began
	for {
		select {
		case <-stream.Messages:
			changed()
		case err := <-stream.Err:
			return fmt.Errorf("the events of the daemon: %w", err)
		}
	}
}
