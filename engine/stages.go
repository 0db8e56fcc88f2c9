package engine

import (
	"slices"
	"sync"
	"time"
)

// The stages of a save, in their order.
const (
	StageDetection = "file_detection"   // the change was noticed to its check begins: debounce and queue
	StageRead      = "file_read"        // the file was read
	StageHash      = "hash_computation" // and hashed
	StageLookup    = "cache_lookup"     // the cache served the rendering
	StageRender    = "template_render"  // or the template was rendered
	StageParse     = "toml_parse"       // the rendered text was decoded
	StageValidate  = "config_validate"  // the rules were checked
	StageDiff      = "diff"             // the save was compared with the version before; not part of the total
	StageTotal     = "total_latency"    // the change was noticed to the verdict is published
)

var stageNames = []string{StageDetection, StageRead, StageHash, StageLookup, StageRender, StageParse, StageValidate, StageDiff, StageTotal}

// StageStats says how long one stage took in the last saves, at most 512. A
// stage that never came is left out.
type StageStats struct {
	Name               string // one of the Stage constants
	Samples            int    // since the start
	P50, P95, P99, Max time.Duration
}

// stages measures what saves cost. The first pass is not counted.
type stages struct {
	mu    sync.Mutex
	rings map[string]*ring
	told  int // samples of all stages when the statistics were last taken
	total int
}

// ring holds the last samples of one stage.
type ring struct {
	samples []time.Duration
	count   int
	max     time.Duration
}

func (s *stages) add(name string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rings == nil {
		s.rings = map[string]*ring{}
	}
	r := s.rings[name]
	if r == nil {
		r = &ring{}
		s.rings[name] = r
	}
	if d = max(d, 0); len(r.samples) < latencyWindow {
		r.samples = append(r.samples, d)
	} else {
		r.samples[r.count%latencyWindow] = d
	}
	r.count++
	r.max = max(r.max, d)
	s.total++
}

// check takes the samples of the check of one save that was noticed at seen.
func (s *stages) check(t *Template, seen, now time.Time) {
	s.add(StageDetection, now.Sub(seen)-t.Timing.Total)
	s.add(StageRead, t.Timing.Read)
	s.add(StageHash, t.Timing.Hash)
	if t.Cache.Hit {
		s.add(StageLookup, t.Timing.Render)
	} else {
		s.add(StageRender, t.Timing.Render)
		s.add(StageParse, t.Timing.Parse)
		s.add(StageValidate, t.Timing.Validate)
	}
	s.add(StageTotal, now.Sub(seen))
}

// stats returns the statistics and whether there is anything new.
func (s *stages) stats() ([]StageStats, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == s.total {
		return nil, false
	}
	s.told = s.total
	var out []StageStats
	for _, name := range stageNames {
		r := s.rings[name]
		if r == nil {
			continue
		}
		sorted := slices.Sorted(slices.Values(r.samples))
		q := func(f float64) time.Duration { return sorted[int(f*float64(len(sorted)-1)+0.5)] }
		out = append(out, StageStats{Name: name, Samples: r.count, P50: q(0.50), P95: q(0.95), P99: q(0.99), Max: r.max})
	}
	return out, true
}

// publishStages publishes what saves cost when something was measured.
func (e *Engine) publishStages() {
	if list, any := e.stages.stats(); any {
		e.emit(StagesMeasured{list})
	}
}
