package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/payments"
	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/store"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// drainWithin bounds how long a server waits for requests under way.
const drainWithin = 5 * time.Second

func serveShop(addr string, out io.Writer) func(context.Context) error {
	return func(ctx context.Context) error {
		var cards payments.Authorizer = payments.Local{}
		if url := os.Getenv("SHOP_PAYMENTS_URL"); url != "" {
			cards = payments.Remote{URL: url, Client: &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}}
		}
		s := store.New(cards)
		defer s.Close() // after the server: queued receipts are sent before the flush
		return serve(ctx, addr, s.Handler(), out)
	}
}

func servePayments(addr string, out io.Writer) func(context.Context) error {
	return func(ctx context.Context) error {
		return serve(ctx, addr, payments.Handler(payments.Local{}), out)
	}
}

// serve answers requests until ctx ends, then finishes those under way. It
// prints the address once it listens.
func serve(ctx context.Context, addr string, h http.Handler, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	if _, err := fmt.Fprintf(out, "listening on %s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1) // capacity 1: the goroutine ends even when nobody reads
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", addr, err)
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
		defer cancel()
		return server.Shutdown(drain)
	}
}
