package shop_test

import (
	"bufio"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// The test files beside this test state what the shop emits. This test builds
// the shop, runs it on the host against a receiver of its own, and holds the
// same facts with nothing of clnrm-tui in between.
func TestShopEmitsWhatItsTestFilesExpect(t *testing.T) {
	bin := build(t)

	t.Run("an order and a checkout", func(t *testing.T) {
		traces, endpoint := receive(t)
		url := start(t, bin, endpoint, nil, "serve", "-addr", "127.0.0.1:0")
		client(t, bin, endpoint, 0, "order 1: 2 x tea reserved, 7.00 EUR\n", "order", "-item", "tea", "-quantity", "2", "-url", url.at)
		client(t, bin, endpoint, 0, "order 1: paid, receipt R-0001\n", "checkout", "-url", url.at)
		url.stop(t)

		traces.wantTree(t, "shop.order",
			"shop.order INTERNAL UNSET",
			"  HTTP POST CLIENT UNSET",
			"    POST /orders SERVER UNSET",
			"      cart.price INTERNAL UNSET",
			"      stock.reserve INTERNAL UNSET [stock.checked stock.reserved]",
		)
		traces.wantTree(t, "shop.checkout",
			"shop.checkout INTERNAL UNSET",
			"  HTTP POST CLIENT UNSET",
			"    POST /orders/{id}/checkout SERVER UNSET",
			"      payment.charge INTERNAL OK [payment.authorized]",
			"        card.authorize INTERNAL OK",
			"      receipt.publish PRODUCER UNSET",
			"        receipt.send CONSUMER UNSET [receipt.sent]",
		)
		price := traces.one(t, "cart.price")
		wantAttr(t, price, "shop.item", "tea")
		wantAttr(t, price, "shop.quantity", int64(2))
		wantAttr(t, price, "shop.total", 7.0)
		wantAttr(t, price, "shop.gift", false)
		wantAttr(t, traces.one(t, "card.authorize"), "payment.card_last4", "1111")
		for _, s := range traces.spans {
			wantResource(t, s, "service.namespace", "shop")
		}
	})

	t.Run("a declined card", func(t *testing.T) {
		traces, endpoint := receive(t)
		url := start(t, bin, endpoint, nil, "serve", "-addr", "127.0.0.1:0")
		client(t, bin, endpoint, 0, "order 1: 1 x kettle reserved, 39.00 EUR\n", "order", "-item", "kettle", "-url", url.at)
		client(t, bin, endpoint, 1, "", "checkout", "-card", "4000000000000002", "-url", url.at)
		url.stop(t)

		traces.wantTree(t, "shop.checkout",
			"shop.checkout INTERNAL ERROR",
			"  HTTP POST CLIENT ERROR",
			"    POST /orders/{id}/checkout SERVER UNSET",
			"      payment.charge INTERNAL ERROR [exception payment.declined]",
			"        card.authorize INTERNAL ERROR [card.refused]",
		)
	})

	t.Run("an order beyond the stock", func(t *testing.T) {
		traces, endpoint := receive(t)
		url := start(t, bin, endpoint, nil, "serve", "-addr", "127.0.0.1:0")
		client(t, bin, endpoint, 1, "", "order", "-item", "kettle", "-quantity", "3", "-url", url.at)
		url.stop(t)

		traces.wantTree(t, "shop.order",
			"shop.order INTERNAL ERROR",
			"  HTTP POST CLIENT ERROR",
			"    POST /orders SERVER UNSET",
			"      cart.price INTERNAL UNSET",
			"      stock.reserve INTERNAL ERROR [exception stock.checked]",
		)
	})

	t.Run("payments as a service of its own", func(t *testing.T) {
		traces, endpoint := receive(t)
		till := start(t, bin, endpoint, nil, "payments", "-addr", "127.0.0.1:0")
		url := start(t, bin, endpoint, []string{"SHOP_PAYMENTS_URL=" + till.at}, "serve", "-addr", "127.0.0.1:0")
		client(t, bin, endpoint, 0, "order 1: 10 x coffee reserved, 83.25 EUR\n", "order", "-item", "coffee", "-quantity", "10", "-url", url.at)
		client(t, bin, endpoint, 1, "", "checkout", "-card", "4000000000000002", "-url", url.at)
		client(t, bin, endpoint, 0, "order 1: paid, receipt R-0001\n", "checkout", "-url", url.at)
		url.stop(t)
		till.stop(t)

		traces.wantTree(t, "shop.checkout",
			"shop.checkout INTERNAL ERROR",
			"  HTTP POST CLIENT ERROR",
			"    POST /orders/{id}/checkout SERVER UNSET",
			"      payment.charge INTERNAL ERROR [exception payment.declined]",
			"        HTTP POST CLIENT ERROR",
			"          POST /charges SERVER UNSET",
			"            card.authorize INTERNAL ERROR [card.refused]",
			"shop.checkout INTERNAL UNSET",
			"  HTTP POST CLIENT UNSET",
			"    POST /orders/{id}/checkout SERVER UNSET",
			"      payment.charge INTERNAL OK [payment.authorized]",
			"        HTTP POST CLIENT UNSET",
			"          POST /charges SERVER UNSET",
			"            card.authorize INTERNAL OK",
			"      receipt.publish PRODUCER UNSET",
			"        receipt.send CONSUMER UNSET [receipt.sent]",
		)
		wantResource(t, traces.all("card.authorize")[0], "service.name", "payments")
		wantResource(t, traces.all("payment.charge")[0], "service.name", "shop")
	})
}

func TestUnknownCommandExplainsUsage(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), build(t), "sell")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(string(out), "usage:") {
		t.Fatalf("got status %d (%v) and\n%s", code, err, out)
	}
}

// build compiles the shop as a test file's go_binary plugin does: static.
func build(t *testing.T) string {
	t.Helper()
	// The go command reuses the result of a test as long as the files that the
	// test looks at are as they were, and it does not see what a build reads.
	for _, dir := range []string{"cmd", "internal"} {
		if err := filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	bin := filepath.Join(t.TempDir(), "shop")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/shop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the shop: %v\n%s", err, out)
	}
	return bin
}

// process is a running server of the shop.
type process struct {
	at   string // "http://127.0.0.1:…"
	cmd  *exec.Cmd
	rest *bufio.Reader
}

// start runs a server and waits until it says where it listens.
func start(t *testing.T, bin, endpoint string, env []string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = append(append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint), env...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("%v did not say where it listens: %q, %v", args, line, err)
	}
	p := &process{at: "http://" + addr, cmd: cmd, rest: out}
	if out, err := exec.CommandContext(t.Context(), bin, "health", "-url", p.at).CombinedOutput(); err != nil {
		t.Fatalf("%v is not healthy: %v\n%s", args, err, out)
	}
	return p
}

// stop ends the server as a container runtime does and waits for its flush.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.rest); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the server did not end well: %v", err)
	}
}

func client(t *testing.T, bin, endpoint string, wantCode int, wantOut string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, args...)
	cmd.Env = append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint)
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != wantCode || string(out) != wantOut {
		t.Fatalf("shop %v: status %d (%v), output %q; want %d, %q", args, code, err, out, wantCode, wantOut)
	}
}

// traces collects what one scenario emits.
type traces struct {
	mu    sync.Mutex
	spans []received
}

type received struct {
	*tracepb.Span
	resource []*common.KeyValue
}

// receive starts an OTLP/HTTP receiver and returns its address.
func receive(t *testing.T) (*traces, string) {
	t.Helper()
	got := &traces{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &req)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("bad export to %s: %v", r.URL.Path, err)
			http.Error(w, "bad export", http.StatusBadRequest)
			return
		}
		got.mu.Lock()
		defer got.mu.Unlock()
		for _, rs := range req.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					got.spans = append(got.spans, received{s, rs.Resource.Attributes})
				}
			}
		}
	}))
	t.Cleanup(server.Close)
	return got, server.URL
}

// all returns the spans with that name, oldest first.
func (tr *traces) all(name string) []received {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var out []received
	for _, s := range tr.spans {
		if s.Name == name {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, byStart)
	return out
}

func (tr *traces) one(t *testing.T, name string) received {
	t.Helper()
	found := tr.all(name)
	if len(found) != 1 {
		t.Fatalf("%d spans are named %q, want one", len(found), name)
	}
	return found[0]
}

// wantTree compares every tree below a root of that name with an outline: name,
// kind, status and the sorted names of the events.
func (tr *traces) wantTree(t *testing.T, root string, want ...string) {
	t.Helper()
	var got []string
	for _, s := range tr.all(root) {
		if len(s.ParentSpanId) > 0 {
			t.Errorf("%s has a parent", root)
		}
		got = tr.outline(got, s, 0)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (tr *traces) outline(lines []string, s received, depth int) []string {
	line := strings.Repeat("  ", depth) + s.Name + " " +
		strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_") + " " +
		strings.TrimPrefix(s.Status.GetCode().String(), "STATUS_CODE_")
	if len(s.Events) > 0 {
		var names []string
		for _, e := range s.Events {
			names = append(names, e.Name)
		}
		slices.Sort(names)
		line += " [" + strings.Join(names, " ") + "]"
	}
	lines = append(lines, line)
	var children []received
	for _, c := range tr.spans {
		if string(c.ParentSpanId) == string(s.SpanId) && string(c.TraceId) == string(s.TraceId) {
			children = append(children, c)
		}
	}
	slices.SortFunc(children, byStart)
	for _, c := range children {
		lines = tr.outline(lines, c, depth+1)
	}
	return lines
}

func byStart(a, b received) int {
	switch {
	case a.StartTimeUnixNano < b.StartTimeUnixNano:
		return -1
	case a.StartTimeUnixNano > b.StartTimeUnixNano:
		return 1
	default:
		return 0
	}
}

func wantAttr(t *testing.T, s received, key string, want any) {
	t.Helper()
	if got := value(s.Attributes, key); got != want {
		t.Errorf("%s: %s = %v (%T), want %v (%T)", s.Name, key, got, got, want, want)
	}
}

func wantResource(t *testing.T, s received, key, want string) {
	t.Helper()
	if got := value(s.resource, key); got != want {
		t.Errorf("%s: resource %s = %v, want %s", s.Name, key, got, want)
	}
}

// value returns a string, int64, float64 or bool attribute, or nil.
func value(attrs []*common.KeyValue, key string) any {
	for _, kv := range attrs {
		if kv.Key != key {
			continue
		}
		switch v := kv.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			return v.StringValue
		case *common.AnyValue_IntValue:
			return v.IntValue
		case *common.AnyValue_DoubleValue:
			return v.DoubleValue
		case *common.AnyValue_BoolValue:
			return v.BoolValue
		}
	}
	return nil
}
