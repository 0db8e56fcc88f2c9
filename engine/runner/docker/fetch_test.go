package docker

import (
	"bytes"
	"io"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestFilesAreCopiedOutAlsoAfterTheEnd(t *testing.T) {
	t.Parallel()
	be := newBackend(t)
	s := open(t, be, request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	const script = "mkdir -p /out/d && printf one >/out/a && printf two >/out/d/b && ln -s /etc/passwd /out/link"
	if e, err := s.Exec(t.Context(), runner.Command{Service: "box", Argv: []string{"sh", "-c", script}}); err != nil || e.Code != 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := s.Finish(t.Context(), ample); err != nil {
		t.Fatal(err)
	}
	got := map[string]*bytes.Buffer{}
	keep := func(name string) io.Writer {
		got[name] = &bytes.Buffer{}
		return got[name]
	}
	f, err := s.(runner.Fetcher).Fetch(t.Context(), "box", "/out", keep)
	if err != nil || f.Files != 2 || len(f.Missing) != 1 || got["/out/a"].String() != "one" || got["/out/d/b"].String() != "two" {
		t.Errorf("%+v %v %v", f, err, got)
	}
	if _, err := s.(runner.Fetcher).Fetch(t.Context(), "box", "/nowhere", keep); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := s.(runner.Fetcher).Fetch(t.Context(), "nobody", "/out", keep); err == nil {
		t.Error("a service that is not there")
	}
}

func TestImagesAreToldByTheirIDs(t *testing.T) {
	t.Parallel()
	be := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"})
	s := open(t, be, r, &record{})
	id := s.Evidence().Containers[0].Digest
	if got, err := be.ImageID(t.Context(), id); err != nil || got != id {
		t.Errorf("%q, %v; want %q", got, err, id)
	}
	if got, err := be.ImageID(t.Context(), "nobody.invalid/nothing:1"); err != nil || got != "" {
		t.Errorf("an image that is not there: %q, %v", got, err)
	}
}
