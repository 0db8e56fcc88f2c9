package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// DefaultDiskBytes bounds a disk store unless another bound is asked for.
const DefaultDiskBytes = 256 << 20

// diskFolder is the folder of our own inside the one that the user names: it is
// the only thing that Clear removes.
const diskFolder = "clnrm-renderings"

// staleTemporary is the age at which a file that a crash has left half written
// is removed.
const staleTemporary = time.Hour

// Disk keeps records as files, each written beside its place and renamed into
// it: a crash leaves no half of a record, and any number of processes may share
// the folder. When it is full the files go that were used least recently.
type Disk struct {
	dir   string // of our own
	label string
	max   int64

	mu        sync.Mutex
	size      int64 // as far as this process knows; -1 until it has looked
	evictions int64
}

// NewDisk returns a store in the folder dir, which is made when it is not there,
// of at most maxBytes bytes, 0 meaning DefaultDiskBytes. The error says that the
// folder cannot be used.
func NewDisk(dir string, maxBytes int64) (*Disk, error) {
	if maxBytes <= 0 {
		maxBytes = DefaultDiskBytes
	}
	d := &Disk{dir: filepath.Join(dir, diskFolder), label: "disk " + dir, max: maxBytes, size: -1}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache on disk: %w", err)
	}
	ignore := filepath.Join(d.dir, ".gitignore")
	if _, err := os.Lstat(ignore); err != nil {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return nil, fmt.Errorf("cache on disk: %w", err)
		}
	}
	return d, nil
}

// Label implements [Blobs].
func (d *Disk) Label() string { return d.label }

// file is the place of a record: folders keep listings short.
func (d *Disk) file(name string) string { return filepath.Join(d.dir, name[:3], name) }

// Get implements [Blobs].
func (d *Disk) Get(_ context.Context, name string) ([]byte, error) {
	file := d.file(name)
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxRecord+1024 {
		return []byte{}, nil // no record; who asked drops it
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if err := os.Chtimes(file, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return nil, err
	}
	return data, nil
}

// Put implements [Blobs].
func (d *Disk) Put(_ context.Context, name string, data []byte) error {
	file := d.file(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		if err = os.Rename(f.Name(), file); err != nil {
			_ = os.RemoveAll(file) // something that is no file lies there
			err = os.Rename(f.Name(), file)
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return d.grow(int64(len(data)))
}

// grow notes what was added and makes room when it is too much.
func (d *Disk) grow(by int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.size >= 0 {
		d.size += by
		if d.size <= d.max {
			return nil
		}
	}
	files, err := d.list()
	if err != nil {
		return err
	}
	d.size = 0
	for _, f := range files {
		d.size += f.size
	}
	if d.size <= d.max {
		return nil
	}
	slices.SortFunc(files, func(a, b diskFile) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if d.size <= d.max*9/10 {
			return nil
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		d.size -= f.size
		d.evictions++
	}
	return nil
}

type diskFile struct {
	path string
	size int64
	used time.Time
}

// list returns the records; what a crash has left half written is removed when
// it is old.
func (d *Disk) list() ([]diskFile, error) {
	var out []diskFile
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // another process was faster
			}
			return err
		}
		info, err := e.Info()
		if err != nil {
			return nil // likewise
		}
		if strings.HasPrefix(e.Name(), ".new-") {
			if time.Since(info.ModTime()) > staleTemporary {
				_ = os.Remove(path) // another process may be faster
			}
			return nil
		}
		if strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		out = append(out, diskFile{path, info.Size(), info.ModTime()})
		return nil
	})
	return out, err
}

// Delete implements [Blobs].
func (d *Disk) Delete(_ context.Context, name string) error {
	err := os.RemoveAll(d.file(name)) // whatever has been put there
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Clear implements [Blobs].
func (d *Disk) Clear(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.size = -1
	return os.RemoveAll(d.dir)
}

// Stats implements [Blobs].
func (d *Disk) Stats(context.Context) (BackendStats, error) {
	files, err := d.list()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := BackendStats{Entries: len(files), MaxBytes: d.max, Evictions: d.evictions}
	for _, f := range files {
		s.Bytes += f.size
	}
	return s, err
}

// Close implements [Blobs]; there is nothing to close.
func (d *Disk) Close() error { return nil }
