package diff

import (
	"encoding/json"
	"io"
)

// Schema names the version of the object that WriteJSON writes.
const Schema = "clnrm.diff/1"

type jsonDiff struct {
	Schema   string       `json:"schema"`
	Old      string       `json:"old"`
	New      string       `json:"new"`
	Strategy string       `json:"strategy"`
	Equal    bool         `json:"equal"`
	Changes  []jsonChange `json:"changes"`
	Summary  Summary      `json:"summary"`
}

type jsonChange struct {
	Path      string `json:"path"`
	NewPath   string `json:"new_path,omitempty"` // when it differs
	Kind      Kind   `json:"kind"`
	Old       string `json:"old"`
	New       string `json:"new"`
	Effect    Effect `json:"effect"`
	Undecided bool   `json:"undecided,omitempty"`
	Why       string `json:"why"`
	Distance  int    `json:"distance,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
}

// WriteJSON writes one indented clnrm.diff/1 object.
func WriteJSON(w io.Writer, d *Diff) error {
	out := jsonDiff{Schema: Schema, Old: d.Old, New: d.New, Strategy: d.Strategy, Equal: d.Equal(), Changes: []jsonChange{}, Summary: d.Summary()}
	for i := range d.Changes {
		c := &d.Changes[i]
		j := jsonChange{Path: c.Path, Kind: c.Kind, Old: c.Old, New: c.New, Effect: c.Effect, Undecided: c.Undecided, Why: c.Why, Distance: c.Distance, File: c.Pos.File, Line: c.Pos.Line}
		if c.NewPath != c.Path {
			j.NewPath = c.NewPath
		}
		out.Changes = append(out.Changes, j)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
