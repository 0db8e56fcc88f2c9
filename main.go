// Command clnrm-tui runs hermetic integration tests whose proof is telemetry;
// see package cmd for its commands.
package main

import (
	"os"

	"github.com/seanchatmangpt/clnrm-tui/cmd"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
)

func main() {
	// The same binary is the process inside containers and the watchdog beside
	// the program; neither returns when it was asked for.
	agent.RunIfRequested()
	docker.RunWatchdogIfRequested()
	os.Exit(cmd.Execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
