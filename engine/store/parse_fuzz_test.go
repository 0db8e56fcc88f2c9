package store

import (
	"strings"
	"testing"
)

// FuzzParse holds that a record of the present form is taken only with the spans
// that were written with it, and that anything else is an error or another form.
func FuzzParse(f *testing.F) {
	const body = `{"name":"a","span_id":"01"}` + "\n"
	for _, data := range []string{"", "{}", "\xff", `{"schema":"` + schema + `"}`,
		`{"schema":"` + schema + `","body_sha256":"` + sumOf([]byte(body)) + "\"}\n" + body, `{"schema":"other/1"}` + "\n" + body} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(data)
		if err != nil {
			return
		}
		_, rest, _ := strings.Cut(string(data), "\n")
		if r.Schema == schema && r.BodySum != sumOf([]byte(rest)) {
			t.Fatalf("taken with other spans than were written: %q", data)
		}
	})
}
