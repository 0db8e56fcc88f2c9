package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// longest is how long the path of a socket can be on all systems.
const longest = 100

// listen makes the socket, which only the owner can reach at any moment: it is
// made in a folder of its own and then moved. A socket that nobody answers is
// replaced.
func listen(path string) (*net.UnixListener, error) {
	fail := func(err error) (*net.UnixListener, error) { return nil, fmt.Errorf("control socket %s: %w", path, err) }
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fail(err)
	case info.Mode()&fs.ModeSocket == 0:
		return fail(errors.New("the file exists and is no socket"))
	default:
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return fail(errors.New("another dashboard listens there"))
		}
		if err := os.Remove(path); err != nil {
			return fail(err)
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	first := filepath.Join(dir, "s")
	if len(first) > longest {
		return fail(errors.New("the path is too long for a socket"))
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: first, Net: "unix"})
	if err != nil {
		return fail(err)
	}
	l.SetUnlinkOnClose(false) // it moves; Serve removes it
	if err := errors.Join(os.Chmod(first, 0o600), os.Rename(first, path)); err != nil {
		l.Close()
		return fail(err)
	}
	return l, nil
}
