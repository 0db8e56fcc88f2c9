package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/seanchatmangpt/clnrm-tui/examples/shop/internal/web"
)

// Handler serves POST /charges with the given authoriser, and GET /healthz
// without any trace.
func Handler(with Authorizer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /charges", func(w http.ResponseWriter, r *http.Request) {
		var c Charge
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			web.Refuse(w, http.StatusBadRequest, "malformed charge")
			return
		}
		a, err := with.Authorize(r.Context(), c)
		if err != nil {
			web.Refuse(w, http.StatusPaymentRequired, err.Error())
			return
		}
		web.Answer(w, http.StatusCreated, a)
	})
	return web.Traced("payments", mux)
}

// Remote authorises by asking a payments service at URL.
type Remote struct {
	URL    string // for example "http://payments:8081"
	Client *http.Client
}

// Authorize implements Authorizer.
func (p Remote) Authorize(ctx context.Context, c Charge) (Authorization, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return Authorization{}, fmt.Errorf("encode the charge: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/charges", bytes.NewReader(body))
	if err != nil {
		return Authorization{}, fmt.Errorf("address the payments service: %w", err)
	}
	res, err := p.Client.Do(req)
	if err != nil {
		return Authorization{}, fmt.Errorf("reach the payments service: %w", err)
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusCreated:
		var a Authorization
		if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
			return Authorization{}, fmt.Errorf("read the authorization: %w", err)
		}
		return a, nil
	case http.StatusPaymentRequired:
		var f web.Failure
		if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
			return Authorization{}, errors.Join(ErrDeclined, err)
		}
		return Authorization{}, declined(f.Error)
	default:
		return Authorization{}, fmt.Errorf("payments service answered %s", res.Status)
	}
}

// declined restores a refusal that travelled as text, so that callers can still
// ask errors.Is(err, ErrDeclined).
type declined string

func (d declined) Error() string { return string(d) }

func (d declined) Is(target error) bool { return target == ErrDeclined }
