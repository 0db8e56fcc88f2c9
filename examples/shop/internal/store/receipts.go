package store

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// receipts is a small queue: publishing is a producer span, sending a consumer
// span below it, in another goroutine and usually after the answer has gone out.
type receipts struct {
	tracer trace.Tracer
	queue  chan message // capacity 16; a full queue makes publish wait
	done   sync.WaitGroup
}

type message struct {
	ctx     context.Context
	receipt Receipt
}

func startReceipts(tracer trace.Tracer) *receipts {
	r := &receipts{tracer: tracer, queue: make(chan message, 16)}
	r.done.Go(func() {
		for m := range r.queue {
			r.send(m)
		}
	})
	return r
}

// close sends what is queued and returns. Nothing may be published afterwards.
func (r *receipts) close() {
	close(r.queue)
	r.done.Wait()
}

func (r *receipts) publish(ctx context.Context, receipt Receipt) {
	ctx, span := r.tracer.Start(ctx, "receipt.publish", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.String("receipt.number", receipt.Number)))
	defer span.End()
	// The request ends before the receipt is sent, its trace does not.
	r.queue <- message{context.WithoutCancel(ctx), receipt}
}

func (r *receipts) send(m message) {
	_, span := r.tracer.Start(m.ctx, "receipt.send", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(attribute.String("receipt.number", m.receipt.Number)))
	defer span.End()
	span.AddEvent("receipt.sent")
}
