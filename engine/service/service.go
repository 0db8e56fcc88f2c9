// Package service knows what the services of a test are made from.
//
// A service table comes in; an image that is on the daemon, and what to run
// from it, goes out: an image that is there already or can be pulled, one built
// from a Dockerfile, or one laid around a Go program. Images are keyed by the
// content they were made from and made once. The package starts no containers
// and knows nothing of scenarios, traces or verdicts.
package service

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// API is the part of the Docker client that images need.
type API interface {
	ImageInspect(ctx context.Context, image string, opts ...client.ImageInspectOption) (client.ImageInspectResult, error)
	ImagePull(ctx context.Context, ref string, opts client.ImagePullOptions) (client.ImagePullResponse, error)
	ImageBuild(ctx context.Context, buildContext io.Reader, opts client.ImageBuildOptions) (client.ImageBuildResult, error)
	ImageLoad(ctx context.Context, input io.Reader, opts ...client.ImageLoadOption) (client.ImageLoadResult, error)
	ImageRemove(ctx context.Context, image string, opts client.ImageRemoveOptions) (client.ImageRemoveResult, error)
}

// Image is what a service runs from.
type Image struct {
	Name       string // as the test names it, or the tag of what was built
	ID         string // sha256:…
	Entrypoint []string
	Cmd        []string
	Env        []string // NAME=value
	User       string
	Workdir    string
	// StopSignal is the signal that ends its process 1; "" means SIGTERM.
	StopSignal string
	// Architecture is the processor that its programs are for, as Go names it;
	// empty when the image does not say.
	Architecture string
	// Inputs are what the image was built from: files, and with a trailing slash
	// directories of Go files; empty when it was not built here. Fingerprint is
	// theirs.
	Inputs      []string
	Fingerprint string
	// Installed says that the image only brings a program along that steps
	// execute: there is nothing to start as the service's own process.
	Installed bool
}

// Command is the argv of the service's own process: the image's entrypoint
// followed by args, or by the image's own command when there are none. It is
// empty when there is nothing to start.
func (im Image) Command(args []string) []string {
	if im.Installed {
		return nil
	}
	if len(args) == 0 {
		args = im.Cmd
	}
	return append(append([]string(nil), im.Entrypoint...), args...)
}

// Images makes images on one daemon. It is safe for concurrent use: whoever
// needs what another is making waits for it.
type Images struct {
	API      API
	GOARCH   string // architecture of the daemon, as Go names it
	CacheDir string // where built programs are kept
	// Stall is how long a pull may not move; 0 means 15 s for the first answer and
	// 60 s from then on.
	Stall time.Duration

	mu      sync.Mutex
	locks   map[string]chan struct{}
	digests fileDigests
	builds  map[string]goBuild  // by program; what was last built in this process
	made    map[string][]string // by source; the tags made in this process, newest last
}

// generations is how many images of one source are kept while it is worked on:
// enough to go back and forth without building again.
const generations = 4

// retire removes the oldest image of a source when there are more than enough.
// Only what this process made itself is removed, and nothing that is in use.
func (im *Images) retire(ctx context.Context, source, tag string) {
	im.mu.Lock()
	if im.made == nil {
		im.made = map[string][]string{}
	}
	tags := append(slices.DeleteFunc(im.made[source], func(t string) bool { return t == tag }), tag)
	oldest := ""
	if len(tags) > generations {
		oldest, tags = tags[0], tags[1:]
	}
	im.made[source] = tags
	im.mu.Unlock()
	if oldest != "" {
		// An image that is in use stays, and costs nothing but its space.
		_, _ = im.API.ImageRemove(ctx, oldest, client.ImageRemoveOptions{PruneChildren: true})
	}
}

// Plugin makes the image of one kind of service.
type Plugin interface {
	// Name is the value of the key "plugin".
	Name() string
	// Image returns the image of s, on the daemon. dir is the directory of the
	// test file; progress says in words what takes time. The error is an
	// *UnavailableError when the machine lacks something and a *BuildError when
	// the test's own files do not build.
	Image(ctx context.Context, im *Images, dir string, s *spec.Service, progress func(string)) (Image, error)
}

// plugins are the kinds of services, by name.
var plugins = map[string]Plugin{}

func init() {
	for _, p := range []Plugin{genericContainer{}, goBinary{}} {
		plugins[p.Name()] = p
	}
}

// Resolve returns the image of a service, on the daemon, and makes it first if
// need be. A service without a plugin is a generic_container; so is one of an
// unknown plugin that names an image.
func (im *Images) Resolve(ctx context.Context, dir string, s *spec.Service, progress func(string)) (Image, error) {
	p, ok := plugins[s.Plugin]
	if !ok {
		if s.Plugin != "" && !spec.Runs(s.Plugin) && s.Image == "" && s.Build == nil {
			return Image{}, &BuildError{What: fmt.Sprintf("unknown service plugin %q; there are %s", s.Plugin, strings.Join(spec.PluginNames(), ", "))}
		}
		p = genericContainer{}
	}
	return p.Image(ctx, im, dir, s, progress)
}

// lock takes the lock of one key, so that each thing is made once. The caller
// must call unlock when there is no error.
func (im *Images) lock(ctx context.Context, key string) (unlock func(), err error) {
	im.mu.Lock()
	if im.locks == nil {
		im.locks = map[string]chan struct{}{}
	}
	ch, ok := im.locks[key]
	if !ok {
		ch = make(chan struct{}, 1) // one holder
		im.locks[key] = ch
	}
	im.mu.Unlock()
	select {
	case ch <- struct{}{}:
		return func() { <-ch }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// genericContainer is a container from an image that is named or built.
type genericContainer struct{}

func (genericContainer) Name() string { return "generic_container" }

func (genericContainer) Image(ctx context.Context, im *Images, dir string, s *spec.Service, progress func(string)) (Image, error) {
	if s.Build != nil {
		return im.build(ctx, filepath.Join(dir, s.Build.Context), s.Build.Dockerfile, progress)
	}
	if s.Image == "" {
		return Image{}, &BuildError{What: "it has neither image nor build"}
	}
	return im.named(ctx, s.Image, progress)
}

// UnavailableError says that the machine lacks what an image needs.
type UnavailableError struct {
	What   string
	Remedy string // a sentence on how to get it
	Err    error
}

func (e *UnavailableError) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// BuildError says that what the test names cannot be made into an image. Log is
// the end of the build's output.
type BuildError struct {
	What string
	Log  string
	Err  error
}

func (e *BuildError) Error() string {
	if e.Err == nil {
		return e.What
	}
	return e.What + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *BuildError) Unwrap() error { return e.Err }
