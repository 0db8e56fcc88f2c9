package service

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// contextFile is one entry of a build context.
type contextFile struct {
	name string // relative to the context, with slashes
	info fs.FileInfo
	link string // target of a symbolic link
}

// contextFiles lists a build context in lexical order, without what its
// .dockerignore excludes. The Dockerfile itself always belongs to it.
func contextFiles(dir, dockerfile string) ([]contextFile, error) {
	ignore, err := readIgnore(dir, dockerfile)
	if err != nil {
		return nil, err
	}
	var files []contextFile
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		skip, err := ignore.MatchesOrParentMatches(rel)
		if err != nil {
			return fmt.Errorf(".dockerignore: %w", err)
		}
		if skip {
			if d.IsDir() && !ignore.Exclusions() {
				return filepath.SkipDir
			}
			return nil
		}
		f, ok, err := newContextFile(path, filepath.ToSlash(rel), d)
		if ok {
			files = append(files, f)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, dockerfile)); err != nil {
		return nil, err
	}
	return files, nil
}

// readIgnore reads the .dockerignore of a context; a missing one excludes nothing.
func readIgnore(dir, dockerfile string) (*patternmatcher.PatternMatcher, error) {
	var patterns []string
	f, err := os.Open(filepath.Join(dir, ".dockerignore"))
	switch {
	case err == nil:
		defer f.Close()
		if patterns, err = ignorefile.ReadAll(f); err != nil {
			return nil, fmt.Errorf("read .dockerignore: %w", err)
		}
		if len(patterns) > 0 {
			patterns = append(patterns, "!"+filepath.ToSlash(dockerfile))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return patternmatcher.New(patterns)
}

// newContextFile describes one entry; ok is false for what cannot be sent, such
// as a socket.
func newContextFile(path, rel string, d fs.DirEntry) (f contextFile, ok bool, err error) {
	info, err := d.Info()
	if err != nil {
		return f, false, err
	}
	f = contextFile{name: rel, info: info}
	switch {
	case info.Mode().IsRegular(), info.IsDir():
		return f, true, nil
	case info.Mode()&fs.ModeSymlink != 0:
		f.link, err = os.Readlink(path)
		return f, err == nil, err
	default:
		return f, false, nil
	}
}

// contextKey hashes what decides the image: every entry's name, kind, mode and
// content, and which of them is the Dockerfile.
func (im *Images) contextKey(dir, dockerfile string, files []contextFile) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "dockerfile %q arch %s\n", dockerfile, im.GOARCH)
	for _, f := range files {
		fmt.Fprintf(h, "%q %o %q ", f.name, uint32(f.info.Mode()), f.link)
		if f.info.Mode().IsRegular() {
			sum, err := im.digests.of(filepath.Join(dir, filepath.FromSlash(f.name)), f.info)
			if err != nil {
				return "", err
			}
			h.Write(sum[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeContext writes a context as a tar stream without owners and times, which
// differ between checkouts.
func writeContext(w io.Writer, dir string, files []contextFile) error {
	tw := tar.NewWriter(w)
	for _, f := range files {
		hdr, err := tar.FileInfoHeader(f.info, f.link)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		hdr.Name = f.name
		if f.info.IsDir() {
			hdr.Name += "/"
		}
		hdr.Uid, hdr.Gid, hdr.Uname, hdr.Gname = 0, 0, "", ""
		hdr.ModTime, hdr.AccessTime, hdr.ChangeTime = time.Unix(0, 0), time.Time{}, time.Time{}
		if err := tw.WriteHeader(hdr); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !f.info.Mode().IsRegular() {
			continue
		}
		if err := copyFile(tw, filepath.Join(dir, filepath.FromSlash(f.name))); err != nil {
			return err
		}
	}
	return tw.Close()
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// fileDigests remembers the SHA-256 of files while their size and time of
// modification stay the same, so that an unchanged context is not read again.
type fileDigests struct {
	mu    sync.Mutex
	known map[string]fileDigest
}

type fileDigest struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

// racy is how old a file must be before its time of modification says that it
// has not changed: file systems tell times apart only so finely.
const racy = 2 * time.Second

// of returns the digest of a file whose state is info.
func (d *fileDigests) of(path string, info fs.FileInfo) ([sha256.Size]byte, error) {
	d.mu.Lock()
	known, ok := d.known[path]
	d.mu.Unlock()
	if ok && known.size == info.Size() && known.modified.Equal(info.ModTime()) {
		return known.sum, nil
	}
	h := sha256.New()
	if err := copyFile(h, path); err != nil {
		return [sha256.Size]byte{}, err
	}
	known = fileDigest{size: info.Size(), modified: info.ModTime()}
	h.Sum(known.sum[:0])
	if time.Since(info.ModTime()) > racy {
		d.mu.Lock()
		if d.known == nil {
			d.known = map[string]fileDigest{}
		}
		d.known[path] = known
		d.mu.Unlock()
	}
	return known.sum, nil
}
