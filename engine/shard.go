package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// Shard is one of several parts of a suite, Index of Total, from 1.
type Shard struct{ Index, Total int }

// ParseShard reads "i/m".
func ParseShard(text string) (Shard, error) {
	i, m, ok := strings.Cut(text, "/")
	if !ok {
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: write i/m, for example 1/4", text)}
	}
	var s Shard
	var err error
	if s.Index, err = strconv.Atoi(i); err != nil {
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: %q is no number", text, i)}
	}
	if s.Total, err = strconv.Atoi(m); err != nil {
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: %q is no number", text, m)}
	}
	switch {
	case s.Total < 1:
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: there is at least one shard", text)}
	case s.Index < 1:
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: shards count from 1", text)}
	case s.Index > s.Total:
		return Shard{}, &RequestError{fmt.Sprintf("invalid shard %q: there are only %d", text, s.Total)}
	}
	return s, nil
}

// Timings are how long scenarios took in an earlier run, by "FILE::NAME".
type Timings map[string]time.Duration

// ReadTimings reads them from a JSON report of run.
func ReadTimings(file string) (Timings, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	var r report.Run
	err = json.Unmarshal(data, &r)
	if err == nil && r.Schema != report.RunSchema {
		err = errors.New("its schema is " + strconv.Quote(r.Schema))
	}
	if err != nil {
		return nil, &RequestError{fmt.Sprintf("%s is no JSON report of a run: %v", file, err)}
	}
	t := Timings{}
	for i := range r.Scenarios {
		if s := &r.Scenarios[i]; s.DurationMS > 0 {
			t[s.File+"::"+s.Name] = time.Duration(s.DurationMS) * time.Millisecond
		}
	}
	return t, nil
}

// bundle is what must be in one shard: a scenario, or the scenarios of a file
// that are judged together.
type bundle struct {
	name string
	ids  []ScenarioID
	cost time.Duration
}

// Part is what a shard has to do.
type Part struct {
	IDs []ScenarioID
	// Plan names the division of the whole suite: shards with the same plan run
	// every scenario exactly once. Lower hex.
	Plan string
}

// Part returns the scenarios of a shard. The division depends on the scenarios
// and on the timings only, never on what this machine remembers: every machine
// that is given the same comes to the same one. The longest are dealt out first,
// each to the shard that has the least; what has no timing counts as the average
// does.
func (e *Engine) Part(ids []ScenarioID, s Shard, t Timings) Part {
	bundles := e.bundles(ids, t)
	slices.SortFunc(bundles, func(a, b bundle) int {
		return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(a.name, b.name))
	})
	load := make([]time.Duration, s.Total)
	mine := map[ScenarioID]bool{}
	sum := sha256.New()
	for _, b := range bundles {
		to := slices.Index(load, slices.Min(load))
		load[to] += b.cost
		for _, id := range b.ids {
			fmt.Fprintf(sum, "%d %q %q\n", to, e.TypedPath(id.Path), id.Name)
			if to == s.Index-1 {
				mine[id] = true
			}
		}
	}
	p := Part{Plan: hex.EncodeToString(sum.Sum(nil))[:12]}
	for _, id := range ids {
		if mine[id] {
			p.IDs = append(p.IDs, id)
		}
	}
	return p
}

// bundles groups scenarios and gives each group its cost.
func (e *Engine) bundles(ids []ScenarioID, t Timings) []bundle {
	average, known := time.Duration(0), 0
	for _, id := range ids {
		if d := t[e.TypedPath(id.Path)+"::"+id.Name]; d > 0 {
			average += d
			known++
		}
	}
	if known == 0 {
		average, known = time.Second, 1
	}
	average /= time.Duration(known)

	var out []bundle
	at := map[string]int{}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range ids {
		name := e.TypedPath(id.Path) + "::" + id.Name
		cost := cmp.Or(t[name], average)
		if en := e.entries[id.Path]; en != nil {
			if f, _ := en.find(id.Name); f != nil && fileScoped(f) {
				name = e.TypedPath(id.Path) + "::" + f.Cell
			}
		}
		i, met := at[name]
		if !met {
			i = len(out)
			at[name] = i
			out = append(out, bundle{name: name})
		}
		out[i].ids = append(out[i].ids, id)
		out[i].cost += cost
	}
	return out
}
