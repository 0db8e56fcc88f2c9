package template

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/library"
)

// file is a template file that was found.
type file struct {
	path string // as shown in positions
	dir  string // where its own includes are looked for first
	src  string
	hash [sha256.Size]byte
}

// source finds the template that name means in the file from. It returns nil
// when there is none, and in looked every file that was read or looked for.
type source interface {
	find(from *file, name string) (f *file, looked []Dep, err error)
}

// maxFile bounds one template file, in bytes.
const maxFile = 16 << 20

// dirOf is the directory of a slash path: "" for the root itself.
func dirOf(p string) string {
	if d := path.Dir(p); d != "." {
		return d
	}
	return ""
}

// disk reads templates below the project's root and from the template folders.
// os.Root keeps symbolic links and dots inside each of them.
type disk struct {
	opts   Options
	getenv func(string) (string, bool) // records what it reads
	roots  map[string]*os.Root
}

func newDisk(o Options) *disk { return &disk{opts: o, getenv: o.Env, roots: map[string]*os.Root{}} }

// close lets go of the folders; what is read later opens them again.
func (d *disk) close() {
	for _, r := range d.roots {
		if r != nil {
			r.Close() // opened for reading only: nothing can be lost
		}
	}
	clear(d.roots)
}

// root opens a directory once; nil when it cannot be opened.
func (d *disk) root(dir string) *os.Root {
	r, ok := d.roots[dir]
	if !ok {
		// A root that cannot be opened has no files: that is an answer.
		r, _ = os.OpenRoot(dir)
		d.roots[dir] = r
	}
	return r
}

// candidate is a place where a template may be: name below base.
type candidate struct{ base, name string }

// find implements source.
func (d *disk) find(from *file, name string) (*file, []Dep, error) {
	list, err := d.candidates(from, name)
	if err != nil {
		return nil, nil, err
	}
	var looked []Dep
	for _, c := range list {
		shown := c.name
		if c.base != d.opts.Root {
			if d.opts.Home == "" {
				d.getenv("HOME") // the result now depends on it
			}
			shown = filepath.ToSlash(filepath.Join(c.base, c.name))
		}
		src, err := d.read(c)
		if errors.Is(err, fs.ErrNotExist) {
			looked = append(looked, Dep{Path: shown})
			continue
		}
		if err != nil {
			return nil, append(looked, Dep{Path: shown}), fmt.Errorf("cannot read `%s`: %w", shown, plainError(err))
		}
		// The hash is that of the file as it lies on disk, for others to compare.
		f := &file{path: shown, dir: dirOf(shown), src: strings.TrimPrefix(src, "\ufeff"), hash: sha256.Sum256([]byte(src))}
		return f, append(looked, Dep{shown, f.hash, true}), nil
	}
	if src, ok := library.Source(name); ok {
		return &file{path: library.Prefix + name, src: src, hash: libraryHash()}, looked, nil
	}
	return nil, looked, nil
}

// libraryHash is the hash of the only text of the built-in library.
var libraryHash = sync.OnceValue(func() [sha256.Size]byte {
	src, _ := library.Source("macros")
	return sha256.Sum256([]byte(src))
})

// plainError drops the operation and path that the message already has.
func plainError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// candidates lists where name may be found, in order.
func (d *disk) candidates(from *file, name string) ([]candidate, error) {
	if strings.IndexByte(name, 0) >= 0 || name == "" {
		return nil, fmt.Errorf("`%s` is no file name", name)
	}
	var list []candidate
	add := func(base, name string) {
		for _, c := range list {
			if c.base == base && c.name == name {
				return
			}
		}
		list = append(list, candidate{base, name})
	}
	home := d.home()
	if filepath.IsAbs(name) {
		return d.absolute(name, home)
	}
	inLibrary := strings.HasPrefix(from.path, library.Prefix)
	switch {
	case inLibrary:
	case filepath.IsAbs(from.dir):
		rel, err := filepath.Rel(home, filepath.Join(from.dir, name))
		if err != nil || !filepath.IsLocal(rel) {
			return nil, outside(name)
		}
		add(home, filepath.ToSlash(rel))
	default:
		rel := path.Join(from.dir, name)
		if !filepath.IsLocal(rel) {
			return nil, outside(name)
		}
		add(d.opts.Root, rel)
	}
	if filepath.IsLocal(name) {
		add(d.opts.Root, path.Join("templates", name))
		add(d.opts.Root, path.Join(".clnrm/templates", name))
		if home != "" {
			add(home, path.Clean(name))
		}
	}
	return list, nil
}

func outside(name string) error {
	return fmt.Errorf("`%s` lies outside the project and its template folders", name)
}

// absolute allows an absolute name below the root or the user's folder.
func (d *disk) absolute(name, home string) ([]candidate, error) {
	for _, base := range []string{d.opts.Root, home} {
		if base == "" {
			continue
		}
		if rel, err := filepath.Rel(base, name); err == nil && filepath.IsLocal(rel) {
			return []candidate{{base, filepath.ToSlash(rel)}}, nil
		}
	}
	return nil, outside(name)
}

// home is the user's template folder; "" when there is no home directory.
func (d *disk) home() string {
	home := d.opts.Home
	if home == "" {
		home, _ = d.opts.Env("HOME")
	}
	if !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".clnrm", "templates")
}

func (d *disk) read(c candidate) (string, error) {
	root := d.root(c.base)
	if root == nil {
		return "", fs.ErrNotExist
	}
	info, err := root.Stat(c.name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", fs.ErrNotExist
	}
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", fs.ErrNotExist
	case !info.Mode().IsRegular():
		return "", errors.New("not a regular file")
	case info.Size() > maxFile:
		return "", fmt.Errorf("larger than %d MB", maxFile>>20)
	}
	b, err := root.ReadFile(c.name)
	if err != nil {
		return "", err
	}
	return string(b), nil
}
