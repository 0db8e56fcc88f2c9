package agent

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// bodyTimeout bounds how long one request may take to arrive.
	bodyTimeout = 60 * time.Second
	// bodiesAtOnce bounds how many requests are held in memory at a time;
	// further ones wait, which slows exporters down instead of losing spans.
	bodiesAtOnce = 4
	// drainWait bounds how long requests under way are awaited at the end.
	drainWait = 10 * time.Second
	// quiet is how long no connection may be busy before the drain is over.
	quiet = 10 * time.Millisecond
	// keptReasons is how many reasons of refusals are reported.
	keptReasons = 5
)

// receiver takes OTLP over HTTP and gRPC and sends trace requests over the
// stream. It answers a request only after its frame was written.
type receiver struct {
	out    *wire.Writer
	server *http.Server
	bodies chan struct{}
	seq    atomic.Uint32

	mu       sync.Mutex
	busy     map[net.Conn]bool
	counts   wire.Finished
	lastBusy time.Time
}

func newReceiver(out *wire.Writer) *receiver {
	r := &receiver{out: out, bodies: make(chan struct{}, bodiesAtOnce), busy: map[net.Conn]bool{}}
	mux := http.NewServeMux()
	for signal, service := range services {
		mux.HandleFunc("/v1/"+signal, func(w http.ResponseWriter, req *http.Request) { r.serveHTTP(w, req, signal) })
		mux.HandleFunc(service, func(w http.ResponseWriter, req *http.Request) { r.serveGRPC(w, req, signal) })
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	r.server = &http.Server{
		Handler:           mux,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       bodyTimeout,
		ConnState:         r.connState,
		// What the server would log is what a client did wrong; the client is
		// told, and standard error of the agent is for its own crashes.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return r
}

// services are the gRPC methods of OTLP by signal.
var services = map[string]string{
	"traces":  "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	"metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
	"logs":    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}

// listen opens the addresses that SDKs use by default. A container without
// IPv6 is fine; one where loopback IPv4 is taken is a problem.
func (r *receiver) listen() (listening []string, problem string) {
	for _, addr := range []string{"127.0.0.1:4318", "127.0.0.1:4317", "[::1]:4318", "[::1]:4317"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			if strings.HasPrefix(addr, "127.") && problem == "" {
				problem = err.Error()
			}
			continue
		}
		r.serve(l)
		listening = append(listening, addr)
	}
	return listening, problem
}

// serve serves l until the drain.
func (r *receiver) serve(l net.Listener) {
	go func() {
		// Serve ends with ErrServerClosed, at the drain.
		_ = r.server.Serve(l)
	}()
}

// connState keeps account of the connections on which a request may be under way.
func (r *receiver) connState(c net.Conn, s http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastBusy = time.Now()
	if s == http.StateNew || s == http.StateActive {
		r.busy[c] = true
	} else {
		delete(r.busy, c)
	}
}

// drain waits until no request is under way, closes, and returns the account.
// By now every program has ended, so no new connection is made, but requests
// that were sent before may still wait to be read.
func (r *receiver) drain() wire.Finished {
	limit := time.Now().Add(drainWait)
	begin := time.Now()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for now := begin; now.Before(limit); now = <-tick.C {
		r.mu.Lock()
		since := max(begin.UnixNano(), r.lastBusy.UnixNano())
		over := len(r.busy) == 0 && now.UnixNano()-since >= int64(quiet)
		r.mu.Unlock()
		if over {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.InFlight = len(r.busy)
	// What is still open holds no request, or was counted as in flight.
	go func() { _ = r.server.Close() }()
	return r.counts
}

// refusal is why a request was not accepted.
type refusal struct {
	http int // status
	grpc int // code
	text string
}

func (e *refusal) Error() string { return e.text }

// The gRPC status codes that are used.
const (
	grpcInvalidArgument   = 3
	grpcResourceExhausted = 8
	grpcUnimplemented     = 12
	grpcInternal          = 13
	grpcUnavailable       = 14
)

// malformed is the refusal of a request that is not what it claims to be.
func malformed(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, grpcInvalidArgument, fmt.Sprintf(format, args...)}
}

// serveHTTP is OTLP/HTTP.
func (r *receiver) serveHTTP(w http.ResponseWriter, req *http.Request, signal string) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "OTLP requests are POST requests", http.StatusMethodNotAllowed)
		return
	}
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-protobuf" && kind != "application/json" {
		r.refuse(&refusal{http: http.StatusUnsupportedMediaType}, signal)
		http.Error(w, "the content type must be application/x-protobuf or application/json", http.StatusUnsupportedMediaType)
		return
	}
	isJSON := kind == "application/json"
	r.bodies <- struct{}{}
	defer func() { <-r.bodies }()
	body, err := readBody(req.Body, req.Header.Get("Content-Encoding"))
	if err == nil {
		err = r.accept(signal, body, isJSON)
	}
	if err != nil {
		status := http.StatusServiceUnavailable
		var ref *refusal
		if errors.As(err, &ref) {
			status = ref.http
			r.refuse(ref, signal)
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.Header().Set("Content-Type", kind)
	if isJSON {
		// The exporter may be gone by now; the request was accepted all the same.
		_, _ = io.WriteString(w, "{}")
	}
}

// accept sends a trace request over the stream, and counts the others.
func (r *receiver) accept(signal string, body []byte, isJSON bool) error {
	if signal != "traces" {
		r.mu.Lock()
		defer r.mu.Unlock()
		if signal == "metrics" {
			r.counts.Metrics++
		} else {
			r.counts.Logs++
		}
		return nil
	}
	format := wire.FormatProtobuf
	check := checkProtobuf
	if isJSON {
		format, check = wire.FormatJSON, checkJSON
	}
	if err := check(body); err != nil {
		return malformed("not an OTLP trace request: %v", err)
	}
	if err := r.out.Write(wire.TypeTraces, r.seq.Add(1), []byte{format}, body); err != nil {
		return fmt.Errorf("the runner is gone: %w", err)
	}
	r.mu.Lock()
	r.counts.Traces++
	r.mu.Unlock()
	return nil
}

// refuse counts a refused request.
func (r *receiver) refuse(ref *refusal, signal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Rejected++
	if len(r.counts.Reasons) < keptReasons {
		text := ref.text
		if text == "" {
			text = http.StatusText(ref.http)
		}
		r.counts.Reasons = append(r.counts.Reasons, signal+": "+text)
	}
}

// readBody reads and decompresses a body up to the limit.
func readBody(body io.Reader, encoding string) ([]byte, error) {
	switch encoding {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, malformed("gzip: %v", err)
		}
		body = z
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, grpcUnimplemented, fmt.Sprintf("content encoding %q is not supported; gzip is", encoding)}
	}
	p, err := io.ReadAll(io.LimitReader(body, wire.MaxTelemetry+1))
	if err != nil {
		return nil, malformed("read the request: %v", err)
	}
	if len(p) > wire.MaxTelemetry {
		return nil, &refusal{http.StatusRequestEntityTooLarge, grpcResourceExhausted, fmt.Sprintf("the request is larger than %d MiB after decompression", wire.MaxTelemetry>>20)}
	}
	return p, nil
}
