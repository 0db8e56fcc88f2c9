// Package telemetry sets the OpenTelemetry SDK up for the shop's processes.
//
// It is ordinary production code: a batching exporter over OTLP/HTTP, configured
// by the standard OTEL_* variables. Nothing in it knows that it is being tested.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Version is the version that every process of the shop reports.
const Version = "1.2.0"

// defaultEndpoint is where the OTLP specification says a collector listens. The
// Go exporter would use TLS there, so the address is spelled out.
const defaultEndpoint = "http://localhost:4318"

// Start installs a tracer provider and the W3C propagators for the process
// called service. The returned function flushes what is still buffered and
// stops the exporter; call it once, before the process ends.
func Start(ctx context.Context, service string) (stop func(context.Context) error, err error) {
	var options []otlptracehttp.Option
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		options = append(options, otlptracehttp.WithEndpointURL(defaultEndpoint))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("start the trace exporter: %w", err)
	}
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", service),
			attribute.String("service.namespace", "shop"),
			attribute.String("service.version", Version),
		),
		resource.WithFromEnv(), // last, so that OTEL_RESOURCE_ATTRIBUTES wins
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("describe the resource: %w", err), exporter.Shutdown(ctx))
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(res))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
		propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown, nil
}
