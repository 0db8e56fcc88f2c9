package spec

import (
	"fmt"
	"testing"
)

func TestHowOftenAStepIsRetried(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "0 0s",
		"retry = 2":                     "2 1s",
		"retry = 0":                     "0 0s",
		"retry = true":                  "3 1s",
		"retry = false":                 "0 0s",
		"max_retries = 7":               "7 1s",
		"retry_on_failure = true":       "3 1s",
		"retry_on_failure = false":      "0 0s",
		"retry = { max_attempts = 5 }":  "4 1s",
		"retry = { delay = \"250ms\" }": "3 250ms",
		"retry = { max_attempts = 1 }":  "0 0s",
		"retry = { max_attempts = 2, delay = \"2s\" }": "1 2s",
		"max_retries = 10\nretry_on_failure = true":    "10 1s",
		"max_retries = 10\nretry_on_failure = false":   "0 0s",
		"retry = -1":                       "wrong-type",
		"retry = \"often\"":                "wrong-type",
		"max_retries = 1001":               "wrong-type",
		"retry = { max_attempts = \"5\" }": "wrong-type",
	} {
		source := []byte("[meta]\nname = \"t\"\nversion = \"1.0\"\n[[scenario]]\nname = \"s\"\n[[scenario.steps]]\nname = \"x\"\nrun = \"x\"\n" + text + "\n")
		f, ds := Decode("t", source, PlainText("t", source))
		got := ""
		if len(ds) > 0 {
			got = ds[0].Code
		} else {
			st := f.Scenarios[0].Steps[0]
			got = fmt.Sprint(st.Retries, " ", st.RetryDelay)
		}
		if got != want {
			t.Errorf("%s: %s, want %s (%v)", text, got, want, ds)
		}
	}
}
