package template

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// host is the world as the functions of one render see it.
type host struct {
	r        *render
	env      map[string]EnvRead
	counters map[string]int64
	calls    map[string]uint64 // of each random function
	frozen   time.Time
	seed     *uint64
	settled  bool // frozen and seed are known
	volatile bool
}

func newHost(r *render) *host {
	return &host{r: r, env: map[string]EnvRead{}}
}

// determinism takes the frozen time and the seed from the [determinism] table
// of the raw text, when a function first needs one of them. The table is read
// as if nothing else was being evaluated; while it is, there is neither time
// nor seed.
func (h *host) determinism() {
	vs := h.r.vars
	if h.settled || vs == nil {
		return
	}
	h.settled = true
	l := h.r.tables.determinism
	if l == nil {
		return
	}
	busy := vs.busy
	vs.busy = map[*entry]bool{}
	v, _ := vs.tableValue(l, nil)
	vs.busy = busy
	t, _ := v.(map[string]any)
	if s, ok := t["freeze_clock"].(string); ok {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			h.frozen = at
		}
	}
	switch n := t["seed"].(type) {
	case int64:
		u := uint64(n)
		h.seed = &u
	case uint64:
		h.seed = &n
	}
}

// Getenv implements builtin.Host and records the read.
func (h *host) Getenv(name string) (string, bool) {
	if e, ok := h.env[name]; ok {
		return e.Value, e.Set
	}
	v, ok := h.r.engine.opts.Env(name)
	h.env[name] = EnvRead{name, v, ok}
	return v, ok
}

// peek makes reads unrecorded until the returned function is called.
func (h *host) peek() func() {
	env, volatile := maps.Clone(h.env), h.volatile
	return func() { h.env, h.volatile = env, volatile }
}

// reads lists the environment variables read so far.
func (h *host) reads() []EnvRead {
	var out []EnvRead
	for _, name := range slices.Sorted(maps.Keys(h.env)) {
		out = append(out, h.env[name])
	}
	return out
}

// Now implements builtin.Host.
func (h *host) Now() time.Time {
	h.determinism()
	if !h.frozen.IsZero() {
		return h.frozen
	}
	h.volatile = true
	return h.r.engine.opts.Now()
}

// Random implements builtin.Host: under a seed of the file each call of a
// function has a generator of its own, so that two calls differ and a second
// render repeats both.
func (h *host) Random(fn string, seed *uint64) *rand.Rand {
	if seed == nil {
		h.determinism()
	}
	switch {
	case seed != nil:
		return rand.New(rand.NewPCG(*seed, 0x9e3779b97f4a7c15))
	case h.seed != nil:
		if h.calls == nil {
			h.calls = map[string]uint64{}
		}
		h.calls[fn]++
		key := binary.BigEndian.AppendUint64([]byte(fn), *h.seed)
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(key, h.calls[fn]))
		return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])))
	}
	h.volatile = true
	return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
}

// Next implements builtin.Host.
func (h *host) Next(name string) int64 {
	n := h.counters[name]
	if h.counters == nil {
		h.counters = map[string]int64{}
	}
	h.counters[name] = n + 1
	return n
}

// MaxBytes implements builtin.Host.
func (h *host) MaxBytes() int { return h.r.engine.opts.MaxOutput }

// MaxItems implements builtin.Host.
func (h *host) MaxItems() int { return min(h.r.engine.opts.MaxLoops, 1<<20) }
