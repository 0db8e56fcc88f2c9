package agent

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// smallBody is how large in bytes a body may become without further ado: a
	// batch of an SDK is far below it.
	smallBody = 1 << 20
	// largeBodies is how many larger ones are held in memory at a time. Further
	// ones wait, which slows exporters down instead of losing spans; small ones
	// do not wait for them.
	largeBodies = 2
	// bodiesAtOnce is how many are held at a time altogether. Together they bound
	// the memory of the receiver: so many times smallBody, and so many large ones.
	bodiesAtOnce = 64
	// stallTimeout is how long a body may bring nothing.
	stallTimeout = 20 * time.Second
	// bodyTimeout is how long it may take altogether, waiting apart.
	bodyTimeout = 60 * time.Second
)

// bodies reads the bodies of requests into memory that is used again.
type bodies struct {
	held  chan struct{} // a token for each body
	large chan struct{} // a further one for each large body
	free  sync.Pool     // of *[]byte, each of smallBody bytes
	limit int           // bytes of a body after decompression

	mu    sync.Mutex
	zips  []*gzip.Reader // a reader is far dearer than what it reads
	stall time.Duration
}

func newBodies() *bodies {
	return &bodies{
		held:  make(chan struct{}, bodiesAtOnce),
		large: make(chan struct{}, largeBodies),
		free:  sync.Pool{New: func() any { p := make([]byte, 0, 64<<10); return &p }},
		limit: wire.MaxTelemetry,
		stall: stallTimeout,
	}
}

// from returns the body of a request as read takes it.
func (b *bodies) from(w http.ResponseWriter, req *http.Request) *patient {
	return &patient{r: req.Body, ctl: http.NewResponseController(w), stall: b.stall, left: bodyTimeout}
}

// read reads and decompresses src, a part of the body in, up to the limit and
// hands it to use. The bytes are only valid during that call.
func (b *bodies) read(in *patient, src io.Reader, encoding string, use func([]byte) error) error {
	b.held <- struct{}{}
	defer func() { <-b.held }()
	switch encoding {
	case "", "identity":
	case "gzip":
		z, err := b.unzip(src)
		if err != nil {
			return in.failed("gzip: %w", err)
		}
		defer b.zipped(z)
		src = z
	default:
		return &refusal{http.StatusUnsupportedMediaType, grpcUnimplemented, fmt.Sprintf("content encoding %q is not supported; gzip is", encoding)}
	}
	kept, _ := b.free.Get().(*[]byte)
	p := (*kept)[:0]
	defer func() {
		if cap(p) <= smallBody {
			*kept = p[:0]
			b.free.Put(kept)
		}
	}()
	holds := false
	defer func() {
		if holds {
			<-b.large
		}
	}()
	for {
		if len(p) == cap(p) {
			if len(p) >= smallBody && !holds {
				b.large <- struct{}{}
				holds = true
			}
			p = append(p, 0)[:len(p)]
		}
		n, err := src.Read(p[len(p):cap(p)])
		p = p[:len(p)+n]
		if len(p) > b.limit {
			return &refusal{http.StatusRequestEntityTooLarge, grpcResourceExhausted, fmt.Sprintf("the request is larger than %d MiB after decompression", b.limit>>20)}
		}
		if err == io.EOF {
			in.over()
			return use(p)
		}
		if err != nil {
			return in.failed("read the request: %w", err)
		}
	}
}

// unzip returns a decompressor of r.
func (b *bodies) unzip(r io.Reader) (*gzip.Reader, error) {
	b.mu.Lock()
	var z *gzip.Reader
	if n := len(b.zips); n > 0 {
		z, b.zips = b.zips[n-1], b.zips[:n-1]
	}
	b.mu.Unlock()
	if z != nil {
		return z, z.Reset(r) // reads: others must not wait for it
	}
	return gzip.NewReader(r)
}

// zipped takes a decompressor back.
func (b *bodies) zipped(z *gzip.Reader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.zips) < 8 {
		b.zips = append(b.zips, z)
	}
}

// patient reads a body and gives up when it stalls.
type patient struct {
	r     io.Reader
	ctl   *http.ResponseController
	stall time.Duration
	left  time.Duration // of the time that the whole body may take
	set   time.Time     // when the deadline was moved last
}

func (p *patient) Read(b []byte) (int, error) {
	begin := time.Now()
	if begin.Sub(p.set) > p.stall/8 {
		// Every connection of the server knows deadlines.
		_ = p.ctl.SetReadDeadline(begin.Add(max(0, min(p.stall, p.left))))
		p.set = begin
	}
	n, err := p.r.Read(b)
	p.left -= time.Since(begin)
	return n, err
}

// over lifts the deadline: the body has been read, and its use may take long.
func (p *patient) over() { _ = p.ctl.SetReadDeadline(time.Time{}) }

// failed is the refusal of a body that could not be read.
func (p *patient) failed(format string, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &refusal{http.StatusRequestTimeout, grpcDeadlineExceeded, "the request did not arrive in time: " + err.Error()}
	}
	return malformed(format, err)
}
