// Package store is the shop: it prices and reserves what is ordered, has the
// card charged at checkout and sends receipts. Each of these is a span.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/payments"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// ErrNoOrder says that an order is unknown or already paid.
var ErrNoOrder = errors.New("no open order")

// discountFrom is the quantity from which an order costs a tenth less.
const discountFrom = 10

// Order is one order; the fields above the line come from the customer.
type Order struct {
	Item     string `json:"item"`
	Quantity int    `json:"quantity"`
	Gift     bool   `json:"gift"`

	ID    int     `json:"id"`
	Total float64 `json:"total"` // EUR
}

// Receipt is the answer to a checkout.
type Receipt struct {
	Order         int    `json:"order"`
	Number        string `json:"number"`
	Authorization string `json:"authorization"`
}

// Store is safe for concurrent use. Close it to have all receipts sent.
type Store struct {
	stock    *stock
	cards    payments.Authorizer
	receipts *receipts
	tracer   trace.Tracer

	mu   sync.Mutex
	last int
	open map[int]Order
}

// New opens a shop that charges cards with the given authoriser.
func New(cards payments.Authorizer) *Store {
	tracer := otel.Tracer("shop/store")
	return &Store{
		stock:    newStock(),
		cards:    cards,
		receipts: startReceipts(tracer),
		tracer:   tracer,
		open:     map[int]Order{},
	}
}

// Close waits until every receipt has been sent.
func (s *Store) Close() { s.receipts.close() }

// Place prices an order and reserves its goods.
func (s *Store) Place(ctx context.Context, o Order) (Order, error) {
	total, err := s.price(ctx, o)
	if err != nil {
		return Order{}, err
	}
	if err := s.reserve(ctx, o); err != nil {
		return Order{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	o.ID, o.Total = s.last, total
	s.open[o.ID] = o
	return o, nil
}

func (s *Store) price(ctx context.Context, o Order) (float64, error) {
	_, span := s.tracer.Start(ctx, "cart.price", trace.WithAttributes(
		attribute.String("shop.item", o.Item),
		attribute.Int("shop.quantity", o.Quantity),
		attribute.Bool("shop.gift", o.Gift),
	))
	defer span.End()
	price, tags, err := s.stock.article(o.Item)
	if err != nil {
		return 0, fail(span, err)
	}
	total := price * float64(o.Quantity)
	if o.Quantity >= discountFrom {
		total *= 0.9
		span.AddEvent("discount.applied", trace.WithAttributes(attribute.Float64("shop.discount", 0.1)))
	}
	span.SetAttributes(attribute.Float64("shop.total", total), attribute.StringSlice("shop.tags", tags))
	return total, nil
}

func (s *Store) reserve(ctx context.Context, o Order) error {
	_, span := s.tracer.Start(ctx, "stock.reserve", trace.WithAttributes(
		attribute.String("shop.item", o.Item),
		attribute.Int("shop.quantity", o.Quantity),
	))
	defer span.End()
	span.AddEvent("stock.checked")
	left, err := s.stock.reserve(o.Item, o.Quantity)
	if err != nil {
		return fail(span, err)
	}
	span.AddEvent("stock.reserved", trace.WithAttributes(attribute.Int("shop.left", left)))
	return nil
}

// Checkout charges the card for an open order and queues the receipt. The
// order stays open when the card is declined.
func (s *Store) Checkout(ctx context.Context, id int, card string) (Receipt, error) {
	s.mu.Lock()
	o, ok := s.open[id]
	delete(s.open, id) // nobody else may pay for it meanwhile
	s.mu.Unlock()
	if !ok {
		return Receipt{}, fmt.Errorf("%w: %d", ErrNoOrder, id)
	}
	authorization, err := s.charge(ctx, o, card)
	if err != nil {
		s.mu.Lock()
		s.open[id] = o
		s.mu.Unlock()
		return Receipt{}, err
	}
	r := Receipt{Order: id, Number: fmt.Sprintf("R-%04d", id), Authorization: authorization.Code}
	s.receipts.publish(ctx, r)
	return r, nil
}

func (s *Store) charge(ctx context.Context, o Order, card string) (payments.Authorization, error) {
	ctx, span := s.tracer.Start(ctx, "payment.charge", trace.WithAttributes(
		attribute.Int("shop.order", o.ID),
		attribute.Float64("payment.amount", o.Total),
	))
	defer span.End()
	a, err := s.cards.Authorize(ctx, payments.Charge{Order: o.ID, Amount: o.Total, Card: card})
	if err != nil {
		if errors.Is(err, payments.ErrDeclined) {
			span.AddEvent("payment.declined")
		}
		return payments.Authorization{}, fail(span, err)
	}
	span.AddEvent("payment.authorized", trace.WithAttributes(attribute.String("payment.authorization", a.Code)))
	span.SetStatus(codes.Ok, "")
	return a, nil
}

// fail records err on the span and returns it.
func fail(span trace.Span, err error) error {
	span.RecordError(err)
	span.SetStatus(codes.Error, err.Error())
	return err
}
