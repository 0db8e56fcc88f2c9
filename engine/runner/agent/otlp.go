package agent

import (
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// keptReasons is how many reasons of refusals are reported.
const keptReasons = 5

// receiver takes OTLP over HTTP and gRPC and sends trace requests over the
// stream. It answers a request only after its frame was written.
type receiver struct {
	out    *wire.Writer
	server *http.Server
	bodies *bodies
	seq    atomic.Uint32
	most   int64         // spans that are accepted
	wait   time.Duration // for requests under way, at the end

	mu        sync.Mutex
	busy      map[net.Conn]http.ConnState // StateNew or StateActive
	counts    wire.Finished
	lastBusy  time.Time
	addresses []string        // where it listens
	accepted  int             // connections, ever
	from      map[string]bool // where they came from; nil before the drain
	came      chan struct{}   // signalled when another has
}

func newReceiver(out *wire.Writer) *receiver {
	r := &receiver{out: out, bodies: newBodies(), most: wire.MaxSpans, wait: drainWait, busy: map[net.Conn]http.ConnState{}, came: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	for signal, service := range services {
		mux.HandleFunc("/v1/"+signal, func(w http.ResponseWriter, req *http.Request) { r.serveHTTP(w, req, signal) })
		mux.HandleFunc(service, func(w http.ResponseWriter, req *http.Request) { r.serveGRPC(w, req, signal) })
	}
	mux.HandleFunc("/", r.strayed)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	r.server = &http.Server{
		Handler:           mux,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
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

// defaultAddresses are where SDKs send to when nobody tells them.
var defaultAddresses = []string{"127.0.0.1:4318", "127.0.0.1:4317", "[::1]:4318", "[::1]:4317"}

// listen opens addresses and returns them with the ports that they have got. A
// container without IPv6 is fine; one where loopback IPv4 is taken is a problem.
func (r *receiver) listen(addresses []string) (listening []string, problem string) {
	for _, addr := range addresses {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			if strings.HasPrefix(addr, "127.") && problem == "" {
				problem = err.Error()
			}
			continue
		}
		r.serve(l)
		listening = append(listening, l.Addr().String())
	}
	return listening, problem
}

// serve serves l until the drain.
func (r *receiver) serve(l net.Listener) {
	r.mu.Lock()
	r.addresses = append(r.addresses, l.Addr().String())
	r.mu.Unlock()
	go func() {
		// Serve ends with ErrServerClosed, at the drain.
		_ = r.server.Serve(l)
	}()
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
	grpcDeadlineExceeded  = 4
	grpcResourceExhausted = 8
	grpcUnimplemented     = 12
	grpcInternal          = 13
	grpcUnavailable       = 14
)

// malformed is the refusal of a request that is not what it claims to be.
func malformed(format string, args ...any) error {
	return &refusal{http.StatusBadRequest, grpcInvalidArgument, fmt.Sprintf(format, args...)}
}

// strayed answers what no signal of OTLP listens to. What was sent there is lost,
// and may have been spans: it is counted. Profiles, a signal that nothing judges
// and whose path is not settled, are not.
func (r *receiver) strayed(w http.ResponseWriter, req *http.Request) {
	text := fmt.Sprintf("%.100q is no path of OTLP, which are /v1/traces, /v1/metrics and /v1/logs", req.URL.Path)
	if req.Method == http.MethodPost && !strings.Contains(req.URL.Path, "profiles") {
		r.refuse(&refusal{text: text}, "unknown signal")
	}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/grpc") {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", strconv.Itoa(grpcUnimplemented))
		w.Header().Set("Grpc-Message", "no such method")
		return
	}
	http.Error(w, text, http.StatusNotFound)
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
	var part partial
	in := r.bodies.from(w, req)
	err = r.bodies.read(in, in, req.Header.Get("Content-Encoding"), func(body []byte) (err error) {
		part, err = r.accept(signal, body, isJSON)
		return err
	})
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
	// The exporter may be gone by now; the request was accepted all the same.
	if isJSON {
		_, _ = w.Write(part.json())
	} else {
		_, _ = w.Write(part.protobuf())
	}
}

// accept sends a trace request over the stream, and counts the others.
func (r *receiver) accept(signal string, body []byte, isJSON bool) (partial, error) {
	if signal != "traces" {
		r.mu.Lock()
		defer r.mu.Unlock()
		if signal == "metrics" {
			r.counts.Metrics++
		} else {
			r.counts.Logs++
		}
		return partial{}, nil
	}
	format, check := wire.FormatProtobuf, checkProtobuf
	if isJSON {
		format, check = wire.FormatJSON, checkJSON
	}
	c, err := check(body)
	if err != nil {
		return partial{}, malformed("not an OTLP trace request: %v", err)
	}
	if c.spans == 0 && c.invalid > 0 {
		return partial{}, malformed("not an OTLP trace request: %v", c.why)
	}
	if !r.reserve(c) {
		return partial{c.spans + c.invalid, fmt.Sprintf("more than %d spans in one run", r.most)}, nil
	}
	if err := r.out.Write(wire.TypeTraces, r.seq.Add(1), []byte{format}, body); err != nil {
		return partial{}, fmt.Errorf("the runner is gone: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Traces++
	if c.invalid > 0 {
		r.counts.Invalid += c.invalid
		r.reason("traces: " + c.why.Error())
		return partial{c.invalid, c.why.Error()}, nil
	}
	return partial{}, nil
}

// reserve counts the spans of a request, unless they are too many.
func (r *receiver) reserve(c content) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts.Spans+c.spans > r.most {
		r.counts.Over += c.spans + c.invalid
		return false
	}
	r.counts.Spans += c.spans
	return true
}

// refuse counts a refused request.
func (r *receiver) refuse(ref *refusal, signal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Rejected++
	text := ref.text
	if text == "" {
		text = http.StatusText(ref.http)
	}
	r.reason(signal + ": " + text)
}

// reason keeps one of the first reasons of refusals. The caller holds the lock.
func (r *receiver) reason(text string) {
	if len(r.counts.Reasons) < keptReasons {
		r.counts.Reasons = append(r.counts.Reasons, text)
	}
}
