package cmd

import (
	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of test files, for editors",
		Long: `schema prints the JSON Schema (draft 2020-12) of a rendered test file, made from
the same tables that decode files. Editors that check and complete TOML by a
schema can use it for test files without template tags.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := engine.Schema()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
}
