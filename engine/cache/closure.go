package cache

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
)

// Key names one rendering: SHA-256 over everything that it was made from.
type Key [32]byte

// String returns the key in lower-case hexadecimal, 64 characters.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// Dep is one file that a rendering has read, or has looked for in vain.
type Dep struct {
	Path   string   `json:"path"`
	Hash   [32]byte `json:"hash"`   // SHA-256 of its content; zero when it does not exist
	Exists bool     `json:"exists"` // false: the rendering depends on its absence
}

// EnvValue is one environment variable that a rendering has asked for. Only a
// hash of its value is kept, so that no secret lies in a cache.
type EnvValue struct {
	Name  string   `json:"name"`
	Value [32]byte `json:"value"` // HashEnv of the value; zero when it is not set
	Set   bool     `json:"set"`
}

// HashEnv returns the hash under which the value of an environment variable is
// kept. The name goes in as well, so that equal values of different variables
// cannot be told apart from different ones.
func HashEnv(name, value string) [32]byte {
	buf := scratch.Get().(*[]byte)
	b := appendString((*buf)[:0], name)
	b = append(b, value...)
	sum := sha256.Sum256(b)
	clear(b) // the buffer is reused and must not carry a secret along
	*buf = b
	scratch.Put(buf)
	return sum
}

// Closure is everything that the text of a rendering depends on.
type Closure struct {
	Template [32]byte   `json:"template"` // SHA-256 of the template itself
	Deps     []Dep      `json:"deps"`
	Env      []EnvValue `json:"env"`
	Vars     [32]byte   `json:"vars"` // hash of the overrides (--var, --env-file, project vars)
	// Volatile says that the text depends on the time or on randomness without
	// determinism: such a rendering is never served again.
	Volatile bool `json:"volatile"`
}

// Key returns the SHA-256 over the closure. Neither the order of Deps and Env
// nor repetitions in them matter.
func (c Closure) Key() Key {
	c = c.canonical()
	h := startKey(c.Template, c.Vars, c.Volatile, len(c.Deps), len(c.Env))
	for i := range c.Deps {
		h.dep(&c.Deps[i])
	}
	for i := range c.Env {
		h.env(&c.Env[i])
	}
	return h.sum()
}

// canonical returns the closure with Deps sorted by path and Env by name, each
// once. It copies only what is out of order.
func (c Closure) canonical() Closure {
	byPath := func(a, b Dep) int { return cmp.Compare(a.Path, b.Path) }
	if !strictlySorted(c.Deps, byPath) {
		c.Deps = slices.Clone(c.Deps)
		slices.SortStableFunc(c.Deps, byPath)
		c.Deps = slices.CompactFunc(c.Deps, func(a, b Dep) bool { return a.Path == b.Path })
	}
	byName := func(a, b EnvValue) int { return cmp.Compare(a.Name, b.Name) }
	if !strictlySorted(c.Env, byName) {
		c.Env = slices.Clone(c.Env)
		slices.SortStableFunc(c.Env, byName)
		c.Env = slices.CompactFunc(c.Env, func(a, b EnvValue) bool { return a.Name == b.Name })
	}
	return c
}

func strictlySorted[E any](s []E, compare func(a, b E) int) bool {
	for i := 1; i < len(s); i++ {
		if compare(s[i-1], s[i]) >= 0 {
			return false
		}
	}
	return true
}

// scratch holds buffers for keys, so that a hit allocates nothing for its key.
var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// keyHash writes a closure in its canonical form: every string carries its
// length and every list its count, so that no two closures share a form.
type keyHash struct{ buf *[]byte }

func startKey(template, vars [32]byte, volatile bool, deps, env int) keyHash {
	h := keyHash{scratch.Get().(*[]byte)}
	b := append((*h.buf)[:0], "clnrm.render/1"...)
	b = append(b, template[:]...)
	b = append(b, vars[:]...)
	b = appendBool(b, volatile)
	b = binary.AppendUvarint(b, uint64(deps))
	*h.buf = binary.AppendUvarint(b, uint64(env))
	return h
}

func (h keyHash) dep(d *Dep) {
	b := appendString(*h.buf, d.Path)
	b = appendBool(b, d.Exists)
	if d.Exists {
		b = append(b, d.Hash[:]...)
	}
	*h.buf = b
}

func (h keyHash) env(e *EnvValue) {
	b := appendString(*h.buf, e.Name)
	b = appendBool(b, e.Set)
	if e.Set {
		b = append(b, e.Value[:]...)
	}
	*h.buf = b
}

// sum returns the key and gives the buffer back; h must not be used again.
func (h keyHash) sum() Key {
	k := sha256.Sum256(*h.buf)
	scratch.Put(h.buf)
	return k
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
