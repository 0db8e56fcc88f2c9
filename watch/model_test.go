package watch

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// model is what the tree under a bench's root holds.
type model struct {
	b     *bench
	r     *rand.Rand
	files map[string]string
	n     int
}

func (m *model) dir() string {
	return []string{"p", "q", "p/r", "q/s", "p/r/t"}[m.r.IntN(5)]
}

// below moves the entries under the directory from to the directory to, which
// may be "" for nowhere.
func (m *model) below(from, to string) {
	for _, name := range slices.Collect(maps.Keys(m.files)) {
		if rest, ok := strings.CutPrefix(name, from+"/"); ok {
			if to != "" {
				m.files[to+"/"+rest] = m.files[name]
			}
			delete(m.files, name)
		}
	}
}

// step does one random thing to the tree on disk and to the model.
func (m *model) step(t *testing.T) string {
	m.n++
	dir := m.dir()
	name := fmt.Sprintf("%s/f%d.clnrm.toml", dir, m.r.IntN(3))
	switch m.r.IntN(6) {
	case 0:
		remove(t, m.b.path(name))
		delete(m.files, name)
		return "remove " + name
	case 1:
		remove(t, m.b.path(dir))
		m.below(dir, "")
		return "remove directory " + dir
	case 2:
		mkdir(t, m.b.path(dir))
		to := fmt.Sprint("moved", m.n)
		rename(t, m.b.path(dir), m.b.path(to))
		m.below(dir, to)
		return "rename directory " + dir + " to " + to
	default:
		m.files[name] = strings.Repeat("x", m.n) // another size each time
		write(t, m.b.path(name), m.files[name])
		return "write " + name
	}
}

// TestRandomHistoryWithEvents does random things, several per burst, and
// expects the final state each time.
func TestRandomHistoryWithEvents(t *testing.T) {
	for seed := range uint64(runs()) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			m := &model{b: start(t, nil), r: rand.New(rand.NewPCG(seed, 1)), files: map[string]string{}}
			for range 20 {
				for range 1 + m.r.IntN(4) {
					t.Log(m.step(t))
				}
				m.b.until(m.files)
			}
			if s := m.b.w.Stats(); s.Missed != 0 {
				t.Errorf("%d changes were found by the sweep only", s.Missed)
			}
		})
	}
}

// TestRandomHistoryByComparison does the same without events.
func TestRandomHistoryByComparison(t *testing.T) {
	for seed := range uint64(runs()) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root := realTempDir(t)
				mkdir(t, filepath.Join(root, "p"))
				b := startAt(t, root, func(o *Options) { o.Mode = Poll })
				m := &model{b: b, r: rand.New(rand.NewPCG(seed, 2)), files: map[string]string{}}
				for range 150 {
					t.Log(m.step(t))
					// Time in the bubble and time on disk differ, so that
					// fresh directories cannot be told by their age.
					b.w.Rescan()
					m.b.until(m.files)
				}
			})
		})
	}
}
