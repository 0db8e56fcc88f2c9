package engine

import (
	"slices"
	"sync"
	"time"
)

// forecast knows how long the scenarios that are queued or running take as a
// rule, and what they use. It is safe for concurrent use.
type forecast struct {
	mu   sync.Mutex
	jobs map[*queued]*pending
}

// pending is a scenario that has not ended.
type pending struct {
	expected time.Duration // 0 when nothing is known
	spread   time.Duration
	started  time.Time // zero while it is queued
	memoryMB int       // in use, by the last measurement
}

// add notes a scenario that was queued.
func (f *forecast) add(j *queued, expected, spread time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.jobs == nil {
		f.jobs = map[*queued]*pending{}
	}
	f.jobs[j] = &pending{expected: expected, spread: spread}
}

// started notes that a scenario runs since at. What is repeated counts from the
// first time.
func (f *forecast) started(j *queued, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.jobs[j]; p != nil && p.started.IsZero() {
		p.started = at
	}
}

// uses notes the memory that the containers of a scenario use.
func (f *forecast) uses(j *queued, memoryMB int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.jobs[j]; p != nil {
		p.memoryMB = memoryMB
	}
}

// ended notes that a scenario is over.
func (f *forecast) ended(j *queued) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.jobs, j)
}

// Forecast is how long scenarios take together by earlier runs, side by side as the
// settings say; 0 where nothing is known of any. It reads the history of each.
func (e *Engine) Forecast(ids []ScenarioID) time.Duration {
	var f forecast
	for _, id := range ids {
		for _, s := range e.Scenarios(id.Path) {
			if !s.ID.IsFile() && (s.ID == id || id.Name == "" || id.IsFile()) {
				typical, spread := e.expected(s.ID)
				f.add(&queued{}, typical, spread)
			}
		}
	}
	_, left, _ := f.read(e.now(), jobs(e.set.Load()))
	return left
}

// read returns the memory that all containers use, and the time that everything
// under way takes still, width side by side; ok is false when nothing is known of
// any of it. What is not known counts as the mean of what is. Each scenario takes
// as long as it did on average and its spread on top. Time below zero is how long
// ago all of it should have ended; what waits for one that is late counts from now.
func (f *forecast) read(now time.Time, width int) (memoryMB int, left time.Duration, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sum, spread time.Duration
	known := 0
	for _, p := range f.jobs {
		memoryMB += p.memoryMB
		if p.expected > 0 {
			sum, spread, known = sum+p.expected, spread+p.spread, known+1
		}
	}
	if known == 0 {
		return memoryMB, 0, false
	}
	mean, meanSpread := sum/time.Duration(known), spread/time.Duration(known)
	lanes := make([]time.Duration, 0, width)
	var waiting []time.Duration
	for _, p := range f.jobs {
		e, s := p.expected, p.spread
		if e == 0 {
			e, s = mean, max(mean/2, meanSpread)
		}
		if p.started.IsZero() {
			waiting = append(waiting, e+s)
		} else {
			lanes = append(lanes, e+s-now.Sub(p.started))
		}
	}
	if len(waiting) == 0 {
		return memoryMB, slices.Max(lanes), true
	}
	for i := range lanes {
		lanes[i] = max(lanes[i], 0)
	}
	for len(lanes) < width {
		lanes = append(lanes, 0)
	}
	slices.SortFunc(waiting, func(a, b time.Duration) int { return int(b - a) })
	for _, w := range waiting {
		lanes[slices.Index(lanes, slices.Min(lanes))] += w
	}
	return memoryMB, slices.Max(lanes), true
}
