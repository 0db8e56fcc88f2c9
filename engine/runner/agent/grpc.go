package agent

import (
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// serveGRPC is the unary Export call of OTLP/gRPC, as the gRPC over HTTP2
// protocol describes it: one length-prefixed message each way and the status in
// the trailers.
func (r *receiver) serveGRPC(w http.ResponseWriter, req *http.Request, signal string) {
	if req.ProtoMajor != 2 || !strings.HasPrefix(req.Header.Get("Content-Type"), "application/grpc") {
		http.Error(w, "this is a gRPC method", http.StatusUnsupportedMediaType)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Trailer", "Grpc-Status, Grpc-Message")
	var part partial
	err := r.readMessage(w, req, func(body []byte) (err error) {
		part, err = r.accept(signal, body, false)
		return err
	})
	if err != nil {
		code := grpcUnavailable
		var ref *refusal
		if errors.As(err, &ref) {
			code = ref.grpc
			r.refuse(ref, signal)
		}
		w.WriteHeader(http.StatusOK)
		h.Set("Grpc-Status", strconv.Itoa(code))
		h.Set("Grpc-Message", url.PathEscape(err.Error()))
		return
	}
	message := part.protobuf()
	answer := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	// The exporter may be gone by now; the request was accepted all the same.
	_, _ = w.Write(append(answer, message...))
	h.Set("Grpc-Status", "0")
}

// readMessage reads the one message of a unary call and hands it to use.
func (r *receiver) readMessage(w http.ResponseWriter, req *http.Request, use func([]byte) error) error {
	in := r.bodies.from(w, req)
	var prefix [5]byte
	if _, err := io.ReadFull(in, prefix[:]); err != nil {
		return in.failed("read the message: %w", err)
	}
	n := binary.BigEndian.Uint32(prefix[1:])
	if n > wire.MaxTelemetry {
		return &refusal{http.StatusRequestEntityTooLarge, grpcResourceExhausted, "the message is larger than " + strconv.Itoa(wire.MaxTelemetry>>20) + " MiB"}
	}
	encoding := ""
	if prefix[0] == 1 {
		encoding = req.Header.Get("Grpc-Encoding")
		if encoding == "" {
			return &refusal{http.StatusBadRequest, grpcInternal, "the message is compressed and no grpc-encoding is given"}
		}
	}
	counted := &countingReader{r: io.LimitReader(in, int64(n))}
	return r.bodies.read(in, counted, encoding, func(body []byte) error {
		// A decompressor may stop before the last byte; the message must be whole.
		if _, err := io.Copy(io.Discard, counted); err != nil {
			return malformed("read the message: %v", err)
		}
		if counted.n != int64(n) {
			return malformed("the message ends after %d of %d bytes", counted.n, n)
		}
		return use(body)
	})
}

// countingReader counts what was read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
