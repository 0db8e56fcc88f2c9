// Package binary delivers the agent as a file that can be put into a container.
//
// The sources of the agent are inside this program; it builds them once with
// the Go toolchain of the machine, statically and without network, and keeps
// the result under a name that is the hash of everything that went into it.
// Where there is no toolchain the running program serves, if it is static and
// of the right architecture. It knows nothing of containers.
package binary

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
)

// module is the module path under which the sources import each other.
const module = "github.com/seanchatmangpt/clnrm-tui"

// root is where the sources lie in that module.
const root = "engine/runner/agent"

// goMod is the module file of the build. The version is the oldest one whose
// net/http speaks HTTP/2 without TLS.
const goMod = "module " + module + "\n\ngo 1.24\n"

// buildFlags make the program static, small and the same wherever it is built.
var buildFlags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="}

// ErrUnavailable marks a machine on which no agent can be had.
var ErrUnavailable = errors.New("no agent for the containers")

// Builder finds or builds the agent.
type Builder struct {
	CacheDir string // where built agents are kept
	Go       string // the go command; "" when there is none
	Self     string // the running program; "" to never use it

	mu sync.Mutex // held while Path looks and builds: one build at a time
}

// NewBuilder returns a Builder that keeps its results in cacheDir and uses the
// toolchain and the program of this process.
func NewBuilder(cacheDir string) (*Builder, error) {
	b := &Builder{CacheDir: cacheDir}
	var err error
	if b.Go, err = exec.LookPath("go"); err != nil {
		b.Go = "" // Path falls back to Self
	}
	if b.Self, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find the running program: %w", err)
	}
	return b, nil
}

// Path returns the absolute path of an agent for linux on goarch ("amd64",
// "arm64", …), which may take as long as a build the first time. The error wraps
// ErrUnavailable when there is no way to have one.
func (b *Builder) Path(ctx context.Context, goarch string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path, there, err := b.cached(goarch)
	switch {
	case err != nil || there:
		return path, err
	case b.Go == "":
		return b.Self, b.self(goarch)
	}
	if err := b.build(ctx, goarch, path); err != nil {
		return "", fmt.Errorf("build the agent: %w", err)
	}
	return path, nil
}

// Check says whether Path can succeed, without building anything.
func (b *Builder) Check(goarch string) error {
	if _, there, err := b.cached(goarch); err != nil || there {
		return err
	}
	if b.Go != "" {
		return nil
	}
	return b.self(goarch)
}

// cached returns where the built agent is kept, and whether it is there.
func (b *Builder) cached(goarch string) (path string, there bool, err error) {
	key, err := sourceKey(goarch)
	if err != nil {
		return "", false, err
	}
	path = filepath.Join(b.CacheDir, "clnrm-agent-"+goarch+"-"+key[:20])
	st, err := os.Stat(path)
	return path, err == nil && st.Mode().IsRegular(), nil
}

// self says whether the running program can be the agent.
func (b *Builder) self(goarch string) error {
	if err := isStatic(b.Self, goarch); err != nil {
		return fmt.Errorf("%w: there is no Go toolchain to build one with, and this program cannot serve: %w", ErrUnavailable, err)
	}
	return nil
}

// sourceKey hashes everything that decides what is built. The toolchain is not
// part of it: a newer one builds the same agent.
func sourceKey(goarch string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, goMod, buildFlags, goarch)
	err := eachSource(func(name string, text []byte) error {
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// eachSource calls f for every source file, in the order of their names.
func eachSource(f func(name string, text []byte) error) error {
	var names []string
	err := fs.WalkDir(agent.Sources, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, p)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the sources of the agent: %w", err)
	}
	sort.Strings(names)
	for _, name := range names {
		text, err := agent.Sources.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read the sources of the agent: %w", err)
		}
		if err := f(name, text); err != nil {
			return err
		}
	}
	return nil
}

// build builds the agent in a directory of its own and moves it to path in one
// step, so that concurrent builds, of other processes too, do not meet.
func (b *Builder) build(ctx context.Context, goarch, path string) (err error) {
	if err := os.MkdirAll(b.CacheDir, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(b.CacheDir, "build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeSources(dir); err != nil {
		return err
	}
	out := filepath.Join(dir, "agent")
	args := append([]string{"build", "-o", out}, buildFlags...)
	cmd := exec.CommandContext(ctx, b.Go, append(args, "./"+root+"/agentmain")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goarch,
		"GO111MODULE=on", "GOWORK=off", "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, strings.TrimSpace(string(text)))
	}
	if err := os.Chmod(out, 0o755); err != nil {
		return err
	}
	return os.Rename(out, path)
}

// writeSources lays the sources out as a module in dir.
func writeSources(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(goMod), 0o644); err != nil {
		return err
	}
	return eachSource(func(name string, text []byte) error {
		p := filepath.Join(dir, filepath.FromSlash(root), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return err
		}
		return os.WriteFile(p, text, 0o644)
	})
}

// machines are the ELF names of the architectures that Go names.
var machines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM, "386": elf.EM_386,
	"ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "riscv64": elf.EM_RISCV,
}

// isStatic says why the program at path cannot be an agent on goarch.
func isStatic(path, goarch string) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("it is a program for %s", runtime.GOOS)
	}
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Machine != machines[goarch] {
		return fmt.Errorf("it is a program for %v, the containers need %s", f.Machine, goarch)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("it is linked dynamically")
		}
	}
	return nil
}
