package model_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/model"
)

// server answers every question as a test wants.
func server(t *testing.T, answer http.HandlerFunc) model.Config {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return model.Config{URL: s.URL + "/v1", Model: "small", Key: "the-key"}
}

// text is an answer of a status and a body.
func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the asker may have gone
	}
}

// What is no answer is an error that says so, and never a text.
func TestWhatIsNoAnswerIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"garbage":             {text(http.StatusOK, "<html>not JSON"), "invalid character"},
		"cut short":           {text(http.StatusOK, `{"choices":[{"message":{"content":"Few`), "unexpected EOF"},
		"another shape":       {text(http.StatusOK, `{"answer":"fine"}`), "no answer"},
		"nothing at all":      {text(http.StatusOK, ""), "EOF"},
		"a refusal":           {text(http.StatusOK, `{"choices":[{"message":{"content":"","refusal":"I will not"}}]}`), "it refused: I will not"},
		"white space":         {text(http.StatusOK, `{"choices":[{"message":{"content":" \n"}}]}`), "empty"},
		"an error":            {text(http.StatusInternalServerError, `{"error":{"message":"out of memory"}}`), "out of memory"},
		"an error in garbage": {text(http.StatusBadGateway, "<html>"), "502"},
		"a wrong key":         {text(http.StatusUnauthorized, `{"error":{"message":"who are you"}}`), "who are you"},
		"too many questions":  {text(http.StatusTooManyRequests, `{"error":{"message":"slow down"}}`), "slow down"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := server(t, c.answer).Ask(t.Context(), "role", "question")
			if err == nil || got != "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %v; want an error that says %q", got, err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "the-key") {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

// A server that does not answer is not waited for longer than was said, and who
// stops asking need not wait at all.
func TestNobodyWaitsForASilentServer(t *testing.T) {
	silent := func() (model.Config, <-chan struct{}) {
		asked, release := make(chan struct{}, 1), make(chan struct{})
		c := server(t, func(_ http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		t.Cleanup(func() { close(release) }) // before the server waits for its handlers
		return c, asked
	}
	c, _ := silent()
	c.Timeout = 50 * time.Millisecond
	if got, err := c.Ask(t.Context(), "role", "question"); got != "" || err == nil || !strings.Contains(err.Error(), "did not answer within 50ms") {
		t.Errorf("%q, %v", got, err)
	}
	c, asked := silent()
	c.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.Ask(ctx, "role", "question")
		ended <- err
	}()
	select {
	case <-asked:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was asked")
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a question that was taken back ends with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("a question that was taken back goes on")
	}
}

// An answer without end is cut.
func TestALongAnswerIsCut(t *testing.T) {
	long := strings.Repeat("ä", 1<<20)
	got, err := server(t, text(http.StatusOK, `{"choices":[{"message":{"content":"`+long+`"}}]}`)).Ask(t.Context(), "role", "question")
	if err != nil || len(got) > 20<<10 || !strings.HasSuffix(got, "…") || strings.ContainsRune(got, '\uFFFD') {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
