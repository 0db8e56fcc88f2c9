package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	moby "github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// skippedNamed bounds the files that an answer names one by one.
const skippedNamed = 20

// Fetch implements readiness.Agent: the engine copies the files out, as the agent
// does, also after the end of the container. Directories in memory are gone then.
func (b beside) Fetch(ctx context.Context, q wire.Fetch, file func(wire.File), data func([]byte)) (r wire.Fetched, err error) {
	pattern := path.Clean(q.Pattern)
	if !path.IsAbs(pattern) {
		return wire.Fetched{Problem: q.Pattern + " is not an absolute path"}, nil
	}
	base, whole := pattern, true
	// Podman would find what a pattern means, and not say where that is.
	if b.c.engine == podman && unpatterned(pattern) != pattern {
		base, whole = unpatterned(pattern), false
	} else if _, err := b.c.api.ContainerStatPath(ctx, b.n.id, moby.ContainerStatPathOptions{Path: pattern}); err != nil {
		base, whole = unpatterned(pattern), false
	}
	from, err := b.c.api.CopyFromContainer(ctx, b.n.id, moby.CopyFromContainerOptions{SourcePath: base})
	if err != nil {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		return wire.Fetched{Problem: fmt.Sprintf("there is no %s: %v", q.Pattern, err)}, nil
	}
	defer from.Content.Close()
	skip := func(name, why string) {
		r.SkippedFiles++
		if len(r.Skipped) < skippedNamed {
			r.Skipped = append(r.Skipped, name+": "+why)
		}
	}
	for archive := tar.NewReader(from.Content); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, fmt.Errorf("copy %s out of the container: %w", base, err)
		}
		name := path.Join(path.Dir(base), h.Name)
		switch {
		case !whole && !meant(pattern, name) || h.Typeflag == tar.TypeDir:
			continue
		case h.Typeflag != tar.TypeReg:
			skip(name, "it is no ordinary file")
			continue
		case r.Files >= q.MaxFiles:
			skip(name, "there are too many files")
			continue
		case r.Bytes+h.Size > q.MaxBytes:
			skip(name, fmt.Sprintf("its %d bytes are more than may still be copied", h.Size))
			continue
		}
		r.Files++
		r.Bytes += h.Size
		file(wire.File{Path: name, Size: h.Size})
		if _, err := io.Copy(dataWriter(data), archive); err != nil {
			return r, fmt.Errorf("copy %s out of the container: %w", name, err)
		}
	}
	if !whole && r.Files+r.SkippedFiles == 0 {
		r.Problem = "there is no " + q.Pattern
	}
	return r, nil
}

// dataWriter hands on what is written.
type dataWriter func([]byte)

// Write implements io.Writer.
func (w dataWriter) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// unpatterned is the deepest directory above all that a pattern can name.
func unpatterned(pattern string) string {
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		return path.Dir(pattern[:i] + "x")
	}
	return pattern
}

// meant reports whether a pattern names a file or a directory above it.
func meant(pattern, name string) bool {
	for ; name != "/" && name != "."; name = path.Dir(name) {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}
