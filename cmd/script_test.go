package cmd_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seanchatmangpt/clnrm-tui/cmd"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
)

func TestMain(m *testing.M) {
	// The scripts run this binary as clnrm-tui, which runs itself as its agent
	// and its watchdog.
	agent.RunIfRequested()
	docker.RunWatchdogIfRequested()
	testscript.Main(m, map[string]func(){
		"clnrm-tui": func() { os.Exit(cmd.Execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the command line as a user would; each script is a session.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			// The folder with .git is the project's root.
			return os.MkdirAll(e.WorkDir+"/.git", 0o755)
		},
	})
}
