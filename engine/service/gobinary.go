package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/containerd/errdefs"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// goBinary is a Go program of the user's, built statically and laid on an empty
// file system as /bin/NAME. It runs as the service's own process when the test
// says so, see spec.Service.Installed. Otherwise it is there for the steps to
// execute by its name.
type goBinary struct{}

func (goBinary) Name() string { return "go_binary" }

func (goBinary) Image(ctx context.Context, im *Images, dir string, s *spec.Service, progress func(string)) (Image, error) {
	if s.Package == "" {
		return Image{}, &BuildError{What: "a go_binary needs package, the main package to build"}
	}
	img, err := im.goImage(ctx, dir, s.Package, progress)
	if err != nil {
		return Image{}, err
	}
	img.Installed = s.Installed()
	return img, nil
}

// goBuild is the last build of one program in this process.
type goBuild struct {
	inputs []string // what it was built from
	stamp  string   // of the inputs by size and time; "" when it cannot be relied on
	print  string   // Fingerprint of the inputs
	tag    string
}

// of returns img with what it was built from.
func (g goBuild) of(img Image) Image {
	img.Inputs, img.Fingerprint = g.inputs, g.print
	return img
}

// goImage builds a main package and returns its image.
func (im *Images) goImage(ctx context.Context, dir, pkg string, progress func(string)) (Image, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Image{}, fmt.Errorf("find the directory of the test: %w", err)
	}
	sum := sha256.Sum256([]byte(dir + "\x00" + pkg + "\x00" + im.GOARCH))
	key := hex.EncodeToString(sum[:10])
	unlock, err := im.lock(ctx, "go "+key)
	if err != nil {
		return Image{}, err
	}
	defer unlock()

	im.mu.Lock()
	last := im.builds[key]
	im.mu.Unlock()
	if last.tag != "" && last.fresh() {
		if img, err := im.inspect(ctx, last.tag); !errdefs.IsNotFound(err) {
			return last.of(img), err
		}
	}
	progress("building " + pkg)
	b := goProgram{dir: dir, pkg: pkg, goarch: im.GOARCH, out: filepath.Join(im.CacheDir, key, programName(dir, pkg))}
	// The inputs are looked at before the build: a file that changes during it
	// leads to another build, never to a stale image.
	now := goBuild{inputs: b.inputs(ctx)}
	if text, recent := stamp(now.inputs); !recent && now.inputs != nil {
		now.stamp = text
	}
	now.print = Fingerprint(now.inputs, hashFile)
	program, err := b.build(ctx)
	if err != nil {
		return Image{}, err
	}
	tag := programTag(program)
	img, err := im.inspect(ctx, tag)
	if errdefs.IsNotFound(err) {
		img, err = im.loadProgram(ctx, filepath.Base(b.out), program, tag)
		im.retire(ctx, key, tag)
	}
	if err != nil {
		return Image{}, err
	}
	im.mu.Lock()
	if im.builds == nil {
		im.builds = map[string]goBuild{}
	}
	now.tag = tag
	im.builds[key] = now
	im.mu.Unlock()
	return now.of(img), nil
}

// programName is what the program is called: the last element of its package.
func programName(dir, pkg string) string {
	name := filepath.Base(filepath.Join(dir, filepath.FromSlash(pkg)))
	if name == "/" || name == "." {
		return "app"
	}
	return name
}

// goProgram is one main package to build.
type goProgram struct {
	dir, pkg, goarch, out string
}

// command is a go command where the package is.
func (b goProgram) command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, &UnavailableError{
			What:   "a go_binary service needs the Go toolchain, and there is no go command",
			Remedy: "install Go, or name an image that has the program",
			Err:    err,
		}
	}
	dir, pattern := b.where()
	cmd := exec.CommandContext(ctx, path, append(args, pattern)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+b.goarch)
	return cmd, nil
}

// where is the directory in which the go command runs and what the package is
// called there. A package that is a directory is built where it is, because it
// may belong to another module than the test, or the test to none.
func (b goProgram) where() (dir, pattern string) {
	path := filepath.FromSlash(b.pkg)
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.dir, path)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return path, "."
	}
	return b.dir, b.pkg
}

// build builds the program and returns it. The go command finds out what has
// changed; where nothing has, it leaves the file alone. A lock on the file system
// keeps other processes out until the program has been read.
func (b goProgram) build(ctx context.Context) (program []byte, err error) {
	cmd, err := b.command(ctx, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", b.out)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(b.out), 0o755); err != nil {
		return nil, fmt.Errorf("make room for the program: %w", err)
	}
	unlock, err := lockFile(b.out + ".lock")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if text, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &BuildError{What: "go build " + b.pkg + " failed", Log: string(text[max(0, len(text)-logKept):]), Err: err}
	}
	return os.ReadFile(b.out)
}

// lockFile takes the lock on a file, which it creates.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the program: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f.Close, nil // closing lets the lock go
}
