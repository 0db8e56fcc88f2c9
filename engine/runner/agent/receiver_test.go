package agent

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	logs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// listening starts a receiver on a free port and returns what it sends.
func listening(t testing.TB, w io.Writer) (r *receiver, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r = newReceiver(wire.NewWriter(w))
	r.serve(l)
	t.Cleanup(func() {
		if err := r.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, l.Addr().String()
}

// payloads reads the trace payloads from what a receiver has sent.
func payloads(t *testing.T, sent *bytes.Buffer) (all []string) {
	t.Helper()
	for in := wire.NewReader(sent); ; {
		f, err := in.Read()
		if err == io.EOF {
			return all
		}
		if err != nil || f.Type != wire.TypeTraces {
			t.Fatalf("frame %+v, %v", f, err)
		}
		all = append(all, string(f.Payload))
	}
}

// request is a valid request with one span.
func request() *collector.ExportTraceServiceRequest {
	return &collector.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{
			TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{2}, 8), Name: "a", Kind: 1, StartTimeUnixNano: 5,
		}}}},
	}}}
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zip(t testing.TB, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOTLPOverHTTP(t *testing.T) {
	valid := marshal(t, request())
	shortID := request()
	shortID.ResourceSpans[0].ScopeSpans[0].Spans[0].TraceId = []byte{1}
	json := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a"}]}]}]}`
	const pb, js = "application/x-protobuf", "application/json"
	for _, tc := range []struct {
		name, path, kind, encoding string
		body                       []byte
		status                     int
		sent                       string // the payload that is sent, if any
	}{
		{"protobuf", "/v1/traces", pb, "", valid, 200, "\x00" + string(valid)},
		{"protobuf with gzip", "/v1/traces", pb, "gzip", zip(t, valid), 200, "\x00" + string(valid)},
		{"empty request", "/v1/traces", pb, "", nil, 200, "\x00"},
		{"json", "/v1/traces", js, "", []byte(json), 200, "\x01" + json},
		{"json with charset", "/v1/traces", js + "; charset=utf-8", "gzip", zip(t, []byte(json)), 200, "\x01" + json},
		{"metrics", "/v1/metrics", pb, "", []byte("anything"), 200, ""},
		{"logs", "/v1/logs", js, "", []byte("{}"), 200, ""},
		{"random bytes", "/v1/traces", pb, "", []byte("\xff\xff\xff\xff"), 400, ""},
		{"truncated protobuf", "/v1/traces", pb, "", valid[:len(valid)-1], 400, ""},
		{"short trace id", "/v1/traces", pb, "", marshal(t, shortID), 400, ""},
		{"base64 id in json", "/v1/traces", js, "", []byte(strings.Replace(json, "0102030405060708090a0b0c0d0e0f10", "AQIDBAUGBwgJCgsMDQ4PEA==", 1)), 400, ""},
		{"truncated json", "/v1/traces", js, "", []byte(json[:40]), 400, ""},
		{"truncated gzip", "/v1/traces", pb, "gzip", zip(t, valid)[:20], 400, ""},
		{"no gzip", "/v1/traces", pb, "gzip", valid, 400, ""},
		{"other encoding", "/v1/traces", pb, "br", valid, 415, ""},
		{"other type", "/v1/traces", "text/plain", "", valid, 415, ""},
		{"no type", "/v1/traces", "", "", valid, 415, ""},
		{"bomb", "/v1/traces", pb, "gzip", zip(t, make([]byte, wire.MaxTelemetry+1)), 413, ""},
		{"other path", "/", pb, "", valid, 404, ""},
		{"profiles", "/v1development/profiles", pb, "", valid, 404, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent bytes.Buffer
			r, addr := listening(t, &sent)
			req, err := http.NewRequest(http.MethodPost, "http://"+addr+tc.path, bytes.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tc.kind)
			req.Header.Set("Content-Encoding", tc.encoding)
			req.Close = true
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.Body.Close() != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tc.status {
				t.Errorf("status %s: %s, want %d", resp.Status, text, tc.status)
			}
			got := strings.Join(payloads(t, &sent), "|")
			if got != tc.sent {
				t.Errorf("sent %q, want %q", got, tc.sent)
			}
			f := r.drain()
			if rejected := tc.status != 200 && tc.name != "profiles"; (f.Rejected == 1) != rejected || (len(f.Reasons) == 1) != rejected {
				t.Errorf("account %+v", f)
			}
			if f.Traces+f.Metrics+f.Logs != map[int]int64{200: 1}[tc.status] {
				t.Errorf("account %+v", f)
			}
		})
	}
}

func TestOTLPOverHTTPOnlyTakesPosts(t *testing.T) {
	_, addr := listening(t, io.Discard)
	resp, err := http.Get("http://" + addr + "/v1/traces")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

func TestOTLPOverGRPC(t *testing.T) {
	var sent bytes.Buffer
	r, addr := listening(t, &sent)
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	traces := collector.NewTraceServiceClient(conn)
	for _, opts := range [][]grpc.CallOption{nil, {grpc.UseCompressor("gzip")}} {
		if _, err := traces.Export(ctx, request(), opts...); err != nil {
			t.Error(err)
		}
	}
	big := request()
	big.ResourceSpans[0].ScopeSpans[0].Spans[0].Name = strings.Repeat("x", 20<<20)
	if _, err := traces.Export(ctx, big); err != nil {
		t.Error(err)
	}
	bad := request()
	bad.ResourceSpans[0].ScopeSpans[0].Spans[0].SpanId = nil
	if _, err := traces.Export(ctx, bad); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "span id of 0 bytes") {
		t.Errorf("err = %v", err)
	}
	if _, err := metrics.NewMetricsServiceClient(conn).Export(ctx, &metrics.ExportMetricsServiceRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := logs.NewLogsServiceClient(conn).Export(ctx, &logs.ExportLogsServiceRequest{}); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	f := r.drain()
	if f.Traces != 3 || f.Metrics != 1 || f.Logs != 1 || f.Rejected != 1 || f.InFlight != 0 {
		t.Errorf("account %+v", f)
	}
	got := payloads(t, &sent)
	if len(got) != 3 || got[0] != "\x00"+string(marshal(t, request())) || got[1] != got[0] || len(got[2]) < 20<<20 {
		t.Errorf("%d payloads", len(got))
	}
}

// broken is a stream whose other end is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestRequestThatCannotBeHandedOnIsNotAccepted(t *testing.T) {
	r, addr := listening(t, broken{})
	resp, err := http.Post("http://"+addr+"/v1/traces", "application/x-protobuf", bytes.NewReader(marshal(t, request())))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %s", resp.Status)
	}
	if f := r.drain(); f.Traces != 0 {
		t.Errorf("account %+v", f)
	}
}

// gate is a stream that is not read before it is opened.
type gate struct{ open chan struct{} }

func (g gate) Write(p []byte) (int, error) {
	<-g.open
	return len(p), nil
}

func TestDrainWaitsForRequestsUnderWay(t *testing.T) {
	g := gate{make(chan struct{})}
	r, addr := listening(t, g)
	answered := make(chan int, 1)
	go func() {
		resp, err := http.Post("http://"+addr+"/v1/traces", "application/x-protobuf", bytes.NewReader(marshal(t, request())))
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		_ = resp.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		answered <- resp.StatusCode
	}()
	for busy := false; !busy; {
		r.mu.Lock()
		busy = len(r.busy) > 0
		r.mu.Unlock()
		<-time.After(time.Millisecond) // the receiver is asked again
	}
	drained := make(chan wire.Finished, 1)
	go func() { drained <- r.drain() }()
	select {
	case f := <-drained:
		t.Errorf("drained while a request was under way: %+v", f)
	case <-time.After(100 * time.Millisecond):
	}
	close(g.open)
	if code := <-answered; code != 200 {
		t.Errorf("status %d", code)
	}
	if f := <-drained; f.Traces != 1 || f.InFlight != 0 {
		t.Errorf("account %+v", f)
	}
}

// A request that waits in the kernel when the drain begins is not missed, nor is
// one taken for there where nobody connected.
func TestDrainMissesNoRequestThatWaitsToBeAccepted(t *testing.T) {
	for _, sent := range []bool{false, true} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		g := gate{make(chan struct{})}
		r := newReceiver(wire.NewWriter(g))
		time.AfterFunc(100*time.Millisecond, func() { close(g.open) })
		if sent {
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			body := marshal(t, request())
			if _, err := fmt.Fprintf(conn, "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
				t.Fatal(err)
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		r.serve(l)
		if f, want := r.drain(), int64(map[bool]int{true: 1}[sent]); f.Traces != want || f.InFlight != 0 {
			t.Errorf("account %+v, want %d requests", f, want)
		}
		if err := r.server.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The check must take every message that the protobuf library takes, as long as
// its ids are well formed, and never panic.
func FuzzCheckProtobuf(f *testing.F) {
	valid := marshal(f, request())
	f.Add(valid)
	f.Add(valid[:len(valid)-3])
	f.Add([]byte{})
	f.Add([]byte("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, checked := checkProtobuf(body)
		var req collector.ExportTraceServiceRequest
		if proto.Unmarshal(body, &req) != nil {
			return
		}
		var want content
		for _, rs := range req.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					if len(s.TraceId) != 16 || len(s.SpanId) != 8 || len(s.ParentSpanId) != 0 && len(s.ParentSpanId) != 8 || allOf(s.TraceId, 0) || allOf(s.SpanId, 0) {
						want.invalid++
					} else {
						want.spans++
					}
				}
			}
		}
		if checked == nil && (c.spans != want.spans || c.invalid != want.invalid) {
			t.Errorf("counted %+v, want %+v", c, want)
		}
		if checked != nil && !strings.Contains(checked.Error(), "exist") {
			t.Errorf("a valid request is refused: %v", checked)
		}
	})
}

// The check must take the JSON that the standard library takes, and no other.
func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a","kind":-1.5e3,"x":[true,null,{"y":[]}]}]}]}]}`,
		`{"resourceSpans":null}`, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"","spanId":"\u0030"}]}]}]} `, `{}`, `{"a":01}`, `{"a":"\x"}`, `{"a":1,}`, `[]`, `{`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := checkJSON(body)
		if err == nil && !json.Valid(body) {
			t.Errorf("%q is taken", body)
		}
		var anything map[string]json.RawMessage
		if err == nil || json.Unmarshal(body, &anything) != nil || anything == nil {
			return
		}
		for key := range anything {
			if key == "resourceSpans" || key == "resource_spans" {
				return // it may have another shape
			}
		}
		if bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < maxJSONDepth {
			t.Errorf("%q is refused: %v", body, err)
		}
	})
}
