package engine

import "github.com/seanchatmangpt/clnrm-tui/engine/spec"

// Plugin is a kind of service that a test can have.
type Plugin struct {
	Name    string   `json:"name"`              // what a test writes as plugin = "…"
	About   string   `json:"about"`             // what it is, in one line
	Image   string   `json:"image,omitempty"`   // what runs when the test names no image
	Port    int      `json:"port,omitempty"`    // where it listens
	Health  string   `json:"health,omitempty"`  // the path that answers when it is ready
	Outside bool     `json:"outside"`           // it may be one that runs elsewhere, at `endpoint`
	Options []string `json:"options,omitempty"` // keys of its own
}

// Plugins lists the kinds of services, the general ones first.
func Plugins() []Plugin {
	var out []Plugin
	for _, p := range spec.Plugins() {
		out = append(out, Plugin(p))
	}
	return out
}
