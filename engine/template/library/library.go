// Package library holds the macros that every template can import without a
// file of its own. It imports nothing.
package library

import _ "embed"

// Prefix stands before the names of library files in positions.
const Prefix = "builtin:"

//go:embed macros.toml.tera
var macros string

// Source returns the text of the library file of that import name.
func Source(name string) (string, bool) {
	switch name {
	case "_macros.toml.tera", "macros":
		return macros, true
	}
	return "", false
}
