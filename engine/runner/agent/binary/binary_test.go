package binary

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// goCommand returns the toolchain, or skips.
func goCommand(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("go")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no Go toolchain")
	}
	return path
}

func TestAgentIsBuiltOnceAndStatic(t *testing.T) {
	b := &Builder{CacheDir: t.TempDir(), Go: goCommand(t)}
	var wg sync.WaitGroup
	paths := make([]string, 2)
	for i := range paths {
		wg.Go(func() {
			var err error
			if paths[i], err = b.Path(t.Context(), runtime.GOARCH); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if paths[0] != paths[1] || !filepath.IsAbs(paths[0]) {
		t.Errorf("paths %v", paths)
	}
	if err := isStatic(paths[0], runtime.GOARCH); err != nil {
		t.Errorf("it cannot run in an empty image: %v", err)
	}
	if err := isStatic(paths[0], "s390x"); err == nil {
		t.Error("it is taken for a program of another architecture")
	}
	before, err := os.Stat(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	b.Go = "/no/such/go"
	again, err := b.Path(t.Context(), runtime.GOARCH)
	if err != nil || again != paths[0] {
		t.Errorf("the second time: %s, %v", again, err)
	}
	if after, err := os.Stat(again); err != nil || !os.SameFile(before, after) {
		t.Error("it was built again")
	}
	left, err := os.ReadDir(b.CacheDir)
	if err != nil || len(left) != 1 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
	out, err := exec.Command(paths[0]).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "inside containers") {
		t.Errorf("started by hand it says %q, %v", out, err)
	}
}

func TestAgentIsBuiltForTheProcessorOfTheDaemon(t *testing.T) {
	b := &Builder{CacheDir: t.TempDir(), Go: goCommand(t)}
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	path, err := b.Path(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	if err := isStatic(path, other); err != nil {
		t.Error(err)
	}
	if err := isStatic(path, runtime.GOARCH); err == nil {
		t.Error("it is taken for a program of this machine")
	}
}

func TestKeyFollowsTheArchitecture(t *testing.T) {
	a, err1 := sourceKey("amd64")
	b, err2 := sourceKey("arm64")
	if err1 != nil || err2 != nil || a == b {
		t.Errorf("%s %s %v %v", a, b, err1, err2)
	}
}

func TestStaticProgramServesWhereThereIsNoToolchain(t *testing.T) {
	static := filepath.Join(t.TempDir(), "static")
	build := exec.Command(goCommand(t), "build", "-o", static, "../agentmain")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := &Builder{CacheDir: t.TempDir(), Self: static}
	if path, err := b.Path(t.Context(), runtime.GOARCH); err != nil || path != static {
		t.Errorf("%s, %v", path, err)
	}
	dynamic, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	b.Self = dynamic
	if _, err := b.Path(t.Context(), runtime.GOARCH); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "linked dynamically") {
		t.Errorf("err = %v", err)
	}
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	b := &Builder{CacheDir: t.TempDir(), Go: goCommand(t)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Path(ctx, runtime.GOARCH); err == nil {
		t.Error("it was built")
	}
	if left, err := os.ReadDir(b.CacheDir); err != nil || len(left) != 0 {
		t.Errorf("the cache holds %v, %v", left, err)
	}
}
