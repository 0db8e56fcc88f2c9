// Command agentmain is the agent alone: what is built from the embedded sources
// and put into containers.
package main

import (
	"fmt"
	"os"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
)

func main() {
	agent.RunIfRequested()
	fmt.Fprintln(os.Stderr, "this program is started by clnrm-tui inside containers")
	os.Exit(2)
}
