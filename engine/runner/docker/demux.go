package docker

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// stderrKept is how much of the end of the agent's standard error is kept, in
// bytes: enough for the trace of a crash.
const stderrKept = 4 << 10

// demux reads standard output from the attached stream of a container, in which
// the daemon puts an eight byte header before each piece of either stream
// (Docker Engine API, "Attach to a container"). Standard error is set aside.
type demux struct {
	r    io.Reader
	left int  // bytes left of the current piece
	err  bool // the current piece is standard error

	mu     sync.Mutex
	stderr []byte
}

// Read implements io.Reader.
func (d *demux) Read(p []byte) (int, error) {
	for {
		for d.left == 0 {
			if err := d.header(); err != nil {
				return 0, err
			}
		}
		n, err := d.r.Read(p[:min(len(p), d.left)])
		d.left -= n
		if err == io.EOF && d.left > 0 {
			err = io.ErrUnexpectedEOF
		}
		if !d.err {
			return n, err
		}
		d.mu.Lock()
		d.stderr = append(d.stderr, p[:n]...)
		d.stderr = d.stderr[max(0, len(d.stderr)-stderrKept):]
		d.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
}

// header reads the header of the next piece.
func (d *demux) header() error {
	var h [8]byte
	if _, err := io.ReadFull(d.r, h[:]); err != nil {
		return err
	}
	if h[0] > 2 || h[1] != 0 || h[2] != 0 || h[3] != 0 {
		return fmt.Errorf("the daemon sent something else than an attached stream: % x", h)
	}
	d.err = h[0] == 2
	d.left = int(binary.BigEndian.Uint32(h[4:]))
	return nil
}

// standardError returns the end of what the agent itself complained about.
func (d *demux) standardError() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.stderr)
}
