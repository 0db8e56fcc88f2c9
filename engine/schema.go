package engine

import "github.com/seanchatmangpt/clnrm-tui/engine/spec"

// Schema returns the JSON Schema (draft 2020-12) of a rendered test file.
func Schema() ([]byte, error) { return spec.JSONSchema() }
