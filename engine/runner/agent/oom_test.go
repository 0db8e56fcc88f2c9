package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

func TestWantOfMemoryOfOthersIsNotThatOfALocalRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "memory.events")
	if err := os.WriteFile(file, []byte("oom 4\noom_kill 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := oomFiles
	oomFiles = []string{file}
	t.Cleanup(func() { oomFiles = files })
	if got := (&agent{}).oomKills(); got != 3 {
		t.Errorf("in a container, whose count is its own: %d, want 3", got)
	}
	if got := (&agent{host: &wire.Host{}}).oomKills(); got != 0 {
		t.Errorf("on the host, whose count is everybody's: %d, want 0", got)
	}
}
