// Package registrytest is a registry of images for tests: a local HTTP server
// that speaks as much of the distribution API as a pull needs, and fails in the
// ways that registries do.
package registrytest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault is what happens to the layers of an image.
type Fault int

// The faults.
const (
	None    Fault = iota
	Trickle       // a byte now and then
	Cut           // the connection ends in the middle, each time
	Silent        // no answer at all, not even about the image
)

// Registry serves one image under any name.
type Registry struct {
	// Host is "127.0.0.1:PORT", the first part of the names of its images; daemons
	// speak HTTP with registries on loopback.
	Host string

	fault    Fault
	end      chan struct{} // closed with the test: whatever hangs goes on
	blobs    map[string][]byte
	manifest []byte

	mu       sync.Mutex
	requests int // of layers
}

// New starts a registry that ends with the test. Its image has one layer of size
// random bytes.
func New(t testing.TB, fault Fault, size int) *Registry {
	t.Helper()
	r := &Registry{fault: fault, end: make(chan struct{}), blobs: map[string][]byte{}}
	if err := r.fill(size); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(r)
	r.Host = srv.Listener.Addr().String()
	t.Cleanup(func() {
		close(r.end)
		srv.Close()
	})
	return r
}

// Requests counts how often a layer was asked for.
func (r *Registry) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// fill makes the image.
func (r *Registry) fill(size int) error {
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(rand.Uint32())
	}
	var layer bytes.Buffer
	tw := tar.NewWriter(&layer)
	if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "ballast", Mode: 0o644, Size: int64(size)}); err != nil {
		return err
	}
	if _, err := tw.Write(content); err != nil {
		return err
	}
	if err := tw.Close(); err != nil {
		return err
	}
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	if _, err := zw.Write(layer.Bytes()); err != nil {
		return err
	}
	if err := zw.Close(); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(layer.Bytes())}},
	})
	if err != nil {
		return err
	}
	const docker = "application/vnd.docker."
	r.blobs[digest(config)], r.blobs[digest(packed.Bytes())] = config, packed.Bytes()
	r.manifest, err = json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": docker + "distribution.manifest.v2+json",
		"config": descriptor(docker+"container.image.v1+json", config),
		"layers": []any{descriptor(docker+"image.rootfs.diff.tar.gzip", packed.Bytes())},
	})
	return err
}

func digest(p []byte) string {
	sum := sha256.Sum256(p)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func descriptor(media string, p []byte) any {
	return map[string]any{"mediaType": media, "size": len(p), "digest": digest(p)}
}

// ServeHTTP implements http.Handler.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := req.URL.Path
	blob := r.blobs[path[strings.LastIndex(path, "/")+1:]]
	switch {
	case r.fault == Silent:
		r.wait(req, time.Hour)
	case path == "/v2/":
	case strings.Contains(path, "/manifests/"):
		w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.v2+json")
		w.Header().Set("Docker-Content-Digest", digest(r.manifest))
		_, _ = w.Write(r.manifest) // the client may be gone
	case blob != nil:
		w.Header().Set("Content-Length", strconv.Itoa(len(blob)))
		if len(blob) < 4096 { // the configuration
			_, _ = w.Write(blob)
			return
		}
		r.mu.Lock()
		r.requests++
		r.mu.Unlock()
		r.layer(w, req, blob)
	default:
		http.Error(w, fmt.Sprintf("there is no %s", path), http.StatusNotFound)
	}
}

// layer sends a layer, as well as the fault lets it.
func (r *Registry) layer(w http.ResponseWriter, req *http.Request, blob []byte) {
	switch r.fault {
	case Cut:
		_, _ = w.Write(blob[:len(blob)/2])
		panic(http.ErrAbortHandler)
	case Trickle:
		for i := range blob {
			if _, err := w.Write(blob[i : i+1]); err != nil || !r.wait(req, 50*time.Millisecond) {
				return
			}
			w.(http.Flusher).Flush()
		}
	default:
		_, _ = w.Write(blob)
	}
}

// wait waits and reports whether to go on.
func (r *Registry) wait(req *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-req.Context().Done():
	case <-r.end:
	}
	return false
}
