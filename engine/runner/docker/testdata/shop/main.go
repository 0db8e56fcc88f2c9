// Command shop is the program under test of this package's tests: it emits
// spans in the ways that exporters do, with the environment that it is given.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx := context.Background()
	switch args[0] {
	case "sdk": // sdk N: N spans through the SDK's batcher, flushed at the end
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return emit(ctx, n, func() {})
	case "serve": // a service that flushes its spans when it is asked to end
		return emit(ctx, 1, func() {
			ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
			defer stop()
			fmt.Println("serving")
			<-ctx.Done()
		})
	case "init": // the same as process 1, as which alone it runs
		if os.Getpid() != 1 {
			return fmt.Errorf("can only run as process 1, not as %d", os.Getpid())
		}
		return emit(ctx, 1, func() {
			ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
			defer stop()
			fmt.Println("serving")
			fmt.Fprintln(os.Stderr, "as process", os.Getpid())
			<-ctx.Done()
			fmt.Println("ending")
		})
	case "grpc": // one request over gRPC, compressed
		return export(ctx)
	default:
		return fmt.Errorf("unknown mode %q", args[0])
	}
}

// emit emits n spans, waits, and shuts the SDK down.
func emit(ctx context.Context, n int, wait func()) error {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return err
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	for i := range n {
		_, span := provider.Tracer("shop").Start(ctx, fmt.Sprintf("shop.span%d", i))
		span.End()
	}
	wait()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return provider.Shutdown(ctx)
}

// export sends one span as OTLP/gRPC does.
func export(ctx context.Context) error {
	conn, err := grpc.NewClient("127.0.0.1:4317", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = collector.NewTraceServiceClient(conn).Export(ctx, &collector.ExportTraceServiceRequest{
		ResourceSpans: []*tracepb.ResourceSpans{{
			Resource: &resource.Resource{Attributes: []*common.KeyValue{{
				Key: "service.name", Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: "shop"}},
			}}},
			ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{
				TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{2}, 8), Name: "grpc.span",
			}}}},
		}},
	}, grpc.UseCompressor("gzip"))
	return err
}
