package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestThePageLooksAsAgreed(t *testing.T) {
	r := sample()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r.Scenarios[0].TracedAt = &at
	golden(t, "run.html", write(t, HTML{}, r))
}

// wellFormedPage reads a page back as XML: only elements of the template, no
// script, nothing that is loaded from elsewhere, whatever text is in the report.
func wellFormedPage(t *testing.T, b []byte, text string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(strings.Fields("html head meta title style body h1 h2 p span code pre table thead tbody tr th td a b br details summary dl dt dd div"), e.Name.Local) {
			t.Fatalf("element <%s> with the text %q", e.Name.Local, text)
		}
		for _, a := range e.Attr {
			ok := slices.Contains([]string{"lang", "charset", "name", "content", "http-equiv", "class", "id", "open"}, a.Name.Local) ||
				a.Name.Local == "href" && strings.HasPrefix(a.Value, "#s") ||
				a.Name.Local == "style" && strings.HasPrefix(a.Value, "width: ") && len(a.Value) <= len("width: 100%")
			if !ok {
				t.Fatalf("attribute %s=%q of <%s> with the text %q", a.Name.Local, a.Value, e.Name.Local, text)
			}
		}
	}
}

func TestThePageShowsWhatARunFound(t *testing.T) {
	text := string(write(t, HTML{}, sample()))
	for _, want := range []string{
		"expect.span[cart.price].attrs.all", "shop/sale.clnrm.toml.tera:12:1", "no span has shop.total=8: found 7", // what failed, where and why
		"shop.total  7    expected 8", "exit status 1, expected 0", // the explanation, the step
		"9 UNSET spans accepted as OK", "sha256:feed", "0123456789abcdef", // what was judged, the evidence
		"1.04s", "1m01s", "width: 100%", // times
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

// A page is read long after the run: a verdict that does not stand, or that nobody
// executed, does not look like one that does.
func TestThePageIsGreenForWhatStandsOnly(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, s := range []Scenario{
		{Verdict: Pass, Stale: true, StaleReason: "the image changed", TracedAt: &at},
		{Verdict: Pass, Replayed: true, TracedAt: &at},
		{Verdict: Skipped, Message: "not in this shard"},
		{Verdict: Fail, Stale: true},
	} {
		text := string(write(t, HTML{}, &Run{Verdict: Error, Scenarios: []Scenario{s}}))
		if _, body, _ := strings.Cut(text, "</style>"); strings.Contains(body, "v pass") || s.Stale && !strings.Contains(body, "STALE") {
			t.Errorf("%+v is green:\n%s", s, body)
		}
	}
	r := NewRun("local", false, 0, "", []Scenario{{Verdict: Pass}})
	if text := string(write(t, HTML{}, r)); !strings.Contains(text, "Not hermetic") {
		t.Error("a local run does not say so")
	}
}
