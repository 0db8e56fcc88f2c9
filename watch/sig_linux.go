package watch

import (
	"io/fs"
	"syscall"
)

// signature is what a look at a file without reading it tells. Two equal ones
// mean the same content, unless the file changed twice within one tick of the
// file system's clock (see racyWindow).
type signature struct {
	mode          fs.FileMode
	size          int64
	mtime, ctime  int64 // nanoseconds
	device, inode uint64
}

func signatureOf(info fs.FileInfo) signature {
	s := signature{mode: info.Mode(), size: info.Size(), mtime: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		s.ctime = st.Ctim.Nano()
		s.device, s.inode = uint64(st.Dev), st.Ino //nolint:unconvert // the width differs between architectures
	}
	return s
}

// saved reports whether s shows a later write than old: a change of permissions
// alone is none.
func (s signature) saved(old signature) bool {
	return s.mtime != old.mtime || s.size != old.size || s.inode != old.inode || s.device != old.device
}

// sameFile reports whether both are the same file or directory on disk.
func (s signature) sameFile(old signature) bool {
	return s.inode == old.inode && s.device == old.device
}
