// Command shop is a small instrumented web shop, the demo application of the
// examples: a server, a payments service and a client in one static binary, so
// that a test can drive it inside an image that holds nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/client"
	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/store"
	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/telemetry"
)

const usage = `usage:
  shop serve    [-addr :8080]               the shop; SHOP_PAYMENTS_URL names a payments service
  shop payments [-addr :8081]               the payments service
  shop order    [-item tea] [-quantity 1] [-gift] [-url http://localhost:8080]
  shop checkout [-order 1] [-card 4111111111111111] [-url http://localhost:8080]
  shop health   [-url http://localhost:8080]
`

// flushWithin bounds how long a process waits for its last spans to be taken.
const flushWithin = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

// run executes one command; what it answers goes to out.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "serve":
		addr := flags.String("addr", ":8080", "address to listen on")
		return parsed(flags, args, func() error { return traced(ctx, "shop", serveShop(*addr, out)) })
	case "payments":
		addr := flags.String("addr", ":8081", "address to listen on")
		return parsed(flags, args, func() error { return traced(ctx, "payments", servePayments(*addr, out)) })
	case "order":
		var o store.Order
		url := shopURL(flags)
		flags.StringVar(&o.Item, "item", "tea", "what to order")
		flags.IntVar(&o.Quantity, "quantity", 1, "how many pieces")
		flags.BoolVar(&o.Gift, "gift", false, "wrap it")
		return parsed(flags, args, func() error { return traced(ctx, "shop-client", order(url, o, out)) })
	case "checkout":
		url := shopURL(flags)
		id := flags.Int("order", 1, "number of the order")
		card := flags.String("card", "4111111111111111", "card to charge")
		return parsed(flags, args, func() error { return traced(ctx, "shop-client", checkout(url, *id, *card, out)) })
	case "health":
		url := shopURL(flags)
		return parsed(flags, args, func() error { return client.Healthy(ctx, *url) })
	default:
		return errUsage
	}
}

func shopURL(flags *flag.FlagSet) *string {
	return flags.String("url", "http://localhost:8080", "address of the shop")
}

func parsed(flags *flag.FlagSet, args []string, then func() error) error {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	return then()
}

// traced runs f with the SDK started and flushes when f has returned, also
// after ctx was cancelled by a signal.
func traced(ctx context.Context, service string, f func(context.Context) error) error {
	stop, err := telemetry.Start(ctx, service)
	if err != nil {
		return err
	}
	err = f(ctx)
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushWithin)
	defer cancel()
	if lost := stop(flush); lost != nil {
		// Selling goes on without telemetry; whoever needs the spans reads why they are missing.
		fmt.Fprintln(os.Stderr, "shop: flush spans:", lost)
	}
	return err
}

func order(url *string, o store.Order, out io.Writer) func(context.Context) error {
	return func(ctx context.Context) error {
		placed, err := client.New(*url).Order(ctx, o)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "order %d: %d x %s reserved, %.2f EUR\n", placed.ID, placed.Quantity, placed.Item, placed.Total)
		return err
	}
}

func checkout(url *string, id int, card string, out io.Writer) func(context.Context) error {
	return func(ctx context.Context) error {
		receipt, err := client.New(*url).Checkout(ctx, id, card)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "order %d: paid, receipt %s\n", receipt.Order, receipt.Number)
		return err
	}
}
