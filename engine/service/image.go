package service

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
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
	last := time.Now()
	err = im.fetch(ctx, name, func(l Layer) {
		if time.Since(last) > time.Second {
			last = time.Now()
			progress("pulling " + name + ": " + l.String())
		}
	})
	if err != nil {
		return Image{}, err
	}
	return im.inspect(ctx, name)
}

// inspect describes an image that is on the daemon.
func (im *Images) inspect(ctx context.Context, name string) (Image, error) {
	r, err := im.API.ImageInspect(ctx, name)
	if err != nil {
		return Image{}, fmt.Errorf("look for image %s: %w", name, err)
	}
	img := Image{Name: name, ID: r.ID, Architecture: r.Architecture}
	if c := r.Config; c != nil {
		img.Entrypoint, img.Cmd, img.Env = c.Entrypoint, c.Cmd, c.Env
		img.User, img.Workdir, img.StopSignal = c.User, c.WorkingDir, c.StopSignal
	}
	return img, nil
}
