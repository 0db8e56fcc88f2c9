package engine

import (
	"slices"
	"sync"
)

// lazy keeps what is worked out in the background for scenarios that somebody
// looks at. What was not looked at for longest goes first when the kept values
// weigh more than limit. The zero lazy keeps one value.
type lazy[V any] struct {
	limit int // weight of what is kept
	mu    sync.Mutex
	kept  []lazyValue[V] // the last used one is at the end
}

// maxPending bounds what is being worked out, or waits for that, for somebody who
// looks at it: more than any screen has rows.
const maxPending = 400

// lazyValue is what is known for one scenario.
type lazyValue[V any] struct {
	id     ScenarioID
	of     any // comparable: what the value was worked out from
	value  V
	weight int
	ready  bool
}

// get returns the value for id if it was worked out from of, and whether it was.
// Otherwise start is called, once, with a function that works it out.
func (l *lazy[V]) get(id ScenarioID, of any, work func() (value V, weight int), start func(func())) (V, bool) {
	if v, met := l.look(id, of); met {
		return v.value, v.ready
	}
	start(func() {
		v, weight := work()
		l.put(id, of, v, weight)
	})
	var none V
	return none, false
}

// look returns what is known for id. What was worked out from something else
// makes place for what the caller is about to work out.
func (l *lazy[V]) look(id ScenarioID, of any) (v lazyValue[V], met bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.kept, func(v lazyValue[V]) bool { return v.id == id }); i >= 0 {
		v, met = l.kept[i], l.kept[i].of == of
		l.kept = slices.Delete(l.kept, i, i+1)
	}
	if !met {
		v = lazyValue[V]{id: id, of: of}
	}
	l.kept = append(l.kept, v)
	if !met {
		l.trim()
	}
	return v, met
}

// trim forgets what was asked for longest ago and is not worked out yet, so that
// who scrolls past thousands of rows does not wait for all of them.
func (l *lazy[V]) trim() {
	pending := 0
	for i := len(l.kept) - 1; i >= 0; i-- {
		if l.kept[i].ready {
			continue
		}
		if pending++; pending > maxPending {
			l.kept = slices.Delete(l.kept, i, i+1)
			return
		}
	}
}

// wanted reports whether what is to be worked out for id from of is still asked
// for.
func (l *lazy[V]) wanted(id ScenarioID, of any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.kept, func(v lazyValue[V]) bool { return v.id == id && v.of == of })
}

// put keeps a value, unless something newer is being worked out for id.
func (l *lazy[V]) put(id ScenarioID, of any, v V, weight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.kept, func(v lazyValue[V]) bool { return v.id == id && v.of == of })
	if i < 0 {
		return
	}
	l.kept[i].value, l.kept[i].weight, l.kept[i].ready = v, weight, true
	total := 0
	for i := range l.kept {
		total += l.kept[i].weight
	}
	for total > l.limit && len(l.kept) > 1 {
		total -= l.kept[0].weight
		l.kept = slices.Delete(l.kept, 0, 1)
	}
}
