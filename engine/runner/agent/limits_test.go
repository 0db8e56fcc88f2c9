package agent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// mixed is a request with a valid span and one whose parent id is too short.
func mixed() *collector.ExportTraceServiceRequest {
	r := request()
	ss := r.ResourceSpans[0].ScopeSpans[0]
	ss.Spans = append(ss.Spans, &tracepb.Span{
		TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{3}, 8), ParentSpanId: []byte{1, 2}, Name: "b",
	})
	return r
}

const mixedJSON = `{"resourceSpans":[{"scopeSpans":[{"spans":[
 {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"},
 {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060709","parentSpanId":"0102","name":"b"}]}]}]}`

// export sends a request in one of the three forms and returns the answer.
func export(t *testing.T, form, addr string, m *collector.ExportTraceServiceRequest, text string) *collector.ExportTraceServiceResponse {
	t.Helper()
	answer := &collector.ExportTraceServiceResponse{}
	if form == "grpc" {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if answer, err = collector.NewTraceServiceClient(conn).Export(ctx, m); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	kind, body := "application/x-protobuf", marshal(t, m)
	if form == "json" {
		kind, body = "application/json", []byte(text)
	}
	resp, err := http.Post("http://"+addr+"/v1/traces", kind, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != kind {
		t.Fatalf("%s %v: %s, %v", resp.Status, resp.Header, got, err)
	}
	http.DefaultClient.CloseIdleConnections()
	if form == "protobuf" {
		if err := proto.Unmarshal(got, answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	var said struct {
		PartialSuccess *struct {
			RejectedSpans int64 `json:",string"`
			ErrorMessage  string
		}
	}
	if err := json.Unmarshal(got, &said); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if p := said.PartialSuccess; p != nil {
		answer.PartialSuccess = &collector.ExportTracePartialSuccess{RejectedSpans: p.RejectedSpans, ErrorMessage: p.ErrorMessage}
	}
	return answer
}

func TestSpansWithoutValidIDsAreToldAsAPartialSuccess(t *testing.T) {
	for _, form := range []string{"protobuf", "json", "grpc"} {
		t.Run(form, func(t *testing.T) {
			var sent bytes.Buffer
			r, addr := listening(t, &sent)
			p := export(t, form, addr, mixed(), mixedJSON).PartialSuccess
			if p.GetRejectedSpans() != 1 || !strings.Contains(p.GetErrorMessage(), "parent span id") {
				t.Errorf("answer %v", p)
			}
			if f := r.drain(); f.Traces != 1 || f.Spans != 1 || f.Invalid != 1 || f.Rejected != 0 || len(f.Reasons) != 1 {
				t.Errorf("account %+v", f)
			}
			if got := payloads(t, &sent); len(got) != 1 {
				t.Errorf("%d payloads", len(got))
			}
		})
	}
}

func TestSpansBeyondTheLimitAreRefusedAndCounted(t *testing.T) {
	const one = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"}]}]}]}`
	for _, form := range []string{"protobuf", "json", "grpc"} {
		t.Run(form, func(t *testing.T) {
			var sent bytes.Buffer
			r, addr := listening(t, &sent)
			r.most = 2
			for i, rejected := range []int64{0, 0, 1, 1} {
				p := export(t, form, addr, request(), one).PartialSuccess
				if p.GetRejectedSpans() != rejected || (p.GetErrorMessage() != "") != (rejected > 0) {
					t.Errorf("request %d: answer %v", i, p)
				}
			}
			if f := r.drain(); f.Traces != 2 || f.Spans != 2 || f.Over != 2 {
				t.Errorf("account %+v", f)
			}
			if got := payloads(t, &sent); len(got) != 2 {
				t.Errorf("%d payloads", len(got))
			}
		})
	}
}

// begin sends the head of a request and the beginning of its body.
func begin(t *testing.T, addr string, size int, body []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // a second time, mostly
	if _, err := fmt.Fprintf(c, "POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n%s", size, body); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSlowBodiesDelayNobodyElse(t *testing.T) {
	var sent bytes.Buffer
	r, addr := listening(t, &sent)
	slow := make([]net.Conn, 0, 20)
	for i := range cap(slow) {
		// Some have come so far that they hold one of the places for large ones.
		slow = append(slow, begin(t, addr, 8<<20, make([]byte, []int{10, smallBody + 100}[i%2])))
	}
	export(t, "protobuf", addr, request(), "")
	for _, c := range slow {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if f := r.drain(); f.Traces != 1 || f.InFlight != 0 {
		t.Errorf("account %+v", f)
	}
}

// TestAConnectionThatSaysNothingDelaysNoEnd has connections as clients open them
// ahead and never use, beside one with half a request. The drain waits for the
// second alone.
func TestAConnectionThatSaysNothingDelaysNoEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	r := newReceiver(wire.NewWriter(io.Discard))
	r.wait, r.server.ReadHeaderTimeout = time.Hour, time.Hour
	r.serve(l)
	defer r.server.Close()
	wait := func(want int, state http.ConnState) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			n := 0
			r.mu.Lock()
			for _, s := range r.busy {
				if s == state {
					n++
				}
			}
			r.mu.Unlock()
			if n == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d connections are %v, not %d", n, state, want)
			}
		}
	}
	for range 3 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	wait(3, http.StateNew)
	body, err := proto.Marshal(request())
	if err != nil {
		t.Fatal(err)
	}
	half := begin(t, addr, len(body), body[:5])
	wait(1, http.StateActive)
	ended := make(chan wire.Finished, 1)
	go func() { ended <- r.drain() }()
	wait(0, http.StateNew) // the others are dismissed while it is waited for
	if _, err := half.Write(body[5:]); err != nil {
		t.Fatal(err)
	}
	select {
	case f := <-ended:
		if f.InFlight != 0 || f.Traces != 1 || f.Rejected != 0 {
			t.Errorf("account %+v", f)
		}
	case <-time.After(time.Minute):
		t.Fatal("the drain waits for what was never sent")
	}
}

// TestSoManyBodiesAreHeldAtATime has as many bodies under way as are held in
// memory: a further request waits for the end of one, is not refused, and is not
// lost.
func TestSoManyBodiesAreHeldAtATime(t *testing.T) {
	r, addr := listening(t, io.Discard)
	body, err := proto.Marshal(request())
	if err != nil {
		t.Fatal(err)
	}
	var begun []net.Conn
	for range bodiesAtOnce {
		begun = append(begun, begin(t, addr, len(body), body[:5]))
	}
	for deadline := time.Now().Add(time.Minute); len(r.bodies.held) < bodiesAtOnce; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bodies are held", len(r.bodies.held))
		}
	}
	further := make(chan error, 1)
	go func() {
		resp, err := http.Post("http://"+addr+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
		if err == nil {
			err = resp.Body.Close()
		}
		further <- err
	}()
	for i, c := range begun {
		if i == 0 {
			r.mu.Lock()
			if r.counts.Traces != 0 {
				t.Errorf("%d requests were accepted over the bound", r.counts.Traces)
			}
			r.mu.Unlock()
		}
		if _, err := c.Write(body[5:]); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-further; err != nil {
		t.Error(err)
	}
	if f := r.drain(); f.Traces != bodiesAtOnce+1 || f.Rejected != 0 || f.InFlight != 0 {
		t.Errorf("account %+v", f)
	}
}

func TestABodyThatStallsIsRefusedAndCounted(t *testing.T) {
	t.Run("HTTP", func(t *testing.T) {
		r, addr := listening(t, io.Discard)
		r.bodies.stall = 20 * time.Millisecond
		c := begin(t, addr, 100, []byte("beginning"))
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusRequestTimeout {
			t.Errorf("status %s", resp.Status)
		}
		_ = c.Close() // the server has closed it, too
		if f := r.drain(); f.Rejected != 1 || len(f.Reasons) != 1 || !strings.Contains(f.Reasons[0], "in time") {
			t.Errorf("account %+v", f)
		}
	})
	t.Run("gRPC", func(t *testing.T) {
		r, addr := listening(t, io.Discard)
		r.bodies.stall = 20 * time.Millisecond
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetUnencryptedHTTP2(true)
		defer transport.CloseIdleConnections()
		body, more := io.Pipe()
		go func() { _, _ = more.Write([]byte{0, 0, 0, 1, 0, 'x'}) }() // ends with the request
		defer more.Close()
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+services["traces"], body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/grpc")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Error(err)
		}
		if status := resp.Trailer.Get("Grpc-Status") + resp.Header.Get("Grpc-Status"); status != "4" {
			t.Errorf("status %q, header %v, trailer %v", status, resp.Header, resp.Trailer)
		}
		if f := r.drain(); f.Rejected != 1 {
			t.Errorf("account %+v", f)
		}
	})
}

func TestLargeBodiesWaitForEachOther(t *testing.T) {
	g := gate{make(chan struct{})}
	r, addr := listening(t, g)
	big := request()
	big.ResourceSpans[0].ScopeSpans[0].Spans[0].Name = strings.Repeat("x", 2*smallBody)
	body := marshal(t, big)
	answers := make(chan int, 2*largeBodies)
	for range cap(answers) {
		go func() {
			resp, err := http.Post("http://"+addr+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				answers <- 0
				return
			}
			_ = resp.Body.Close() // nothing is read from it
			answers <- resp.StatusCode
		}()
	}
	for len(r.bodies.large) < largeBodies {
		<-time.After(time.Millisecond) // the receiver is asked again
	}
	close(g.open)
	for range cap(answers) {
		if code := <-answers; code != http.StatusOK {
			t.Errorf("status %d", code)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if f := r.drain(); f.Traces != int64(cap(answers)) || len(r.bodies.large) != 0 {
		t.Errorf("account %+v, %d tokens are held", f, len(r.bodies.large))
	}
}
