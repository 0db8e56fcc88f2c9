// Package wire is the language that the runner and the agent inside a container
// speak over one pair of byte streams.
//
// A frame is a nine byte header (length of the payload, type, id; big endian)
// and a payload: JSON for control frames, raw bytes for output and telemetry.
// Frames of one id keep their order. The package knows the shape of frames and
// nothing of processes, containers or sockets; it imports the standard library
// only, because it is compiled into the agent.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Version is the version of the protocol. Both ends must have the same: the
// agent is built from the sources embedded in the runner, so a difference means
// that something else answered.
const Version = 5

// MaxTelemetry is the largest telemetry payload, in bytes after decompression,
// that the agent accepts.
const MaxTelemetry = 64 << 20

// MaxSpans is how many spans an agent accepts in its life. Their number bounds
// what the runner has to hold; beyond it exporters are told that their spans are
// rejected.
const MaxSpans = 1 << 20

// MaxFrame is the largest payload of a frame in bytes: the largest telemetry
// payload and its format byte.
const MaxFrame = MaxTelemetry + 1

// headerSize is the length of the header in bytes: u32 length, u8 type, u32 id.
const headerSize = 9

// Type tells what a frame carries.
type Type uint8

// The frame types. "→" goes to the agent, "←" comes from it.
const (
	TypeHello    Type = iota + 1 // ← Hello, always the first frame
	TypeSetup                    // → Setup, always the first frame
	TypeReady                    // ← Ready, the answer to Setup
	TypeRun                      // → Run: start the process with this id
	TypeStarted                  // ← Started
	TypeStdout                   // ← raw bytes of the process with this id
	TypeStderr                   // ← raw bytes of the process with this id
	TypeExit                     // ← Exit: the last frame of a process, lingering output apart
	TypeKill                     // → Kill: end the process with this id and all it started
	TypeProbe                    // → Probe
	TypeProbed                   // ← Probed
	TypeTraces                   // ← one OTLP trace request: a Format byte, then the body
	TypeFinish                   // → Finish: end everything, then drain
	TypeFinished                 // ← Finished: everything accepted was sent before this frame
	TypeFetch                    // → Fetch: send files out
	TypeFile                     // ← File: the data frames with this id that follow are its content
	TypeData                     // ← raw bytes of the file with this id
	TypeFetched                  // ← Fetched, the answer to Fetch, after the files
	TypeAsked                    // ← somebody beside the stream asks for a restart of the service
	TypeAnswered                 // → Answered, the answer to that
)

// Formats of a TypeTraces payload, its first byte.
const (
	FormatProtobuf byte = 0
	FormatJSON     byte = 1
)

// Hello introduces the agent.
type Hello struct {
	Version int `json:"version"`
	PID     int `json:"pid"`
}

// Setup tells the agent how to prepare before it is used.
type Setup struct {
	Version int  `json:"version"`
	OTLP    bool `json:"otlp"` // listen for OTLP on loopback 4317 and 4318
	// Open are directories that every user of the container may write to.
	Open []string `json:"open,omitempty"`
	// Names asks for /etc/hosts and /etc/resolv.conf of a container without a
	// network, where the engine has left them empty.
	Names bool `json:"names,omitempty"`
	// Host is set when the agent is an ordinary process of the machine instead
	// of process 1 of a container.
	Host *Host `json:"host,omitempty"`
}

// Host tells an agent outside a container what a container would have given. It
// listens for OTLP on a loopback port that the kernel chooses, keeps every
// process that it starts below itself, and ends by removing Dir.
type Host struct {
	Dir    string `json:"dir"`    // absolute; removed with all that is in it
	Memory int64  `json:"memory"` // bytes of private memory per process; 0 means no limit
	Files  int64  `json:"files"`  // open files per process; 0 means no limit
	// Group are the folders of the control group of all that is started; none
	// without one. It is killed and removed at the end.
	Group []string `json:"group,omitempty"`
}

// Ready says what the agent listens on. Problem is set when it could not listen
// on loopback IPv4, or not prepare otherwise.
type Ready struct {
	Listening []string `json:"listening"`
	Problem   string   `json:"problem,omitempty"`
}

// Run asks for one process. Env is complete: nothing is inherited.
type Run struct {
	Argv      []string `json:"argv"`
	Env       []string `json:"env"`
	Dir       string   `json:"dir"`        // "" means "/"
	User      string   `json:"user"`       // USER[:GROUP], names or numbers; "" keeps the agent's
	TimeoutMS int64    `json:"timeout_ms"` // 0 means none
	GraceMS   int64    `json:"grace_ms"`   // between TERM and KILL at the deadline
	// Tell asks for Started; every frame costs each program on the way a wake-up.
	Tell bool `json:"tell,omitempty"`
}

// Started says that a process runs of which Run asks to be told that.
type Started struct {
	PID int `json:"pid"`
}

// Exit says how a process ended.
type Exit struct {
	Code       int    `json:"code"` // -1 when a signal ended it; 126 or 127 with StartError
	Signal     string `json:"signal,omitempty"`
	StartError string `json:"start_error,omitempty"`
	TimedOut   bool   `json:"timed_out,omitempty"`
	// OOM is set when the kernel killed for want of memory in the container while
	// the process ran, and the process did not succeed. Limit and peak are then
	// those of the container, in bytes, where the kernel tells.
	OOM         bool  `json:"oom,omitempty"`
	MemoryLimit int64 `json:"memory_limit,omitempty"`
	MemoryPeak  int64 `json:"memory_peak,omitempty"`
	// Lingering is set when processes that it started still hold its output.
	Lingering  bool  `json:"lingering,omitempty"`
	DurationNS int64 `json:"duration_ns"`
}

// Kill asks for the end of a process and of everything it started: TERM, then
// KILL after the grace.
type Kill struct {
	GraceMS int64 `json:"grace_ms"`
}

// Probe kinds.
const (
	ProbeTCP    = "tcp"    // Target is host:port; it must accept
	ProbeHTTP   = "http"   // Target is a URL; it must answer with one of Statuses, or a 2xx or 3xx status
	ProbeGRPC   = "grpc"   // Target is host:port; grpc.health.v1 there must say that Service is SERVING
	ProbeFile   = "file"   // Target is a path; it must exist
	ProbeSealed = "sealed" // Targets must not be reachable, and there must be no way to them
	ProbeSilent = "silent" // Targets must not answer, although there may be a way towards them
)

// Probe is one attempt to reach something from inside the container.
type Probe struct {
	Kind      string   `json:"kind"`
	Target    string   `json:"target,omitempty"`
	Targets   []string `json:"targets,omitempty"`
	Statuses  []int    `json:"statuses,omitempty"`
	Service   string   `json:"service,omitempty"`
	TimeoutMS int64    `json:"timeout_ms"`
}

// Probed is the outcome of a probe; Detail says why it failed.
type Probed struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Finish asks the agent to end all processes and to drain what was accepted.
type Finish struct {
	GraceMS int64 `json:"grace_ms"`
}

// Finished accounts for what happened in the life of the agent.
type Finished struct {
	Traces   int64    `json:"traces"`              // trace requests sent as TypeTraces
	Spans    int64    `json:"spans"`               // valid spans in them
	Invalid  int64    `json:"invalid"`             // spans without valid ids in accepted requests; exporters were told
	Over     int64    `json:"over"`                // spans beyond MaxSpans; exporters were told
	Metrics  int64    `json:"metrics"`             // metric requests accepted and dropped
	Logs     int64    `json:"logs"`                // log requests accepted and dropped
	Rejected int64    `json:"rejected"`            // requests refused: malformed or over a limit
	Reasons  []string `json:"reasons,omitempty"`   // why requests were refused, the first few
	Killed   []uint32 `json:"killed,omitempty"`    // processes that did not end within the grace
	InFlight int      `json:"in_flight,omitempty"` // requests still unanswered at the end of the drain
}

// Fetch asks for copies of files.
type Fetch struct {
	// Pattern is an absolute path in the container: of a file, of a folder with
	// everything below it, or with *, ? and […].
	Pattern  string `json:"pattern"`
	MaxFiles int    `json:"max_files"`
	MaxBytes int64  `json:"max_bytes"` // of all files together; one that does not fit is left out
}

// File introduces one file.
type File struct {
	Path string `json:"path"` // in the container, absolute
	Size int64  `json:"size"` // bytes; fewer follow when the file became shorter meanwhile
}

// Fetched says how a Fetch went.
type Fetched struct {
	Files        int      `json:"files"`
	Bytes        int64    `json:"bytes"`
	SkippedFiles int      `json:"skipped_files,omitempty"` // files that were left out, or cut short
	Skipped      []string `json:"skipped,omitempty"`       // and why, the first few
	Problem      string   `json:"problem,omitempty"`       // why there is nothing at all
}

// Answered says what became of a request for a restart.
type Answered struct {
	Said    string `json:"said,omitempty"`    // how it went well
	Problem string `json:"problem,omitempty"` // why it did not
}

// ErrFrame marks input that is not a frame of this protocol.
var ErrFrame = errors.New("not a frame of the agent protocol")

// Frame is one frame. Payload is only valid until the next Read of its reader.
type Frame struct {
	Type    Type
	ID      uint32
	Payload []byte
}

// Decode unmarshals the payload of a control frame.
func (f Frame) Decode(v any) error {
	if err := json.Unmarshal(f.Payload, v); err != nil {
		return fmt.Errorf("decode frame of type %d: %w", f.Type, err)
	}
	return nil
}

// Reader reads frames. It is not safe for concurrent use.
type Reader struct {
	r   io.Reader
	buf []byte
}

// NewReader returns a Reader on r, which should be buffered.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

// keep is the largest buffer that a Reader holds on to between frames.
const keep = 1 << 20

// Read returns the next frame. The error is io.EOF at a clean end between two
// frames, io.ErrUnexpectedEOF inside one, and wraps ErrFrame for anything that
// is not a frame.
func (r *Reader) Read() (Frame, error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return Frame{}, err
	}
	n := binary.BigEndian.Uint32(h[:4])
	f := Frame{Type: Type(h[4]), ID: binary.BigEndian.Uint32(h[5:])}
	if f.Type == 0 || f.Type > TypeAnswered {
		return Frame{}, fmt.Errorf("%w: type %d", ErrFrame, f.Type)
	}
	if n > MaxFrame {
		return Frame{}, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFrame, n, MaxFrame)
	}
	var err error
	f.Payload, err = r.payload(int(n))
	return f, err
}

// payload reads n bytes. Memory grows with what arrives, not with what the
// header claims.
func (r *Reader) payload(n int) ([]byte, error) {
	if cap(r.buf) > keep {
		r.buf = nil
	}
	buf := r.buf[:0]
	for len(buf) < n {
		step := min(n-len(buf), keep)
		at := len(buf)
		if cap(buf) < at+step {
			grown := make([]byte, at, min(n, max(2*cap(buf), at+step)))
			copy(grown, buf)
			buf = grown
		}
		buf = buf[:at+step]
		if _, err := io.ReadFull(r.r, buf[at:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	r.buf = buf
	return buf, nil
}

// Writer writes frames. It is safe for concurrent use; a Write blocks for as
// long as the other end does not read, which is how back-pressure reaches the
// programs inside. After an error every further Write returns it.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one frame whose payload is the concatenation of parts.
func (w *Writer) Write(t Type, id uint32, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > MaxFrame {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrFrame, n, MaxFrame)
	}
	var small [headerSize + 4096]byte
	head := small[:headerSize]
	binary.BigEndian.PutUint32(head, uint32(n))
	head[4] = byte(t)
	binary.BigEndian.PutUint32(head[5:], id)
	// A short beginning goes out with the header: a system call less each.
	for len(parts) > 0 && len(head)+len(parts[0]) <= len(small) {
		head = append(head, parts[0]...)
		parts = parts[1:]
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(head)
	for _, p := range parts {
		w.write(p)
	}
	return w.err
}

func (w *Writer) write(p []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(p)
	}
}

// Send writes one control frame.
func (w *Writer) Send(t Type, id uint32, v any) error {
	p, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode frame of type %d: %w", t, err)
	}
	return w.Write(t, id, p)
}
