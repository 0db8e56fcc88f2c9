package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// mountDirs names the variable that allows further directories to be mounted,
// separated as in PATH.
const mountDirs = "CLNRM_MOUNT_DIRS"

// mounts resolves the volumes of a service. A host path is looked up from the
// directory of the test file, must exist, and must lie, with every symbolic link
// followed, in a directory that may be shared with containers.
func (b *Backend) mounts(r runner.Request, s *spec.Service) ([]runner.Mount, error) {
	var out []runner.Mount
	for _, v := range s.Volumes {
		m, err := b.mount(r, v)
		if err != nil {
			return nil, &runner.ServiceError{Service: s.Name, What: err.Error(), Pos: v.Pos}
		}
		out = append(out, m)
	}
	return out, nil
}

func (b *Backend) mount(r runner.Request, v spec.Volume) (runner.Mount, error) {
	path := v.Host
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.Dir, path)
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return runner.Mount{}, fmt.Errorf("the host path %s of a volume does not exist", path)
	}
	if err != nil {
		return runner.Mount{}, fmt.Errorf("the host path of a volume: %w", err)
	}
	st, err := os.Stat(real)
	if err != nil {
		return runner.Mount{}, fmt.Errorf("the host path of a volume: %w", err)
	}
	if !st.IsDir() && !st.Mode().IsRegular() {
		return runner.Mount{}, fmt.Errorf("the host path %s of a volume is neither a directory nor a file (%s)", real, st.Mode().Type())
	}
	allowed := b.mountRoots(r.Dir)
	if !slices.ContainsFunc(allowed, func(dir string) bool { return real == dir || strings.HasPrefix(real, strings.TrimSuffix(dir, "/")+"/") }) {
		return runner.Mount{}, fmt.Errorf("the host path %s of a volume is in none of the directories that may be mounted: %s; %s allows others",
			real, strings.Join(allowed, ", "), mountDirs)
	}
	m := runner.Mount{Host: real, Container: filepath.Clean(v.Container), ReadOnly: v.ReadOnly}
	if m.ReadOnly {
		m.Inputs, m.Fingerprint = service.Content(real, st.IsDir())
	}
	return m, nil
}

// mountRoots lists the directories below which host paths may be mounted: that
// of the test file, that of the project, the system's temporary ones, and those
// that the user allows by mountDirs.
func (b *Backend) mountRoots(dir string) []string {
	roots := append([]string{dir, b.opts.Project, "/tmp", "/var/tmp", os.TempDir()}, filepath.SplitList(b.opts.Getenv(mountDirs))...)
	var out []string
	for _, root := range roots {
		real, err := filepath.EvalSymlinks(root)
		if root == "" || err != nil || !filepath.IsAbs(real) || slices.Contains(out, real) {
			continue
		}
		out = append(out, real)
	}
	return out
}

// storage sets what the container sees beside its image.
func (c *connection) storage(h *container.HostConfig, n *node) {
	for _, m := range n.mounts {
		h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: m.Host, Target: m.Container, ReadOnly: m.ReadOnly})
	}
	h.ReadonlyRootfs = n.svc.ReadOnly
	for _, t := range n.tmpfs() {
		options := "rw,nosuid,nodev,exec,mode=1777"
		if t.SizeMB > 0 {
			options += fmt.Sprintf(",size=%dm", t.SizeMB)
		}
		if c.engine == podman {
			options += ",notmpcopyup" // they begin empty
		}
		if h.Tmpfs == nil {
			h.Tmpfs = map[string]string{}
		}
		h.Tmpfs[t.Path] = options
	}
}

// tmpfs lists the directories in memory. Under a read-only root /tmp is one of
// them, unless something else is there.
func (n *node) tmpfs() []spec.Tmpfs {
	list := slices.Clone(n.svc.Tmpfs)
	const tmp = "/tmp"
	if n.svc.ReadOnly && !slices.ContainsFunc(list, func(t spec.Tmpfs) bool { return filepath.Clean(t.Path) == tmp }) &&
		!slices.ContainsFunc(n.mounts, func(m runner.Mount) bool { return m.Container == tmp }) {
		list = append(list, spec.Tmpfs{Path: tmp})
	}
	return list
}

// tmpfsPaths names the directories in memory, for the evidence.
func (n *node) tmpfsPaths() []string {
	var out []string
	for _, t := range n.tmpfs() {
		out = append(out, t.Path)
	}
	return out
}
