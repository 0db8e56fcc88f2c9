package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	moby "github.com/moby/moby/client"
)

// deliver copies the agent at path on this machine into a container. It is not
// compressed: that takes longer than it saves on the way to any daemon.
func (c *connection) deliver(ctx context.Context, id, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := tar.Header{Name: strings.TrimPrefix(agentPath, "/"), Mode: 0o755, Size: int64(len(text))}
	if err := w.WriteHeader(&header); err != nil {
		return fmt.Errorf("pack it: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("pack it: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("pack it: %w", err)
	}
	_, err = c.api.CopyToContainer(ctx, id, moby.CopyToContainerOptions{DestinationPath: "/", Content: &archive})
	return err
}
