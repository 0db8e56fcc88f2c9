package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

const (
	// pullAnswer bounds how long a registry may take to answer at all.
	pullAnswer = 15 * time.Second
	// pullStall bounds the time without any progress of a pull.
	pullStall = 60 * time.Second
)

// named returns an image by its name, and pulls it when it is not there.
func (im *Images) named(ctx context.Context, name string, progress func(string)) (Image, error) {
	img, err := im.inspect(ctx, name)
	if !errdefs.IsNotFound(err) {
		return img, err
	}
	unlock, err := im.lock(ctx, "image "+name)
	if err != nil {
		return Image{}, err
	}
	defer unlock()
	if img, err := im.inspect(ctx, name); !errdefs.IsNotFound(err) {
		return img, err // another scenario pulled it meanwhile
	}
	progress("pulling " + name)
	if err := im.pull(ctx, name, progress); err != nil {
		if ctx.Err() != nil {
			return Image{}, ctx.Err()
		}
		return Image{}, &UnavailableError{
			What:   fmt.Sprintf("image %s is not on this machine and could not be pulled", name),
			Remedy: fmt.Sprintf("get it with `docker pull %s` or load it with `docker load`, or let the test build its image", name),
			Err:    err,
		}
	}
	return im.inspect(ctx, name)
}

// inspect describes an image that is on the daemon.
func (im *Images) inspect(ctx context.Context, name string) (Image, error) {
	r, err := im.API.ImageInspect(ctx, name)
	if err != nil {
		return Image{}, fmt.Errorf("look for image %s: %w", name, err)
	}
	img := Image{Name: name, ID: r.ID}
	if c := r.Config; c != nil {
		img.Entrypoint, img.Cmd, img.Env = c.Entrypoint, c.Cmd, c.Env
		img.User, img.Workdir = c.User, c.WorkingDir
	}
	return img, nil
}

// pull pulls an image. It gives up when the registry does not answer, and when
// nothing moves any more; a slow pull that moves may take its time.
func (im *Images) pull(ctx context.Context, name string, progress func(string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(pullAnswer, func() {
		cancel(fmt.Errorf("no registry answered within %s", pullAnswer))
	})
	defer watchdog.Stop()
	resp, err := im.API.ImagePull(ctx, name, client.ImagePullOptions{})
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Close()
	last := time.Now()
	for msg, err := range resp.JSONMessages(ctx) {
		if err != nil {
			return cause(ctx, err)
		}
		if msg.Error != nil {
			return msg.Error
		}
		watchdog.Reset(pullStall)
		if text := strings.TrimSpace(msg.ID + " " + msg.Status); time.Since(last) > time.Second {
			last = time.Now()
			progress("pulling " + name + ": " + text)
		}
	}
	return nil
}

// cause prefers why ctx ended to the error that followed from it.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}
