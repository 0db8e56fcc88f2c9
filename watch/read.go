package watch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// look is what can be told of a path without reading it.
type look struct {
	sig    signature
	target string // real path of the file that a symbolic link points to
	gone   bool   // there is nothing of this name
	err    error  // there is, but it cannot be told what
}

// lookAt examines path. Symbolic links are followed; a link to nowhere is an
// error, not an absence.
func lookAt(path string) look {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return look{gone: true}
	}
	if err != nil {
		return look{err: err}
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return look{sig: signatureOf(info)}
	}
	link := signatureOf(info)
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return look{sig: link, err: fmt.Errorf("follow symbolic link: %w", plain(err))}
	}
	if info, err = os.Stat(target); err != nil {
		return look{sig: link, err: fmt.Errorf("follow symbolic link: %w", plain(err))}
	}
	return look{sig: signatureOf(info), target: target}
}

// plain takes the path out of an error of the os package: a Change names its
// path already, as the user knows it.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// unfit returns why something with these properties is not read, or nil.
func unfit(mode fs.FileMode, size int64) error {
	switch {
	case mode.IsDir():
		return ErrDirectory
	case !mode.IsRegular():
		return ErrSpecial
	case size > MaxFile:
		return ErrTooBig
	}
	return nil
}

// content is a file that was read in one piece.
type content struct {
	data               []byte
	hash               [32]byte
	sig                signature
	readTime, hashTime time.Duration
	torn               bool // it changed while it was read
	err                error
}

// read reads and hashes the file at path. It never hangs on a FIFO or a device:
// what is not a regular file is refused before and, because it may have been
// swapped, after a non-blocking open.
func read(path string) content {
	start := time.Now()
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return content{err: plain(err)}
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return content{err: plain(err)}
	}
	c := content{sig: signatureOf(before)}
	if c.err = unfit(before.Mode(), before.Size()); c.err != nil {
		return c
	}
	c.data, err = readAll(f, before.Size())
	if err != nil {
		c.data, c.err = nil, plain(err)
		return c
	}
	after, err := f.Stat()
	c.torn = err != nil || signatureOf(after).saved(c.sig) || int64(len(c.data)) != before.Size()
	c.readTime = time.Since(start)
	if len(c.data) > MaxFile {
		c.data, c.err = nil, ErrTooBig
		return c
	}
	start = time.Now()
	c.hash = sha256.Sum256(c.data)
	c.hashTime = time.Since(start)
	return c
}

// readAll reads f, of which size bytes are expected, into one buffer and stops
// one byte after MaxFile.
func readAll(f io.Reader, size int64) ([]byte, error) {
	buf := make([]byte, 0, size+1)
	r := io.LimitReader(f, MaxFile+1)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}
