package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
)

// suffixes of test files.
var suffixes = []string{".clnrm.toml.tera", ".clnrm.tera", ".clnrm.toml"}

// rootMarkers are the files whose folder is a project's root.
var rootMarkers = []string{"cleanroom.toml", "clnrm.toml", ".git", "go.mod"}

// scope says which files an engine looks after.
type scope struct {
	root  string // absolute, symlinks kept as the user named them
	base  string // absolute: the deepest folder that holds everything the user named
	roots []string
	named map[string]bool // files that the user named, absolute: taken whatever their suffix
}

// newScope resolves the paths that the user named, relative to dir. A path that
// does not exist is a *RequestError.
func newScope(dir string, paths []string) (*scope, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	s := &scope{named: map[string]bool{}}
	var common string
	for _, p := range paths {
		abs := p
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(dir, p)
		}
		abs = filepath.Clean(abs)
		info, err := os.Stat(abs)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &RequestError{fmt.Sprintf("no such file or directory: %s", p)}
		}
		if err != nil {
			return nil, &RequestError{err.Error()}
		}
		folder := abs
		if !info.IsDir() {
			s.named[abs] = true
			folder = filepath.Dir(abs)
		}
		s.roots = append(s.roots, abs)
		common = commonFolder(common, folder)
	}
	s.base, s.root = common, projectRoot(common, dir)
	return s, nil
}

// RequestError says that the request itself is wrong: exit status 2.
type RequestError struct{ What string }

func (e *RequestError) Error() string { return e.What }

// projectRoot is the nearest folder at or above folder with a root marker that
// is not somebody else's: what is remembered of runs, and what templates may
// include, lies in the root. Else it is the working directory when folder lies in it; else folder.
func projectRoot(folder, dir string) string {
	for d := folder; ; d = filepath.Dir(d) {
		if marked(d, folder) {
			return d
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	if rel, err := filepath.Rel(dir, folder); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return dir
	}
	return folder
}

// marked reports whether a folder at or above another one has a root marker that is
// not somebody else's.
func marked(root, folder string) bool {
	for _, m := range rootMarkers {
		marker := filepath.Join(root, m)
		if _, err := os.Lstat(marker); err != nil {
			continue
		}
		if _, foreign := settings.Foreign(marker, folder); !foreign {
			return true
		}
	}
	return false
}

// commonFolder is the deepest folder that holds both; a may be empty.
func commonFolder(a, b string) string {
	if a == "" {
		return b
	}
	for a != b && !strings.HasPrefix(b, strings.TrimSuffix(a, "/")+"/") {
		a = filepath.Dir(a)
	}
	return a
}

// match reports whether a file is a test file of this scope.
func (s *scope) match(path string) bool {
	if s.named[path] {
		return true
	}
	base := filepath.Base(path)
	if strings.HasPrefix(base, "_") {
		return false
	}
	for _, x := range suffixes {
		if strings.HasSuffix(base, x) && base != x {
			return true
		}
	}
	return false
}

// rel is the name of an absolute path inside the project, with slashes; a path
// outside keeps its absolute form.
func (s *scope) rel(abs string) string {
	r, err := filepath.Rel(s.root, abs)
	if err != nil || r == ".." || strings.HasPrefix(r, "../") {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(r)
}

// abs is the inverse of rel.
func (s *scope) abs(rel string) string {
	if filepath.IsAbs(rel) {
		return rel
	}
	return filepath.Join(s.root, filepath.FromSlash(rel))
}
