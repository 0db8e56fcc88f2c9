package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Remove containers and networks that an earlier crashed run left behind",
		Long: `Remove containers and networks that an earlier crashed run left behind.

They are found by the labels that clnrm-tui puts on everything it creates. What
belongs to a run that is still alive is left alone.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			removed, err := engine.Clean(c.Context())
			if err != nil {
				return err
			}
			if removed == 0 {
				_, err = fmt.Fprintln(a.stdout, "nothing was left behind")
			} else {
				_, err = fmt.Fprintf(a.stdout, "removed %d containers and networks\n", removed)
			}
			return err
		},
	}
}
