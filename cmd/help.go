package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// fitHelp keeps the help of root and of every command below it within eighty
// columns: the terminal beside an editor is seldom wider, and what a terminal
// breaks by itself cannot be read as two columns. Descriptions are written to
// that width; the options are laid out here.
func fitHelp(root *cobra.Command) {
	root.SetUsageTemplate(strings.NewReplacer(
		".FlagUsages ", ".FlagUsagesWrapped 80 ",
		" for more information about a command.", " for more about a command.",
	).Replace(root.UsageTemplate()))
}
