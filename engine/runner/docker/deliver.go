package docker

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	moby "github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
)

// witnessPath is where the witness is in a container.
const witnessPath = agentPath + "-witness"

// create creates the container with the agent in it. Where the daemon does not
// see our files, which a bind mount finds out because it insists on its source,
// the agent is copied.
func (c *connection) create(ctx context.Context, agent string, request func(bind bool) testcontainers.ContainerRequest) (testcontainers.Container, error) {
	c.mu.Lock()
	copies := c.copies
	c.mu.Unlock()
	if !copies {
		ctr, err := c.provider.CreateContainer(ctx, request(true))
		if err == nil {
			err = c.agentSeen(ctx, ctr.GetContainerID())
		}
		if err == nil || !unseen(err) {
			return ctr, err
		}
		c.mu.Lock()
		c.copies = true
		c.mu.Unlock()
	}
	ctr, err := c.provider.CreateContainer(ctx, request(false))
	if err != nil {
		return nil, err
	}
	if err := c.copyAgent(ctx, ctr.GetContainerID(), agent); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the agent into the container: %w", err), removeContainer(ctx, c.api, ctr.GetContainerID()))
	}
	return ctr, nil
}

// copyAgent copies the agent into a container that was not started. It is packed
// once: the way to the daemon may be long, and packing it takes a while.
func (c *connection) copyAgent(ctx context.Context, id, agent string) error {
	c.packing.Lock()
	if c.packed == nil {
		packed, err := pack(agent)
		if err != nil {
			c.packing.Unlock()
			return err
		}
		c.packed = packed
	}
	c.packing.Unlock()
	_, err := c.api.CopyToContainer(ctx, id, moby.CopyToContainerOptions{DestinationPath: "/", Content: bytes.NewReader(c.packed)})
	return err
}

// pack makes an archive that puts the agent where it belongs.
func pack(agent string) ([]byte, error) {
	text, err := os.ReadFile(agent)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	t := tar.NewWriter(z)
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(agentPath, "/"), Mode: 0o755, Size: int64(len(text)), ModTime: time.Unix(0, 0)}); err != nil {
		return nil, err
	}
	if _, err := t.Write(text); err != nil {
		return nil, err
	}
	err = errors.Join(t.Close(), z.Close())
	return b.Bytes(), err
}

// witnessFile is in the witness: a daemon that makes directories where it finds
// none does not make that.
const witnessFile = "seen"

// witness makes a directory whose name nobody else has. A daemon that can mount it sees
// the files of this machine; one that cannot might mount another machine's
// directories of the same names as the volumes of a test.
func (c *connection) witness() (string, error) {
	path := filepath.Join(c.agents.CacheDir, "witness-"+owner.Token())
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(filepath.Join(path, witnessFile), nil, 0o644)
}

// unseen reports whether a container could not be created because the daemon does
// not see a file of this machine.
func unseen(err error) bool {
	text := err.Error()
	return strings.Contains(text, "bind source path does not exist") || // Docker
		strings.Contains(text, "statfs ") && strings.Contains(text, "no such file or directory") || // Podman
		strings.Contains(text, "making volume mountpoint") || // Podman of a user who may not look there
		errors.Is(err, errUnseen)
}
