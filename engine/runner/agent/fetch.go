package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// chunk is how much of a file goes into one frame, in bytes.
const chunk = 64 << 10

// skipLimit bounds the files that an answer names one by one.
const skipLimit = 20

// fetch sends the files that a pattern names, and then how that went.
func (a *agent) fetch(id uint32, q wire.Fetch) {
	s := courier{a: a, id: id, left: q.MaxBytes, files: q.MaxFiles}
	if a.host != nil {
		s.within = a.host.Dir
	}
	if err := s.pattern(q.Pattern); err != nil {
		s.r.Problem = err.Error()
	}
	// A failed write means that the stream ended; serve sees that too.
	_ = a.out.Send(wire.TypeFetched, id, s.r)
}

// courier sends the files of one request.
type courier struct {
	a     *agent
	id    uint32
	left  int64 // bytes that may still be sent
	files int   // files that may still be sent
	r     wire.Fetched
	// within is the only directory from which files are sent; "" means all.
	within string
}

// literal makes a pattern of a path that matches nothing but itself.
var literal = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

// pattern sends what a path names: a file, everything below a folder, or what a
// pattern with *, ? and […] matches. One without a slash at its beginning is in
// the directory to which the request is confined.
func (s *courier) pattern(pattern string) error {
	plain := pattern
	switch {
	case filepath.IsAbs(pattern):
	case s.within == "":
		return fmt.Errorf("%s is not an absolute path", pattern)
	default:
		plain = filepath.Join(s.within, pattern)
		pattern = filepath.Join(literal.Replace(s.within), pattern)
	}
	names := []string{filepath.Clean(plain)}
	if _, err := os.Lstat(names[0]); err != nil {
		if names, err = filepath.Glob(filepath.Clean(pattern)); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("there is no %s", filepath.Clean(plain))
	}
	for _, name := range names {
		if err := s.tree(name); err != nil {
			return err
		}
	}
	return nil
}

// tree sends a file, or all files below a folder. Only what is named itself may
// be a symbolic link: those below a folder are not followed.
func (s *courier) tree(name string) error {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		s.skip(name, err.Error())
		return nil
	}
	if s.within != "" {
		top, err := filepath.EvalSymlinks(s.within)
		if err != nil || real != top && !strings.HasPrefix(real, top+"/") {
			s.skip(name, "it leads out of the directory of the service")
			return nil
		}
	}
	return filepath.WalkDir(real, func(at string, e fs.DirEntry, err error) error {
		shown := name + strings.TrimPrefix(at, real)
		switch {
		case err != nil:
			s.skip(shown, err.Error())
			return nil
		case kernel(at):
			s.skip(shown, "it is no file of the container")
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case !e.Type().IsRegular():
			s.skip(shown, "it is no ordinary file")
			return nil
		case s.files <= 0:
			s.skip(shown, "there are too many files")
			return nil
		}
		return s.file(at, shown)
	})
}

// kernel reports whether a path is of a file system that the kernel makes up.
func kernel(name string) bool {
	for _, top := range []string{"/proc", "/sys", "/dev"} {
		if name == top || strings.HasPrefix(name, top+"/") {
			return true
		}
	}
	return false
}

// file sends one file. The error is about the stream.
func (s *courier) file(at, shown string) error {
	f, err := os.OpenFile(at, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.skip(shown, err.Error())
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		s.skip(shown, "it is no ordinary file")
		return nil
	}
	if info.Size() > s.left {
		s.skip(shown, fmt.Sprintf("its %d bytes are more than may still be copied", info.Size()))
		return nil
	}
	s.files--
	s.r.Files++
	if err := s.a.out.Send(wire.TypeFile, s.id, wire.File{Path: shown, Size: info.Size()}); err != nil {
		return err
	}
	buf := make([]byte, chunk)
	for left := info.Size(); left > 0; {
		n, err := f.Read(buf[:min(int64(len(buf)), left)])
		if n > 0 {
			left -= int64(n)
			s.left -= int64(n)
			s.r.Bytes += int64(n)
			if werr := s.a.out.Write(wire.TypeData, s.id, buf[:n]); werr != nil {
				return werr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil // it has become shorter meanwhile
		}
		if err != nil {
			s.skip(shown, err.Error())
			return nil
		}
	}
	return nil
}

// skip notes that a file was not sent, or not all of it.
func (s *courier) skip(name, why string) {
	s.r.SkippedFiles++
	if len(s.r.Skipped) < skipLimit {
		s.r.Skipped = append(s.r.Skipped, name+": "+why)
	}
}
