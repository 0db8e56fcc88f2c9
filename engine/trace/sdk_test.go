package trace

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// TestSpansOfARealSDKAreRead sends spans as an instrumented program does, packed
// and over HTTP.
func TestSpansOfARealSDKAreRead(t *testing.T) {
	var got []Span
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
			body, err = gunzip(body, 1<<20)
		}
		var spans []Span
		if err == nil {
			spans, _, err = DecodeOTLP(body, false)
		}
		if err != nil {
			t.Error(err)
		}
		got = append(got, spans...)
	}))
	defer server.Close()
	ctx := t.Context()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(server.URL+"/v1/traces"), otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))))
	tracer := provider.Tracer("checkout")
	ctx, root := tracer.Start(ctx, "POST /checkout", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
	_, child := tracer.Start(ctx, "charge", oteltrace.WithSpanKind(oteltrace.SpanKindClient),
		oteltrace.WithAttributes(attribute.Int("amount", 42), attribute.StringSlice("tags", []string{"a", "b"})))
	child.AddEvent("retry", oteltrace.WithAttributes(attribute.Bool("again", true)))
	child.RecordError(errors.New("declined"))
	child.SetStatus(codes.Error, "card declined")
	child.End()
	root.End()
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	set := NewSet(got)
	if set.Len() != 2 || len(set.Roots()) != 1 {
		t.Fatalf("got %+v", got)
	}
	r := set.Named("charge")[0]
	s, up := set.Span(r), set.Span(set.Parent(r))
	if up.Name != "POST /checkout" || up.Kind != KindServer || up.Status != StatusUnset {
		t.Errorf("parent %+v", up)
	}
	if s.Kind != KindClient || s.Status != StatusError || s.StatusMessage != "card declined" || s.Scope != "checkout" || !s.Timed() {
		t.Errorf("child %+v", s)
	}
	amount, _ := Lookup(s.Attrs, "amount")
	tags, _ := Lookup(s.Attrs, "tags")
	if amount != int64(42) || ValueText(tags) != `["a","b"]` {
		t.Errorf("attributes %+v", s.Attrs)
	}
	if len(s.Events) != 2 || s.Events[0].Name != "retry" || s.Events[1].Name != "exception" {
		t.Errorf("events %+v", s.Events)
	}
	if v, _ := Lookup(s.Resource.Attrs, "service.name"); v != "shop" {
		t.Errorf("resource %+v", s.Resource)
	}
}
