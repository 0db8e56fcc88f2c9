package cmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Remove what an earlier crashed run left behind",
		Long: `Remove the containers, networks and directories that an earlier crashed run left
behind.

They are found by the labels that clnrm-tui puts on everything it creates. What
belongs to a run that is still alive is left alone.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			left, err := engine.Clean(c.Context())
			if left.Any() {
				_, perr := fmt.Fprintf(a.stdout, "removed %s\n", left)
				return errors.Join(err, perr)
			}
			if err == nil {
				_, err = fmt.Fprintln(a.stdout, "nothing was left behind")
			}
			return err
		},
	}
}
