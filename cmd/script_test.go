package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seanchatmangpt/clnrm-tui/cmd"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
)

// asProgram makes this binary the program, for tests that talk to it while it
// runs.
const asProgram = "CLNRM_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	// The scripts run this binary as clnrm-tui, which runs itself as its agent
	// and its watchdog.
	agent.RunIfRequested()
	docker.RunWatchdogIfRequested()
	if os.Getenv(asProgram) != "" {
		os.Exit(cmd.Execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
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
		Condition: func(cond string) (bool, error) {
			if cond != "docker" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			out, err := exec.Command("docker", "version").CombinedOutput()
			if err != nil && os.Getenv("CI") == "true" {
				return false, fmt.Errorf("Docker does not answer: %w\n%s", err, out)
			}
			return err == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN"} {
				out, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return fmt.Errorf("go env %s: %w", name, err)
				}
				e.Setenv(name, strings.TrimSpace(string(out)))
			}
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			e.Setenv("XDG_CACHE_HOME", cache)       // where the agent is kept once built
			e.Setenv("GORACE", "atexit_sleep_ms=0") // not a second at the end of every command
			// The folder with .git is the project's root.
			return os.MkdirAll(e.WorkDir+"/.git", 0o755)
		},
	})
}
