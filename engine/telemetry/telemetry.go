// Package telemetry tells a collector what the program itself does: the spans of
// saves, dry runs and runs, over OTLP/HTTP, for whoever traces the tool.
//
// Finished facts with their times flow in; batches flow to the collector in the
// background. A collector that does not answer is told once, and never slows or
// ends anything. The package knows nothing of the engine, and it never sets the
// global state of OpenTelemetry.
package telemetry

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// batchTime is how long a span waits for others, at most.
	batchTime = time.Second
	// exportTime bounds one request, retryTime all attempts for one batch.
	exportTime = 5 * time.Second
	retryTime  = 10 * time.Second
	tracesPath = "/v1/traces"
)

// Exporter sends spans to a collector. Its methods are safe for concurrent use.
type Exporter struct {
	batches  sdk.SpanProcessor
	delivery *watched
	tracer   trace.Tracer
}

// Attr is an attribute of a span: a string, bool, int, int64 or float64.
type Attr struct {
	Key   string
	Value any
}

// Endpoint checks the URL of a collector: http or https with a host. Without a
// path it is completed to /v1/traces, as OTLP/HTTP has it.
func Endpoint(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("%q is no URL", text)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%q is not the URL of a collector: write http://HOST:4318 (OTLP over HTTP)", text)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracesPath
	}
	return u.String(), nil
}

// New returns an exporter to the collector at an URL that Endpoint accepts.
// problem is called when spans could not be delivered, once until the collector
// takes some again. Nothing is sent yet. Close it.
func New(ctx context.Context, endpoint, version string, problem func(error)) (*Exporter, error) {
	endpoint, err := Endpoint(endpoint)
	if err != nil {
		return nil, err
	}
	client, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithTimeout(exportTime),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 500 * time.Millisecond, MaxInterval: exportTime, MaxElapsedTime: retryTime}))
	if err != nil {
		return nil, fmt.Errorf("collector %s: %w", endpoint, err)
	}
	delivery := &watched{SpanExporter: client, endpoint: endpoint, problem: problem}
	delivery.ctx, delivery.giveUp = context.WithCancel(context.Background())
	batches := sdk.NewBatchSpanProcessor(delivery, sdk.WithBatchTimeout(batchTime))
	provider := sdk.NewTracerProvider(
		sdk.WithSpanProcessor(batches),
		sdk.WithSampler(sdk.AlwaysSample()),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "clnrm-tui"), attribute.String("service.version", version))),
	)
	return &Exporter{batches: batches, delivery: delivery, tracer: provider.Tracer("clnrm-tui")}, nil
}

// Close delivers what waits, until ctx ends, and ends the exporter, also when ctx
// has ended before: the provider of the SDK would leave its batches running then.
// The error is about the last delivery.
func (x *Exporter) Close(ctx context.Context) error {
	defer x.delivery.giveUp()
	defer context.AfterFunc(ctx, x.delivery.giveUp)()
	if err := x.batches.Shutdown(ctx); err != nil {
		return fmt.Errorf("deliver the last spans: %w", err)
	}
	x.delivery.mu.Lock()
	defer x.delivery.mu.Unlock()
	return x.delivery.failed
}

// Span is a span that has begun.
type Span struct{ span trace.Span }

// Start begins a span; without a parent it is the root of a trace.
func (x *Exporter) Start(parent *Span, name string, at time.Time, attrs ...Attr) *Span {
	ctx := context.Background()
	if parent != nil {
		ctx = trace.ContextWithSpanContext(ctx, parent.span.SpanContext())
	}
	_, s := x.tracer.Start(ctx, name, trace.WithTimestamp(at), trace.WithAttributes(values(attrs)...))
	return &Span{s}
}

// Set adds attributes to a span that has not ended.
func (s *Span) Set(attrs ...Attr) { s.span.SetAttributes(values(attrs)...) }

// End ends a span: with the status OK, or with ERROR when failed is not empty.
func (s *Span) End(at time.Time, failed string) {
	if failed == "" {
		s.span.SetStatus(codes.Ok, "")
	} else {
		s.span.SetStatus(codes.Error, failed)
	}
	s.span.End(trace.WithTimestamp(at))
}

func values(attrs []Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		switch v := a.Value.(type) {
		case string:
			out = append(out, attribute.String(a.Key, v))
		case bool:
			out = append(out, attribute.Bool(a.Key, v))
		case int:
			out = append(out, attribute.Int(a.Key, v))
		case int64:
			out = append(out, attribute.Int64(a.Key, v))
		case float64:
			out = append(out, attribute.Float64(a.Key, v))
		}
	}
	return out
}

// watched tells about deliveries that fail, once until one succeeds. It returns
// no error: the SDK would print it wherever it likes.
type watched struct {
	sdk.SpanExporter
	endpoint string
	problem  func(error)
	ctx      context.Context // ends when nothing is to be delivered any more
	giveUp   context.CancelFunc
	mu       sync.Mutex
	failed   error // of the last delivery
}

// ExportSpans implements sdk.SpanExporter.
func (w *watched) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	err := w.SpanExporter.ExportSpans(ctx, spans)
	if err != nil {
		err = fmt.Errorf("the collector at %s does not take the tool's own spans: %w", w.endpoint, err)
	}
	w.mu.Lock()
	first := err != nil && w.failed == nil
	w.failed = err
	w.mu.Unlock()
	if first {
		w.problem(err)
	}
	return nil
}
