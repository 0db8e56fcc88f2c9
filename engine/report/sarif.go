package report

import (
	"io"
	"slices"
)

// The parts of SARIF 2.1.0 (OASIS, sarif-v2.1.0-os) that code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact sarifArtifact `json:"artifactLocation"`
			Region   *sarifRegion  `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"` // the one behind
	}
)

// WriteValidationSARIF writes the diagnostics as one SARIF 2.1.0 log, which code
// scanning services read. Columns count characters.
func WriteValidationSARIF(w io.Writer, v *Validation) error {
	level := map[string]string{"error": "error", "warning": "warning", "info": "note"}
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "clnrm-tui", Rules: []sarifRule{}}
	for i := range v.Files {
		for _, d := range v.Files[i].Diagnostics {
			text := d.Message
			if d.Hint != "" {
				text += " (hint: " + d.Hint + ")"
			}
			r := sarifResult{RuleID: d.Code, Level: level[d.Severity], Message: sarifText{text}, Locations: make([]sarifLocation, 1)}
			at := &r.Locations[0].Physical
			at.Artifact.URI = orText(d.File, v.Files[i].Path)
			if d.Line > 0 {
				at.Region = &sarifRegion{StartLine: d.Line, StartColumn: d.Column}
			}
			if d.Fix != nil {
				r.Fixes = []sarifFix{d.Fix.sarif(at.Artifact)}
			}
			run.Results = append(run.Results, r)
			if rule := (sarifRule{d.Code}); !slices.Contains(run.Tool.Driver.Rules, rule) {
				run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
			}
		}
	}
	return writeJSON(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarif is the fix of a problem in a file.
func (f *Fix) sarif(file sarifArtifact) sarifFix {
	change := sarifChange{Artifact: file}
	for _, e := range f.Edits {
		change.Replacements = append(change.Replacements, sarifReplacement{
			Deleted:  sarifRegion{StartLine: e.Line, StartColumn: e.Column, EndColumn: e.EndColumn},
			Inserted: sarifText{e.New},
		})
	}
	return sarifFix{Description: sarifText{f.Title}, Changes: []sarifChange{change}}
}
