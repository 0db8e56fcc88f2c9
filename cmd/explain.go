package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what the code of a diagnostic means, or list all codes",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, code := range engine.Codes() {
					if _, err := fmt.Fprintln(a.stdout, code); err != nil {
						return err
					}
				}
				return nil
			}
			text, ok := engine.Explain(args[0])
			if !ok {
				if hint := diag.DidYouMean(args[0], engine.Codes()); hint != "" {
					return usage("no such code: %s (%s)", args[0], hint)
				}
				return usage("no such code: %s", args[0])
			}
			_, err := fmt.Fprintf(a.stdout, "%s\n\n%s\n", args[0], text)
			return err
		},
	}
}
