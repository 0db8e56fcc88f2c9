package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

const (
	// pullAnswer bounds how long a registry may take to answer at all.
	pullAnswer = 15 * time.Second
	// pullStall bounds the time in which a pull does not move.
	pullStall = 60 * time.Second
	// pullMoves is how much of a layer has to arrive, in bytes, to count as a
	// movement: a registry that trickles is as good as one that is silent.
	pullMoves = 64 << 10
)

// Layer is how far one layer of an image has come, in the daemon's words.
type Layer struct {
	ID      string // empty for what concerns the image as a whole
	Status  string // "Downloading", "Extracting", …
	Current int64  // bytes
	Total   int64  // bytes; 0 when unknown
}

// String is a layer in words: "3f2a Downloading 12/40 kB".
func (l Layer) String() string {
	text := strings.TrimSpace(l.ID + " " + l.Status)
	if l.Total > 0 {
		text += fmt.Sprintf(" %d/%d kB", l.Current/1000, l.Total/1000)
	}
	return text
}

// Pull gets an image that is not on the daemon, and reports each step of each of
// its layers. pulled is false when the image was there already. The error is an
// *UnavailableError.
func (im *Images) Pull(ctx context.Context, name string, each func(Layer)) (pulled bool, err error) {
	unlock, err := im.lock(ctx, "image "+name)
	if err != nil {
		return false, err
	}
	defer unlock()
	if _, err := im.inspect(ctx, name); !errdefs.IsNotFound(err) {
		return false, err
	}
	return true, im.fetch(ctx, name, each)
}

// fetch pulls an image and makes sure that it is there then.
func (im *Images) fetch(ctx context.Context, name string, each func(Layer)) error {
	err := im.pull(ctx, name, each)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		if _, err = im.inspect(ctx, name); !errdefs.IsNotFound(err) {
			return err
		}
		err = fmt.Errorf("the daemon said that it was pulled, and it is not there")
	}
	return &UnavailableError{
		What:   fmt.Sprintf("image %s is not on this machine and could not be pulled", name),
		Remedy: fmt.Sprintf("get it with `docker pull %s` or load it with `docker load`, or let the test build its image", name),
		Err:    err,
	}
}

// pull pulls an image. It gives up when the registry does not answer, and when
// nothing moves any more; a slow pull that moves may take its time.
func (im *Images) pull(ctx context.Context, name string, each func(Layer)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answer, stall := pullAnswer, pullStall
	if im.Stall > 0 {
		answer, stall = im.Stall, im.Stall
	}
	m := movement{seen: map[string]Layer{}}
	watchdog := time.AfterFunc(answer, func() {
		cancel(fmt.Errorf("no registry answered within %s", answer))
	})
	defer func() { watchdog.Stop() }()
	resp, err := im.API.ImagePull(ctx, name, client.ImagePullOptions{})
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Close()
	for msg, err := range resp.JSONMessages(ctx) {
		if err != nil {
			return cause(ctx, err)
		}
		if msg.Error != nil {
			return msg.Error
		}
		l := layerOf(msg)
		each(l)
		if m.moved(l) {
			watchdog.Stop()
			watchdog = time.AfterFunc(stall, func() {
				cancel(fmt.Errorf("nothing has moved for %s; the last was: %s", stall, l))
			})
		}
	}
	return cause(ctx, nil)
}

// layerOf reads a message of the daemon.
func layerOf(msg jsonstream.Message) Layer {
	l := Layer{ID: msg.ID, Status: msg.Status}
	if msg.Progress != nil {
		l.Current, l.Total = msg.Progress.Current, msg.Progress.Total
	}
	return l
}

// movement tells progress from noise.
type movement struct{ seen map[string]Layer }

// moved reports whether a layer has come on since it last had: to another state,
// or by enough bytes. That the daemon tries again is no movement.
func (m *movement) moved(l Layer) bool {
	if strings.HasPrefix(l.Status, "Retrying") || l.ID == "" && len(m.seen) > 0 {
		return false
	}
	last, known := m.seen[l.ID]
	if known && last.Status == l.Status && l.Current < last.Current+pullMoves {
		return false
	}
	m.seen[l.ID] = l
	return true
}

// cause prefers why ctx ended to the error that followed from it.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}
