package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// A name that comes to stand for another image is told of, and what it stands for
// is another id then.
func TestTheDaemonTellsWhenANameStandsForAnotherImage(t *testing.T) {
	api := needDocker(t)
	b := newBackend(t)
	name := "clnrm-test-moves:" + strings.ToLower(rand.Text())
	made := func(content string) {
		t.Helper()
		var text bytes.Buffer
		w := tar.NewWriter(&text)
		if err := w.WriteHeader(&tar.Header{Name: "x", Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := api.ImageImport(t.Context(), client.ImageImportSource{Source: &text, SourceName: "-"}, name, client.ImageImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		id, err := b.ImageID(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := api.ImageRemove(context.Background(), id, client.ImageRemoveOptions{Force: true}); err != nil {
				t.Error(err)
			}
		})
	}
	made("one")
	first, err := b.ImageID(t.Context(), name)
	if err != nil || !strings.HasPrefix(first, "sha256:") {
		t.Fatalf("%q, %v", first, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- b.ImagesChanged(ctx, func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
	}()
	made("two")
	limit := time.After(time.Minute)
	for moved := false; !moved; {
		select {
		case <-told:
			id, err := b.ImageID(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			moved = id != first
		case <-limit:
			t.Fatal("nobody told that the image is another")
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it does not say why it ended")
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on after its end")
	}
}
