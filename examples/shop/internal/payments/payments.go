// Package payments decides whether a card may be charged. The shop uses it in
// its own process, or over HTTP when the payments service runs by itself.
package payments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Limit is the largest amount, in EUR, that is authorised without a question.
const Limit = 100.0

// ErrDeclined is wrapped by every refusal to charge a card.
var ErrDeclined = errors.New("card declined")

// Charge is a request to take an amount from a card.
type Charge struct {
	Order  int     `json:"order"`
	Amount float64 `json:"amount"` // EUR
	Card   string  `json:"card"`   // digits only; never recorded in a span
}

// Authorization is the proof that a charge went through.
type Authorization struct {
	Code string `json:"code"`
}

// Authorizer charges cards.
type Authorizer interface {
	// Authorize charges the card, or returns an error that wraps ErrDeclined
	// when the card may not be charged.
	Authorize(ctx context.Context, c Charge) (Authorization, error)
}

// Local authorises in this process.
type Local struct{}

// Authorize implements Authorizer: cards that end in 0002 have no funds, and
// amounts above Limit are refused.
func (Local) Authorize(ctx context.Context, c Charge) (Authorization, error) {
	_, span := otel.Tracer("shop/payments").Start(ctx, "card.authorize", trace.WithAttributes(
		attribute.Float64("payment.amount", c.Amount),
		attribute.String("payment.currency", "EUR"),
		attribute.String("payment.card_last4", last4(c.Card)),
	))
	defer span.End()
	if err := judge(c); err != nil {
		span.AddEvent("card.refused", trace.WithAttributes(attribute.String("reason", err.Error())))
		span.SetStatus(codes.Error, err.Error())
		return Authorization{}, err
	}
	a := Authorization{Code: fmt.Sprintf("A-%04d", c.Order)}
	span.SetAttributes(attribute.String("payment.authorization", a.Code))
	span.SetStatus(codes.Ok, "")
	return a, nil
}

func judge(c Charge) error {
	switch {
	case strings.HasSuffix(c.Card, "0002"):
		return fmt.Errorf("%w: insufficient funds", ErrDeclined)
	case c.Amount > Limit:
		return fmt.Errorf("%w: above the limit of %.2f EUR", ErrDeclined, Limit)
	default:
		return nil
	}
}

// last4 is all of a card number that may be recorded.
func last4(card string) string {
	if len(card) <= 4 {
		return card
	}
	return card[len(card)-4:]
}
