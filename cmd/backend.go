package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// backendFlags say what scenarios run on.
type backendFlags struct {
	name string
	warm int
}

// register adds the flags; warm is the default of --warm.
func (b *backendFlags) register(c *cobra.Command, warm int) {
	c.Flags().IntVar(&b.warm, "warm", warm, "create the containers of up to `N` scenarios that are likely to run next ahead, within the limits")
	c.Flags().StringVar(&b.name, "backend", engine.Backends[0], "run scenarios on `"+strings.Join(engine.Backends, "|")+"`; local is not hermetic")
}

// apply puts the flags into the options of an engine.
func (b *backendFlags) apply(o *engine.Options) error {
	if err := oneOf("backend", b.name, engine.Backends...); err != nil {
		return err
	}
	if b.warm < 0 {
		return usage("--warm cannot be negative")
	}
	o.Backend, o.Warm = b.name, b.warm
	return nil
}
