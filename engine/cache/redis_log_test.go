package cache

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The library logs to the standard error of its process as it was at the start:
// only that of a process of its own shows what a user would see.
func TestRedisLibraryWritesNothingPastOurMessages(t *testing.T) {
	if os.Getenv("CLNRM_TEST_NO_REDIS") != "" {
		if _, err := NewRedis(t.Context(), "redis://127.0.0.1:1"); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%v", err)
		}
		return
	}
	c := exec.Command(os.Args[0], "-test.run=^TestRedisLibraryWritesNothingPastOurMessages$")
	c.Env = append(os.Environ(), "CLNRM_TEST_NO_REDIS=1")
	var stderr strings.Builder
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if stderr.Len() > 0 {
		t.Errorf("standard error:\n%s", stderr.String())
	}
}
