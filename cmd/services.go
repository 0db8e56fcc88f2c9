package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) servicesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "services",
		Short: "Look at the services of scenarios that run now, and restart them",
		Long: `Look at the services of scenarios that run now, in this project or any other, by
whichever clnrm-tui process; and restart those of this project.`,
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
	var scenario string
	c := &cobra.Command{
		Use:   "restart SERVICE",
		Short: "Restart a service of a scenario of this project that runs now",
		Long: `Restart a service of a scenario of this project that runs now, and wait until it
is ready again.

Its process ends (SIGTERM, then SIGKILL after 5 s) and is started anew in the
same container, by the clnrm-tui process that runs the scenario; that probes its
readiness as it did the first time. A step that runs meanwhile goes on and may
see it missing.

A verdict is over one life of each service, so the scenario cannot pass any
more: its report says which service was restarted, and it has to be run again.
What belongs to another project is not touched.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := servicesNamed(c, args[0])
			if err != nil {
				return err
			}
			if scenario != "" {
				list = slices.DeleteFunc(list, func(s engine.RunningService) bool { return s.Scenario != scenario })
			}
			switch len(list) {
			case 0:
				return usage("no service %q runs in a scenario %q; `clnrm-tui services status` lists those that do", args[0], scenario)
			case 1:
			default:
				var names []string
				for _, s := range list {
					names = append(names, fmt.Sprintf("%q of process %d", s.Scenario, s.PID))
				}
				return usage("service %q runs in %d scenarios: %s; choose with --scenario NAME", args[0], len(list), strings.Join(names, ", "))
			}
			dir, err := os.Getwd()
			if err != nil {
				return err
			}
			s := list[0]
			said, err := engine.RestartService(c.Context(), dir, s)
			if err != nil {
				return err
			}
			a.progressf("scenario %q of %s cannot pass any more; when it is over: clnrm-tui run --only %q %s", s.Scenario, s.File, s.Scenario, s.File)
			_, err = fmt.Fprintf(a.stdout, "%s %s\n", s.Service, said)
			return err
		},
	}
	c.Flags().StringVar(&scenario, "scenario", "", "the scenario whose service is meant, by its name")
	return c
}
