package cmd

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) servicesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "services",
		Short: "Look at the services of scenarios that run now",
		Long: `Look at the services of scenarios that run now, in this project or any other, by
whichever clnrm-tui process.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.servicesStatus(), a.servicesLogs(), a.servicesRestart())
	return c
}

func (a *app) servicesStatus() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "List the containers of services",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := engine.RunningServices(c.Context())
			if err != nil {
				return err
			}
			if len(list) == 0 {
				_, err := fmt.Fprintln(a.stdout, "no scenario runs")
				return err
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			if _, err := fmt.Fprintln(w, "SERVICE\tSCENARIO\tSTATE\tFOR\tCONTAINER\tPROCESS"); err != nil {
				return err
			}
			for _, s := range list {
				state := s.State
				if s.Left {
					state = "left behind"
				}
				file := s.File
				if file != "" {
					file += " › "
				}
				if _, err := fmt.Fprintf(w, "%s\t%s%s\t%s\t%s\t%.12s\t%d on %s\n", s.Service, file, s.Scenario, state,
					time.Since(s.Since).Round(time.Second), s.ID, s.PID, s.Machine); err != nil {
					return err
				}
			}
			return w.Flush()
		},
	}
}

// servicesNamed lists the running services of a name. There must be one.
func servicesNamed(c *cobra.Command, name string) ([]engine.RunningService, error) {
	list, err := engine.RunningServices(c.Context())
	if err != nil {
		return nil, err
	}
	var out []engine.RunningService
	for _, s := range list {
		if s.Service == name && !s.Left {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, usage("no service %q runs; `clnrm-tui services status` lists those that do", name)
	}
	return out, nil
}

func (a *app) servicesLogs() *cobra.Command {
	var lines int
	c := &cobra.Command{
		Use:   "logs SERVICE",
		Short: "Print the end of what a running service has printed",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := servicesNamed(c, args[0])
			if err != nil {
				return err
			}
			for _, s := range list {
				log, err := engine.ServiceLog(s, lines)
				if err != nil {
					return err
				}
				if len(list) > 1 {
					a.progressf("%s › %s", s.File, s.Scenario)
				}
				for _, l := range log {
					if _, err := fmt.Fprintln(a.stdout, l.Text); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
	c.Flags().IntVar(&lines, "lines", 50, "how many lines, from the end")
	return c
}

func (a *app) servicesRestart() *cobra.Command {
	return &cobra.Command{
		Use:   "restart SERVICE",
		Short: "Say why a service is not restarted, and what to do instead",
		Long: `Say why a service is not restarted, and what to do instead.

A service belongs to one attempt at one scenario and lives exactly as long: one
that was started anew in the middle would make a verdict over two of them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := servicesNamed(c, args[0])
			if err != nil {
				return err
			}
			s := list[0]
			again := "run the scenario again"
			if s.File != "" {
				again = fmt.Sprintf("run the scenario again: clnrm-tui run --only %q %s", s.Scenario, s.File)
			}
			return usage("service %s belongs to a run of scenario %q by process %d, and a verdict is over one life of its services; %s", s.Service, s.Scenario, s.PID, again)
		},
	}
}
