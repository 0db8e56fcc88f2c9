package store

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/payments"
	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/web"
)

// Payment is the body of a checkout.
type Payment struct {
	Card string `json:"card"` // digits only
}

// Handler serves POST /orders and POST /orders/{id}/checkout as server spans,
// and GET /healthz without any trace.
func (s *Store) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", s.postOrder)
	mux.HandleFunc("POST /orders/{id}/checkout", s.postCheckout)
	return web.Traced("shop", mux)
}

func (s *Store) postOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || o.Quantity < 1 {
		web.Refuse(w, http.StatusBadRequest, "an order needs an item and a quantity of at least 1")
		return
	}
	placed, err := s.Place(r.Context(), o)
	if err != nil {
		web.Refuse(w, statusOf(err), err.Error())
		return
	}
	web.Answer(w, http.StatusCreated, placed)
}

func (s *Store) postCheckout(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		web.Refuse(w, http.StatusBadRequest, "an order is a number")
		return
	}
	var p Payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || p.Card == "" {
		web.Refuse(w, http.StatusBadRequest, "a checkout needs a card")
		return
	}
	receipt, err := s.Checkout(r.Context(), id, p.Card)
	if err != nil {
		web.Refuse(w, statusOf(err), err.Error())
		return
	}
	web.Answer(w, http.StatusOK, receipt)
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrUnknownItem), errors.Is(err, ErrNoOrder):
		return http.StatusNotFound
	case errors.Is(err, ErrOutOfStock):
		return http.StatusConflict
	case errors.Is(err, payments.ErrDeclined):
		return http.StatusPaymentRequired
	default:
		return http.StatusBadGateway
	}
}
