package cmd

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) pluginsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "plugins",
		Short: "List the kinds of services that a test can have",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list := engine.Plugins()
			if asJSON {
				enc := json.NewEncoder(a.stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(list)
			}
			for _, p := range list {
				if _, err := fmt.Fprintf(a.stdout, "%-18s %s\n", p.Name, p.About); err != nil {
					return err
				}
				if p.Image == "" {
					continue
				}
				if _, err := fmt.Fprintf(a.stdout, "%-18s image %s, ready when port %d answers %s\n", "", p.Image, p.Port, p.Health); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return c
}
