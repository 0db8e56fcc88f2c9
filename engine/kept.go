package engine

import (
	"sync"
	"weak"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
)

// recentFiles is how many decoded test files are held beside those that the
// render cache and running scenarios hold.
const recentFiles = 32

// kept is a sound test file in little memory: its rendering is kept packed, a
// twentieth of what the decoded file takes, and decoded again when somebody asks
// for it. Nothing on disk is needed for that, which may have changed meanwhile.
type kept struct {
	path, cell string
	packed     *template.Packed
	recent     *recent

	mu   sync.Mutex
	last weak.Pointer[spec.File] // as last decoded, while anybody holds it
}

// rendering is a source map that can be put away with the text.
type rendering interface {
	spec.Locator
	Pack(source []byte) *template.Packed
}

// keepFile puts away a decoded file that is of src and is located by from.
func (p *pipeline) keepFile(src *source, f *spec.File, cell string, from rendering) *kept {
	k := &kept{path: src.path, cell: cell, packed: from.Pack(src.data), recent: &p.recent, last: weak.Make(f)}
	k.recent.hold(f)
	return k
}

// file returns the decoded file.
func (k *kept) file() *spec.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.last.Value(); f != nil {
		return f
	}
	u := k.packed.Unpack()
	f, _ := spec.Decode(k.path, u.Text, u.Map) // it was sound then, so it is now
	label(f, k.cell)
	k.last = weak.Make(f)
	k.recent.hold(f)
	return f
}

// recent holds the files that were decoded last. The zero recent is empty.
type recent struct {
	mu    sync.Mutex
	files [recentFiles]*spec.File
	next  int
}

func (r *recent) hold(f *spec.File) {
	r.mu.Lock()
	r.files[r.next] = f
	r.next = (r.next + 1) % len(r.files)
	r.mu.Unlock()
}

// filesOf decodes the test of each combination of a matrix.
func filesOf(list []*kept) []*spec.File {
	out := make([]*spec.File, len(list))
	for i, k := range list {
		out[i] = k.file()
	}
	return out
}

// sameFiles reports whether two versions of a template are one.
func sameFiles(a, b []*kept) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].cell != b[i].cell || !a[i].packed.Equal(b[i].packed) {
			return false
		}
	}
	return true
}

// enter makes a map when the first value goes into it.
func enter[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = value
}
