// Package client talks to the shop over HTTP: one root span per command, and
// the trace travels with the request.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/store"
	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/web"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Client speaks to one shop.
type Client struct {
	url    string
	traced *http.Client
	tracer trace.Tracer
}

// New returns a client for the shop at url, for example "http://localhost:8080".
func New(url string) *Client {
	return &Client{
		url:    url,
		traced: &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)},
		tracer: otel.Tracer("shop/client"),
	}
}

// Order places an order and returns it with its number and total.
func (c *Client) Order(ctx context.Context, o store.Order) (placed store.Order, err error) {
	ctx, span := c.tracer.Start(ctx, "shop.order", trace.WithAttributes(
		attribute.String("shop.item", o.Item), attribute.Int("shop.quantity", o.Quantity)))
	defer func() { end(span, err) }()
	err = c.post(ctx, "/orders", o, &placed)
	return placed, err
}

// Checkout pays for an order.
func (c *Client) Checkout(ctx context.Context, order int, card string) (receipt store.Receipt, err error) {
	ctx, span := c.tracer.Start(ctx, "shop.checkout", trace.WithAttributes(attribute.Int("shop.order", order)))
	defer func() { end(span, err) }()
	err = c.post(ctx, fmt.Sprintf("/orders/%d/checkout", order), store.Payment{Card: card}, &receipt)
	return receipt, err
}

// Healthy asks GET /healthz, without leaving a span.
func Healthy(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", http.NoBody)
	if err != nil {
		return fmt.Errorf("address %s: %w", url, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return nil
}

func (c *Client) post(ctx context.Context, path string, body, into any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("address the shop: %w", err)
	}
	res, err := c.traced.Do(req)
	if err != nil {
		return fmt.Errorf("reach the shop: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		var f web.Failure
		if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
			return fmt.Errorf("the shop answered %s", res.Status)
		}
		return errors.New(f.Error)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
