package service

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
)

// loadProgram makes an image around a program and loads it into the daemon. The
// image holds the program, the files that name root and nobody, and /tmp.
func (im *Images) loadProgram(ctx context.Context, name string, program []byte, tag string) (Image, error) {
	layer, err := programLayer(name, program)
	if err != nil {
		return Image{}, fmt.Errorf("make an image around %s: %w", name, err)
	}
	archive, err := imageArchive(layer, im.GOARCH, tag, []string{"/bin/" + name})
	if err != nil {
		return Image{}, fmt.Errorf("make an image around %s: %w", name, err)
	}
	resp, err := im.API.ImageLoad(ctx, archive)
	if err != nil {
		return Image{}, fmt.Errorf("load an image: %w", err)
	}
	defer resp.Close()
	for dec := json.NewDecoder(resp); ; {
		var msg jsonstream.Message
		if err := dec.Decode(&msg); err == io.EOF {
			break
		} else if err != nil {
			return Image{}, fmt.Errorf("load an image: %w", err)
		}
		if msg.Error != nil {
			return Image{}, fmt.Errorf("load an image: %w", msg.Error)
		}
	}
	return im.inspect(ctx, tag)
}

// programLayer is the file system of the image as a tar stream.
func programLayer(name string, program []byte) ([]byte, error) {
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, e := range []struct {
		name string
		mode int64
		text []byte
	}{
		{name: "bin/", mode: 0o755},
		{name: "etc/", mode: 0o755},
		{"etc/passwd", 0o644, []byte("root:x:0:0:root:/:\nnobody:x:65534:65534:nobody:/:\n")},
		{"etc/group", 0o644, []byte("root:x:0:\nnobody:x:65534:\n")},
		{name: "tmp/", mode: 0o1777},
		{"bin/" + name, 0o755, program},
	} {
		if err := addEntry(tw, e.name, e.mode, e.text); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), tw.Close()
}

// addEntry adds a file, or a directory when the name ends in a slash.
func addEntry(tw *tar.Writer, name string, mode int64, text []byte) error {
	hdr := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text)), ModTime: time.Unix(0, 0)}
	if name[len(name)-1] == '/' {
		hdr.Typeflag = tar.TypeDir
	}
	if err := tw.WriteHeader(hdr); err != nil {
		return err
	}
	_, err := tw.Write(text)
	return err
}

// imageArchive wraps one layer as `docker load` reads it (Docker image
// specification 1.2). The same layer always has the same image id.
func imageArchive(layer []byte, goarch, tag string, entrypoint []string) (io.Reader, error) {
	sum := sha256.Sum256(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": goarch,
		"os":           "linux",
		"created":      time.Unix(0, 0).UTC(),
		"config": map[string]any{
			"Entrypoint": entrypoint,
			"Env":        []string{"PATH=/bin"},
			"Labels":     map[string]string{Label: "go_binary"},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
	})
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(config)
	name := hex.EncodeToString(id[:]) + ".json"
	manifest, err := json.Marshal([]map[string]any{{"Config": name, "RepoTags": []string{tag}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, e := range []struct {
		name string
		text []byte
	}{{name, config}, {"layer.tar", layer}, {"manifest.json", manifest}} {
		if err := addEntry(tw, e.name, 0o644, e.text); err != nil {
			return nil, err
		}
	}
	return &b, tw.Close()
}

// programTag names the image around a program by its content.
func programTag(program []byte) string {
	digest := sha256.Sum256(program)
	return "clnrm-go:" + hex.EncodeToString(digest[:12])
}

// Around returns an image that holds nothing but a static program, /bin/NAME,
// which is its entrypoint. The same program always gives the same image.
func (im *Images) Around(ctx context.Context, name string, program []byte) (Image, error) {
	tag := programTag(program)
	img, err := im.inspect(ctx, tag)
	if errdefs.IsNotFound(err) {
		return im.loadProgram(ctx, name, program, tag)
	}
	return img, err
}
