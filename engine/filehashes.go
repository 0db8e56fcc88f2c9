package engine

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// fileHashes remembers the hashes of dependencies by size and time, so that a
// macro file that a thousand templates include is read once per change.
type fileHashes struct {
	root string
	mu   sync.Mutex
	seen map[string]fileHash
}

type fileHash struct {
	size  int64
	mtime time.Time
	hash  [32]byte
}

// hash returns the content hash of a dependency and whether it exists.
func (f *fileHashes) hash(path string) ([32]byte, bool) {
	abs := path
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(f.root, filepath.FromSlash(path))
	}
	info, err := os.Stat(abs)
	if err != nil || !info.Mode().IsRegular() {
		return [32]byte{}, false
	}
	f.mu.Lock()
	known, ok := f.seen[abs]
	f.mu.Unlock()
	if ok && known.size == info.Size() && known.mtime.Equal(info.ModTime()) {
		return known.hash, true
	}
	data, err := os.ReadFile(abs)
	if err != nil {
		return [32]byte{}, false
	}
	h := sha256.Sum256(data)
	f.mu.Lock()
	f.seen[abs] = fileHash{info.Size(), info.ModTime(), h}
	f.mu.Unlock()
	return h, true
}

// forget drops what is remembered of a file that is known to have changed, for
// a save within the resolution of the file system's clock.
func (f *fileHashes) forget(path string) {
	f.mu.Lock()
	delete(f.seen, path)
	f.mu.Unlock()
}
