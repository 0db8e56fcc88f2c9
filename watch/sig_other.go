//go:build !linux

package watch

import "io/fs"

// signature is what a look at a file without reading it tells. Two equal ones
// mean the same content, unless the file changed twice within one tick of the
// file system's clock (see racyWindow).
type signature struct {
	mode  fs.FileMode
	size  int64
	mtime int64 // nanoseconds
}

func signatureOf(info fs.FileInfo) signature {
	return signature{mode: info.Mode(), size: info.Size(), mtime: info.ModTime().UnixNano()}
}

// saved reports whether s shows a later write than old: a change of permissions
// alone is none.
func (s signature) saved(old signature) bool { return s.mtime != old.mtime || s.size != old.size }

// sameFile reports whether both are the same file or directory on disk; where
// the system gives no identity, an equal signature has to do.
func (s signature) sameFile(signature) bool { return true }
