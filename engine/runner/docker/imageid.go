package docker

import (
	"context"

	"github.com/containerd/errdefs"

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
