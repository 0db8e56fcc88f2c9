package report

import (
	"encoding/json"
	"io"
	"time"
)

// EventSchema names the version of the objects that Event encodes to.
const EventSchema = "clnrm.event/1"

// The names of events.
const (
	EventWatching         = "watching"
	EventChanged          = "changed"
	EventChecked          = "checked"
	EventDiffed           = "diffed"
	EventReplayed         = "replayed"
	EventOutdated         = "outdated"
	EventRunStarted       = "run-started"
	EventScenarioFinished = "scenario-finished"
	EventRunFinished      = "run-finished"
	EventStats            = "stats"
	EventOverflow         = "overflow"
)

// Event is one line of `watch --format json`. Which of the optional fields are
// there depends on Event.
type Event struct {
	Schema string    `json:"schema"`
	Time   time.Time `json:"time"`
	Event  string    `json:"event"`

	Templates *int       `json:"templates,omitempty"` // watching: under watch
	Paths     []string   `json:"paths,omitempty"`     // changed
	Unchanged *int       `json:"unchanged,omitempty"` // changed: saves that left a hash as it was
	Files     []File     `json:"files,omitempty"`     // checked
	Diff      *FileDiff  `json:"diff,omitempty"`      // diffed
	Scenarios []Scenario `json:"scenarios,omitempty"` // replayed, outdated
	Total     *int       `json:"total,omitempty"`     // run-started: scenarios; overflow: overflows so far
	Scenario  *Scenario  `json:"scenario,omitempty"`  // scenario-finished
	Verdict   Verdict    `json:"verdict,omitempty"`   // run-finished
	Summary   *Summary   `json:"summary,omitempty"`   // run-finished
	ElapsedMS *int64     `json:"elapsed_ms,omitempty"`
	Stats     *Stats     `json:"stats,omitempty"` // stats of the cache
	// Stages are what saves cost, by the name of the stage; of stats.
	Stages map[string]Stage `json:"stages,omitempty"`
}

// Stage is what one stage of a save cost, in milliseconds.
type Stage struct {
	Samples int     `json:"samples"`
	P50     float64 `json:"p50"`
	P95     float64 `json:"p95"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

// FileDiff is what a save did to the expectations of a file.
type FileDiff struct {
	File    string       `json:"file"`
	Equal   bool         `json:"equal"`
	Changes []FileChange `json:"changes"`
	Summary DiffSummary  `json:"summary"`
}

// FileChange is one change of an expectation, with the fields of clnrm.diff/1.
type FileChange struct {
	Path      string `json:"path"`
	NewPath   string `json:"new_path,omitempty"` // when it differs
	Kind      string `json:"kind"`
	Old       string `json:"old"`
	New       string `json:"new"`
	Effect    string `json:"effect"`
	Undecided bool   `json:"undecided,omitempty"`
	Why       string `json:"why"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Matrix    string `json:"matrix,omitempty"` // the combination, when not all have the change
}

// DiffSummary counts changes by kind and by effect.
type DiffSummary struct {
	Added     int `json:"added"`
	Removed   int `json:"removed"`
	Changed   int `json:"changed"`
	Renamed   int `json:"renamed"`
	Tightened int `json:"tightened"`
	Loosened  int `json:"loosened"`
	Undecided int `json:"undecided"`
}

// Stats are the counters of the loop since it started.
type Stats struct {
	CacheHits    int64   `json:"cache_hits"`
	CacheMisses  int64   `json:"cache_misses"`
	CacheHitRate float64 `json:"cache_hit_rate"` // 0..1
	Unchanged    int64   `json:"unchanged"`      // saves that did no work
	LatencyP50US int64   `json:"latency_p50_us"` // save on disk to verdict
	LatencyP95US int64   `json:"latency_p95_us"`
	LatencyMaxUS int64   `json:"latency_max_us"`
	Samples      int     `json:"samples"`
}

// WriteEvent writes e as one line of JSON, in a single call of Write, so that
// lines of several writers do not mix.
func WriteEvent(w io.Writer, e Event) error {
	e.Schema = EventSchema
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
