package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Program is a Go program that was built for this machine.
type Program struct {
	Name string // what it is called, the last element of its package
	Text []byte // the executable
	// Image describes it as Resolve describes an image: its name and digest, what
	// it was built from, and that it is the service's command.
	Image Image
}

// Program builds a go_binary service as an executable instead of an image. The
// errors are those of Resolve. The API is not used.
func (im *Images) Program(ctx context.Context, dir string, s *spec.Service, progress func(string)) (Program, error) {
	if s.Package == "" {
		return Program{}, &BuildError{What: "a go_binary needs package, the main package to build"}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Program{}, fmt.Errorf("find the directory of the test: %w", err)
	}
	sum := sha256.Sum256([]byte(dir + "\x00" + s.Package + "\x00" + im.GOARCH))
	key := hex.EncodeToString(sum[:10])
	unlock, err := im.lock(ctx, "go "+key)
	if err != nil {
		return Program{}, err
	}
	defer unlock()
	progress("building " + s.Package)
	name := programName(dir, s.Package)
	b := goProgram{dir: dir, pkg: s.Package, goarch: im.GOARCH, out: filepath.Join(im.CacheDir, key, name)}
	inputs := b.inputs(ctx)
	print := Fingerprint(inputs, hashFile)
	text, err := b.build(ctx)
	if err != nil {
		return Program{}, err
	}
	digest := sha256.Sum256(text)
	return Program{Name: name, Text: text, Image: Image{
		Name: "go_binary " + s.Package, ID: "sha256:" + hex.EncodeToString(digest[:]),
		Entrypoint: []string{name}, Inputs: inputs, Fingerprint: print, Installed: s.Installed(),
	}}, nil
}
