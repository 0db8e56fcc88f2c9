package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// lossyProgram loses spans as programs with the real SDK do, in the way that its
// argument names. The receivers that fail are its own; "fine" and "queue" go to the
// one that is beside every container.
const lossyProgram = `package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/stdr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// partial is an ExportTraceServiceResponse: partial_success with rejected_spans, and
// an error_message of one letter.
func partial(rejected byte) []byte { return []byte{10, 5, 8, rejected, 18, 1, 'x'} }

func main() {
	mode, ctx := os.Args[1], context.Background()
	options := []otlptracehttp.Option{otlptracehttp.WithRetry(otlptracehttp.RetryConfig{})}
	if mode != "fine" && mode != "queue" {
		options = append(options, otlptracehttp.WithInsecure(), otlptracehttp.WithEndpoint(serve(mode)))
	}
	if mode == "queue told" {
		stdr.SetVerbosity(8)
		otel.SetLogger(stdr.New(log.New(os.Stderr, "", 0)))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		log.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter,
		sdktrace.WithMaxQueueSize(4), sdktrace.WithMaxExportBatchSize(1), sdktrace.WithBatchTimeout(10*time.Millisecond)))
	spans := 1
	if mode == "queue" || mode == "queue told" {
		spans = 400 // far faster than they can be exported
	}
	for range spans {
		_, span := provider.Tracer("lossy").Start(ctx, "work")
		span.End()
	}
	if mode == "no time" {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	fmt.Println("shutdown:", provider.Shutdown(ctx))
}

// serve is a receiver of its own.
func serve(mode string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if mode == "refused" {
		l.Close()
		return l.Addr().String()
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		switch mode {
		case "failed":
			w.WriteHeader(http.StatusInternalServerError)
		case "rejected":
			w.Write(partial(3))
		case "remark":
			w.Write(partial(0))
		case "no time":
			<-r.Context().Done()
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}))
	return l.Addr().String()
}
`

// What the real SDK of Go says when spans are lost makes a run an error; what it
// loses without a word is missed by who asks for it.
func TestSpansThatTheSDKOfGoLosesAreNoPass(t *testing.T) {
	needDocker(t)
	bin, dir := builtProgram(t)
	write(t, dir, "cmd/lossy/main.go", lossyProgram)
	cases := map[string]struct {
		verdict report.Verdict
		say     string
		count   string // of spans that are asked for
	}{
		"fine":       {verdict: report.Pass, count: "1"},
		"refused":    {verdict: report.Error, say: "traces export: Post"},
		"failed":     {verdict: report.Error, say: "traces export: failed to send to"},
		"rejected":   {verdict: report.Error, say: "(3 spans rejected)"},
		"remark":     {verdict: report.Pass},
		"queue told": {verdict: report.Error, say: "total_dropped"},
		"queue":      {verdict: report.Fail, count: "400"},
		"no time":    {verdict: report.Fail, count: "1"},
	}
	for name, c := range cases {
		text := "[meta]\nname = \"" + name + "\"\nversion = \"1.0\"\n[otel]\nexporter = \"otlp\"\n" +
			"[service.app]\nplugin = \"go_binary\"\npackage = \"../cmd/lossy\"\n" +
			"[[scenario]]\nname = \"" + name + "\"\nservice = \"app\"\n" +
			"[[scenario.steps]]\nname = \"lose\"\ncommand = [\"lossy\", \"" + name + "\"]\nexpected_output_contains = \"shutdown:\"\n"
		if c.count != "" {
			text += "[scenario.expect.counts]\nby_name = { work = { eq = " + c.count + " } }\n"
		}
		write(t, dir, "lossy/"+strings.ReplaceAll(name, " ", "-")+".clnrm.toml", text)
	}
	var r report.Run
	if err := json.Unmarshal(run(t, bin, dir, 1, "lossy", "--format", "json"), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Scenarios) != len(cases) {
		t.Fatalf("%d scenarios were run, want %d", len(r.Scenarios), len(cases))
	}
	for _, s := range r.Scenarios {
		c, known := cases[s.Name]
		if !known || s.Verdict != c.verdict || !strings.Contains(s.Message, c.say) {
			t.Errorf("%s: %s: %s; want %s: …%s…", s.Name, s.Verdict, s.Message, c.verdict, c.say)
		}
	}
}
