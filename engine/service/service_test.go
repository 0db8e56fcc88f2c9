package service

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting is a daemon whose expensive calls are counted.
type counting struct {
	*client.Client
	mu            sync.Mutex
	builds, loads int
}

func (c *counting) ImageBuild(ctx context.Context, r io.Reader, o client.ImageBuildOptions) (client.ImageBuildResult, error) {
	c.mu.Lock()
	c.builds++
	c.mu.Unlock()
	return c.Client.ImageBuild(ctx, r, o)
}

func (c *counting) ImageLoad(ctx context.Context, r io.Reader, o ...client.ImageLoadOption) (client.ImageLoadResult, error) {
	c.mu.Lock()
	c.loads++
	c.mu.Unlock()
	return c.Client.ImageLoad(ctx, r, o...)
}

// images returns Images on the machine's daemon. Where none answers the test is
// skipped, unless this is CI.
func images(t *testing.T) (*Images, *counting) {
	t.Helper()
	api, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	arch := map[string]string{"x86_64": "amd64", "aarch64": "arm64"}[info.Info.Architecture]
	c := &counting{Client: api}
	return &Images{API: c, GOARCH: arch, CacheDir: t.TempDir()}, c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func resolve(t *testing.T, im *Images, dir string, s *spec.Service) (Image, []string) {
	t.Helper()
	var progress []string
	img, err := im.Resolve(t.Context(), dir, s, func(text string) { progress = append(progress, text) })
	if err != nil {
		t.Fatal(err)
	}
	return img, progress
}

// unique is text that no other run has built.
func unique(t *testing.T) string { return t.Name() + time.Now().String() }

// forget removes images that a test made.
func forget(t *testing.T, c *counting, imgs ...Image) {
	t.Cleanup(func() {
		for _, img := range imgs {
			if _, err := c.ImageRemove(context.Background(), img.Name, client.ImageRemoveOptions{Force: true, PruneChildren: true}); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestImageIsBuiltWhenItsContextChangesAndOnlyThen(t *testing.T) {
	im, c := images(t)
	dir := t.TempDir()
	svc := &spec.Service{Name: "a", Build: &spec.Build{Context: "ctx"}}
	write(t, filepath.Join(dir, "ctx/Dockerfile"), "FROM scratch\nCOPY data /data\nENTRYPOINT [\"/data\"]\nCMD [\"x\"]\nENV A=b\nUSER 7\nWORKDIR /w\n")
	write(t, filepath.Join(dir, "ctx/data"), unique(t))
	write(t, filepath.Join(dir, "ctx/.dockerignore"), "*.log\nsecret\n")

	first, progress := resolve(t, im, dir, svc)
	if c.builds != 1 || !slices.Contains(progress, "Step 1/7 : FROM scratch") && !strings.Contains(strings.Join(progress, "\n"), "Step 1/") {
		t.Errorf("%d builds, progress %v", c.builds, progress)
	}
	if !slices.Equal(first.Command(nil), []string{"/data", "x"}) || !slices.Equal(first.Command([]string{"y"}), []string{"/data", "y"}) {
		t.Errorf("command %v, %v", first.Command(nil), first.Command([]string{"y"}))
	}
	if first.User != "7" || first.Workdir != "/w" || !slices.Contains(first.Env, "A=b") || !strings.HasPrefix(first.ID, "sha256:") {
		t.Errorf("image %+v", first)
	}

	write(t, filepath.Join(dir, "ctx/debug.log"), "ignored")
	write(t, filepath.Join(dir, "ctx/secret/key"), "ignored")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			img, err := im.Resolve(t.Context(), dir, svc, func(string) {})
			if err != nil || img.ID != first.ID {
				t.Errorf("%+v, %v", img, err)
			}
		})
	}
	wg.Wait()
	if c.builds != 1 {
		t.Errorf("%d builds although nothing changed", c.builds)
	}

	write(t, filepath.Join(dir, "ctx/data"), unique(t))
	second, _ := resolve(t, im, dir, svc)
	if c.builds != 2 || second.ID == first.ID {
		t.Errorf("%d builds after a change", c.builds)
	}
	// A checkout elsewhere, with other times, has the same content.
	elsewhere := t.TempDir()
	if err := os.CopyFS(filepath.Join(elsewhere, "ctx"), os.DirFS(filepath.Join(dir, "ctx"))); err != nil {
		t.Fatal(err)
	}
	if again, _ := resolve(t, im, elsewhere, svc); c.builds != 2 || again.ID != second.ID {
		t.Errorf("%d builds after a copy", c.builds)
	}
	forget(t, c, first, second)
}

func TestOldGenerationsOfAnImageAreRemoved(t *testing.T) {
	im, c := images(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY data /\n")
	svc := &spec.Service{Name: "a", Build: &spec.Build{Context: "."}}
	var made []Image
	for range generations + 2 {
		write(t, filepath.Join(dir, "data"), unique(t))
		img, _ := resolve(t, im, dir, svc)
		made = append(made, img)
	}
	for i, img := range made {
		_, err := c.ImageInspect(t.Context(), img.Name)
		if kept := err == nil; kept != (i >= 2) {
			t.Errorf("generation %d: kept = %v", i, kept)
		}
	}
	forget(t, c, made[2:]...)
}

func TestConcurrentBuildsOfOneContextAreOne(t *testing.T) {
	im, c := images(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY data /\n")
	write(t, filepath.Join(dir, "data"), unique(t))
	svc := &spec.Service{Name: "a", Build: &spec.Build{Context: "."}}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := im.Resolve(t.Context(), dir, svc, func(string) {}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if c.builds != 1 {
		t.Errorf("%d builds", c.builds)
	}
	img, _ := resolve(t, im, dir, svc)
	forget(t, c, img)
}

func TestWhatDoesNotBuildSaysWhoseFaultItIs(t *testing.T) {
	im, _ := images(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bad/Dockerfile"), "FROM scratch\nCOPY missing /\n")
	write(t, filepath.Join(dir, "base/Dockerfile"), "FROM localhost:1/no/such:image\n")
	write(t, filepath.Join(dir, "none/file"), "")
	write(t, filepath.Join(dir, "go/go.mod"), "module example.test\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "go/main.go"), "package main\n\nfunc main() { undefined() }\n")
	var build *BuildError
	var missing *UnavailableError
	for _, tc := range []struct {
		name string
		svc  *spec.Service
		as   any
		want string
	}{
		{"step that fails", &spec.Service{Build: &spec.Build{Context: "bad"}}, &build, "the image does not build"},
		{"no Dockerfile", &spec.Service{Build: &spec.Build{Context: "none"}}, &build, "no such file"},
		{"no context", &spec.Service{Build: &spec.Build{Context: "nowhere"}}, &build, "no such file"},
		{"base image that is not there", &spec.Service{Build: &spec.Build{Context: "base"}}, &missing, "the base image"},
		{"image that is not there", &spec.Service{Image: "localhost:1/no/such:image"}, &missing, "is not on this machine and could not be pulled"},
		{"Go program that does not compile", &spec.Service{Plugin: "go_binary", Package: "./go"}, &build, "go build ./go failed"},
		{"unknown plugin", &spec.Service{Plugin: "postgres"}, &build, "there are generic_container, go_binary, network_service"},
		{"nothing", &spec.Service{}, &build, "neither image nor build"},
		{"no package", &spec.Service{Plugin: "go_binary"}, &build, "needs package"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := im.Resolve(t.Context(), dir, tc.svc, func(string) {})
			if !errors.As(err, tc.as) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %T %v, want %q", err, err, tc.want)
			}
		})
	}
	_, err := im.Resolve(t.Context(), dir, &spec.Service{Plugin: "go_binary", Package: "./go"}, func(string) {})
	if !errors.As(err, &build) || !strings.Contains(build.Log, "undefined: undefined") {
		t.Errorf("the log of the build is %q", build.Log)
	}
}

func TestGoProgramIsBuiltWhenItsInputsChangeAndOnlyThen(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Fatal(err)
	}
	im, c := images(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "cmd/tool/main.go"), "package main\n\nimport (\n\t_ \"embed\"\n\t\"example.test/lib\"\n)\n\n//go:embed data.txt\nvar data string\n\nfunc main() { print(lib.Text + data) }\n")
	write(t, filepath.Join(dir, "cmd/tool/data.txt"), "one")
	write(t, filepath.Join(dir, "lib/lib.go"), "package lib\n\nconst Text = \"a\"\n")
	age(t, dir)
	svc := &spec.Service{Name: "a", Plugin: "go_binary", Package: "cmd/tool"}

	first, progress := resolve(t, im, dir, svc)
	if len(progress) != 1 || c.loads != 1 {
		t.Errorf("progress %v, %d loads", progress, c.loads)
	}
	if !first.Installed || first.Command(nil) != nil || !slices.Equal(first.Entrypoint, []string{"/bin/tool"}) {
		t.Errorf("image %+v", first)
	}
	again, progress := resolve(t, im, dir, svc)
	if again.ID != first.ID || len(progress) != 0 {
		t.Errorf("unchanged inputs: progress %v", progress)
	}
	withArgs, _ := resolve(t, im, dir, &spec.Service{Name: "a", Plugin: "go_binary", Package: "cmd/tool", Args: []string{"x"}})
	if !slices.Equal(withArgs.Command([]string{"x"}), []string{"/bin/tool", "x"}) {
		t.Errorf("with args: %v", withArgs.Command([]string{"x"}))
	}

	for _, s := range []*spec.Service{{Args: []string{}}, {Ready: []*spec.Ready{{Kind: spec.ReadyTCP}}}, {Ports: []int{80}}} {
		s.Name, s.Plugin, s.Package = "a", "go_binary", "cmd/tool"
		if started, _ := resolve(t, im, dir, s); !slices.Equal(started.Command(s.Args), []string{"/bin/tool"}) {
			t.Errorf("%+v starts %v", s, started.Command(s.Args))
		}
	}

	made := []Image{first}
	for _, change := range []struct{ file, text string }{
		{"lib/lib.go", "package lib\n\nconst Text = \"b\"\n"},
		{"cmd/tool/data.txt", "two"},
		{"cmd/tool/more.go", "package main\n\nfunc init() { print(1) }\n"},
	} {
		write(t, filepath.Join(dir, change.file), change.text)
		img, _ := resolve(t, im, dir, svc)
		if img.ID == made[len(made)-1].ID {
			t.Errorf("a change of %s is not seen", change.file)
		}
		made = append(made, img)
	}
	// Another process, which remembers nothing, comes to the same image.
	fresh := &Images{API: c, GOARCH: im.GOARCH, CacheDir: t.TempDir()}
	loads := c.loads
	if img, _ := resolve(t, fresh, dir, svc); img.ID != made[len(made)-1].ID || c.loads != loads {
		t.Error("the same inputs give another image elsewhere")
	}
	forget(t, c, made...)
}

// age makes the files of a directory old enough that their times can be trusted.
func age(t *testing.T, dir string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, old, old)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestContextHasWhatTheIgnoreFileLeaves(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"Dockerfile", "a.txt", "b.log", "keep.log", "dir/c.txt", "dir/d.log", "out/e.txt"} {
		write(t, filepath.Join(dir, name), name)
	}
	if err := os.Symlink("a.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		ignore string
		want   []string
	}{
		{"", []string{"Dockerfile", "a.txt", "b.log", "dir", "dir/c.txt", "dir/d.log", "keep.log", "link", "out", "out/e.txt"}},
		{"**/*.log\n!keep.log\nout\n", []string{".dockerignore", "Dockerfile", "a.txt", "dir", "dir/c.txt", "keep.log", "link"}},
		{"*\n", []string{"Dockerfile"}},
	} {
		if tc.ignore != "" {
			write(t, filepath.Join(dir, ".dockerignore"), tc.ignore)
		}
		files, err := contextFiles(dir, "Dockerfile")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.name)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q leaves %v, want %v", tc.ignore, got, tc.want)
		}
	}
}

func TestProgramNames(t *testing.T) {
	for pkg, want := range map[string]string{"./cmd/shop": "shop", "cmd/shop": "shop", ".": "here", "example.test/x/y": "y"} {
		if got := programName("/somewhere/here", pkg); got != want {
			t.Errorf("%s is called %s", pkg, got)
		}
	}
}

func BenchmarkUnchangedGoProgram(b *testing.B) {
	api, err := client.New(client.FromEnv)
	if err != nil {
		b.Fatal(err)
	}
	defer api.Close()
	im := &Images{API: api, GOARCH: "amd64", CacheDir: b.TempDir()}
	svc := &spec.Service{Name: "a", Plugin: "go_binary", Package: "../runner/docker/testdata/shop"}
	if _, err := im.Resolve(b.Context(), ".", svc, func(string) {}); err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		if _, err := im.Resolve(b.Context(), ".", svc, func(string) {}); err != nil {
			b.Fatal(err)
		}
	}
}
