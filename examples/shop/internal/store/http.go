package store

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/payments"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// Payment is the body of a checkout.
type Payment struct {
	Card string `json:"card"` // digits only
}

// Failure is the body of every answer that is not a success.
type Failure struct {
	Error string `json:"error"`
}

// Handler serves POST /orders and POST /orders/{id}/checkout as server spans,
// and GET /healthz without any trace.
func (s *Store) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /orders", s.postOrder)
	mux.HandleFunc("POST /orders/{id}/checkout", s.postCheckout)
	return otelhttp.NewHandler(mux, "shop", otelhttp.WithFilter(func(r *http.Request) bool {
		return r.URL.Path != "/healthz"
	}))
}

func (s *Store) postOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || o.Quantity < 1 {
		answer(w, http.StatusBadRequest, Failure{"an order needs an item and a quantity of at least 1"})
		return
	}
	placed, err := s.Place(r.Context(), o)
	if err != nil {
		answer(w, statusOf(err), Failure{err.Error()})
		return
	}
	answer(w, http.StatusCreated, placed)
}

func (s *Store) postCheckout(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		answer(w, http.StatusBadRequest, Failure{"an order is a number"})
		return
	}
	var p Payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || p.Card == "" {
		answer(w, http.StatusBadRequest, Failure{"a checkout needs a card"})
		return
	}
	receipt, err := s.Checkout(r.Context(), id, p.Card)
	if err != nil {
		answer(w, statusOf(err), Failure{err.Error()})
		return
	}
	answer(w, http.StatusOK, receipt)
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

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is already sent; a client that went away cannot be told.
	_ = json.NewEncoder(w).Encode(body)
}
