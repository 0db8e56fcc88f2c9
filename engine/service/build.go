package service

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

// Label marks the images that this package made; its value is how.
const Label = "io.clnrm.image"

// logKept is how much of the end of a build's output an error carries, in bytes.
const logKept = 8 << 10

// build returns the image of a build context, built unless one of the same
// content is there.
func (im *Images) build(ctx context.Context, dir, dockerfile string, progress func(string)) (Image, error) {
	if dockerfile == "" {
		dockerfile = "Dockerfile"
	}
	inputs, print := im.contextInputs(dir, dockerfile)
	files, err := contextFiles(dir, dockerfile)
	if err != nil {
		return Image{}, &BuildError{What: "the build context cannot be read", Err: err}
	}
	key, err := im.contextKey(dir, dockerfile, files)
	if err != nil {
		return Image{}, &BuildError{What: "the build context cannot be read", Err: err}
	}
	tag := "clnrm-build:" + key[:24]
	unlock, err := im.lock(ctx, tag)
	if err != nil {
		return Image{}, err
	}
	defer unlock()
	img, err := im.inspect(ctx, tag)
	if errdefs.IsNotFound(err) {
		progress("building " + filepath.Join(dir, dockerfile))
		if err := im.runBuild(ctx, dir, dockerfile, tag, files, progress); err != nil {
			return Image{}, err
		}
		im.retire(ctx, filepath.Join(dir, dockerfile), tag)
		img, err = im.inspect(ctx, tag)
	}
	if err != nil {
		return Image{}, err
	}
	img.Inputs, img.Fingerprint = inputs, print
	return img, nil
}

// contextInputs is the input that stands for a context, with its fingerprint from
// before the build: a file that changes during it is then seen to have changed.
func (im *Images) contextInputs(dir, dockerfile string) (inputs []string, print string) {
	inputs = []string{contextInput(dir, dockerfile)}
	return inputs, Fingerprint(inputs, func(path string) ([32]byte, bool) {
		info, err := os.Stat(path)
		if err != nil {
			return [32]byte{}, false
		}
		sum, err := im.digests.of(path, info)
		return sum, err == nil
	})
}

// runBuild has the daemon build a context.
func (im *Images) runBuild(ctx context.Context, dir, dockerfile, tag string, files []contextFile, progress func(string)) error {
	pr, pw := io.Pipe()
	defer pr.Close()
	go func() { pw.CloseWithError(writeContext(pw, dir, files)) }()
	resp, err := im.API.ImageBuild(ctx, pr, client.ImageBuildOptions{
		Tags:        []string{tag},
		Dockerfile:  filepath.ToSlash(dockerfile),
		Remove:      true,
		ForceRemove: true,
		Version:     build.BuilderV1, // the one that every engine has without a session
		Labels:      map[string]string{Label: "build"},
	})
	if err != nil {
		return buildFailure(ctx, err, "")
	}
	defer resp.Body.Close()
	var log tail
	messages := json.NewDecoder(resp.Body)
	for {
		var msg jsonstream.Message
		err := messages.Decode(&msg)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return buildFailure(ctx, err, log.String())
		}
		if msg.Error != nil {
			return buildFailure(ctx, msg.Error, log.String())
		}
		log.WriteString(msg.Stream)
		if line := strings.TrimSpace(msg.Stream); strings.HasPrefix(line, "Step ") {
			progress(line)
		}
	}
}

// buildFailure tells a machine that lacks the base image from a test whose
// Dockerfile does not build.
func buildFailure(ctx context.Context, err error, log string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := err.Error()
	for _, sign := range []string{"pull access denied", "no such host", "connection refused", "i/o timeout", "network is unreachable", "TLS handshake timeout", "Client.Timeout exceeded", "server misbehaving"} {
		if strings.Contains(text, sign) && !strings.Contains(text, "returned a non-zero code") {
			return &UnavailableError{
				What:   "the base image of the Dockerfile is not on this machine and could not be pulled",
				Remedy: "get it with `docker pull` or `docker load`, or build on an image that is there",
				Err:    err,
			}
		}
	}
	return &BuildError{What: "the image does not build", Log: log, Err: err}
}

// tail keeps the end of what is written to it.
type tail struct{ buf bytes.Buffer }

func (t *tail) WriteString(s string) {
	t.buf.WriteString(s)
	if over := t.buf.Len() - logKept; over > logKept {
		t.buf.Next(over)
	}
}

func (t *tail) String() string {
	b := t.buf.Bytes()
	return string(b[max(0, len(b)-logKept):])
}
