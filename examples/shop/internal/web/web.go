// Package web is what the shop and its payments service have in common as HTTP
// servers: answers in JSON, GET /healthz, and a server span for all the rest.
package web

import (
	"encoding/json"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

const health = "/healthz"

// Failure is the body of every answer that is not a success.
type Failure struct {
	Error string `json:"error"`
}

// Traced adds GET /healthz to mux and wraps it, so that every request but that
// one is a server span named after its route.
func Traced(service string, mux *http.ServeMux) http.Handler {
	mux.HandleFunc("GET "+health, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return otelhttp.NewHandler(mux, service, otelhttp.WithFilter(func(r *http.Request) bool {
		return r.URL.Path != health
	}))
}

// Answer sends body as JSON.
func Answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The status is already sent; a client that went away cannot be told.
	_ = json.NewEncoder(w).Encode(body)
}

// Refuse sends a Failure.
func Refuse(w http.ResponseWriter, status int, text string) {
	Answer(w, status, Failure{text})
}
