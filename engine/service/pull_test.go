package service

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/service/registrytest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestImageIsPulledOnceWithTheProgressOfItsLayers(t *testing.T) {
	im, c := images(t)
	r := registrytest.New(t, registrytest.None, 1<<20)
	name := r.Host + "/app:1"
	var layers []Layer
	pulled, err := im.Pull(t.Context(), name, func(l Layer) { layers = append(layers, l) })
	if err != nil || !pulled {
		t.Fatalf("%v, %v", pulled, err)
	}
	forget(t, c, Image{Name: name})
	bytes := int64(0)
	for _, l := range layers {
		bytes = max(bytes, l.Current)
	}
	if bytes < 1<<19 {
		t.Errorf("the progress ends at %d bytes: %v", bytes, layers)
	}
	if pulled, err := im.Pull(t.Context(), name, func(Layer) { t.Error("what is there is pulled again") }); err != nil || pulled {
		t.Errorf("%v, %v", pulled, err)
	}
	if img, _ := resolve(t, im, "", &spec.Service{Image: name}); !strings.HasPrefix(img.ID, "sha256:") {
		t.Errorf("%+v", img)
	}
	if n := r.Requests(); n != 1 {
		t.Errorf("the layer was asked for %d times", n)
	}
}

// TestRegistryThatFailsIsToldWithTheImageAndTheLayer is fault F10.
func TestRegistryThatFailsIsToldWithTheImageAndTheLayer(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		host  string
		fault registrytest.Fault
		says  string
	}{
		"nobody listens":      {host: refused.Addr().String(), says: "connection refused"},
		"silence":             {fault: registrytest.Silent, says: "answered within"},
		"a byte now and then": {fault: registrytest.Trickle, says: "Pulling fs layer"},
		"cut in the middle":   {fault: registrytest.Cut, says: "nothing has moved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			im, _ := images(t)
			im.Stall = 3 * time.Second
			if tc.host == "" {
				tc.host = registrytest.New(t, tc.fault, 1<<20).Host
			}
			image := tc.host + "/app:1"
			begin := time.Now()
			_, err := im.Resolve(t.Context(), "", &spec.Service{Image: image}, func(string) {})
			var missing *UnavailableError
			if !errors.As(err, &missing) || !strings.Contains(missing.What, image) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// success is the answer to a pull, whatever came of it.
type success struct{ io.ReadCloser }

func (s success) JSONMessages(context.Context) iter.Seq2[jsonstream.Message, error] {
	return func(yield func(jsonstream.Message, error) bool) {
		for d := json.NewDecoder(s); d.More(); {
			var m jsonstream.Message
			if err := d.Decode(&m); !yield(m, err) {
				return
			}
		}
	}
}

func (success) Wait(context.Context) error { return nil }

// lying is a daemon that says of every pull that it was a success.
type lying struct{ *client.Client }

func (lying) ImagePull(context.Context, string, client.ImagePullOptions) (client.ImagePullResponse, error) {
	return success{io.NopCloser(strings.NewReader(`{"status":"Pulling from app","id":"1"}` + "\n" + `{"status":"Status: Downloaded newer image"}` + "\n"))}, nil
}

// TestPullThatBroughtNothingIsAFailure is fault F11.
func TestPullThatBroughtNothingIsAFailure(t *testing.T) {
	im, c := images(t)
	im.API = lying{c.Client}
	_, err := im.Resolve(t.Context(), "", &spec.Service{Image: "no.such.host.invalid/app:1"}, func(string) {})
	var missing *UnavailableError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "it is not there") {
		t.Errorf("err = %v", err)
	}
}

func TestMovementIsToldFromNoise(t *testing.T) {
	m := movement{seen: map[string]Layer{}}
	for i, tc := range []struct {
		l    Layer
		want bool
	}{
		{Layer{Status: "Pulling from app"}, true},
		{Layer{ID: "a", Status: "Waiting"}, true},
		{Layer{ID: "a", Status: "Waiting"}, false},
		{Layer{ID: "a", Status: "Downloading", Current: 1, Total: 1 << 20}, true},
		{Layer{ID: "a", Status: "Downloading", Current: 100, Total: 1 << 20}, false},
		{Layer{ID: "a", Status: "Downloading", Current: 1 << 17, Total: 1 << 20}, true},
		{Layer{ID: "a", Status: "Retrying in 5 seconds"}, false},
		{Layer{Status: "Pulling from app"}, false},
		{Layer{ID: "a", Status: "Extracting", Current: 1, Total: 1 << 20}, true},
	} {
		if got := m.moved(tc.l); got != tc.want {
			t.Errorf("%d: %v: moved = %v", i, tc.l, got)
		}
	}
}
