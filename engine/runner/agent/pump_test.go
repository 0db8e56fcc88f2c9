package agent

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// printing starts a pump behind a stream that is not read before it is opened.
// The buffer may be looked at when the pump is done.
func printing(t *testing.T) (p *pump, printer *os.File, sent *bytes.Buffer, open func()) {
	t.Helper()
	from, printer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sent = &bytes.Buffer{}
	g := gate{make(chan struct{})}
	p, err = startPump(wire.NewWriter(through{g, sent}), wire.TypeStdout, 1, from)
	if err != nil {
		t.Fatal(err)
	}
	return p, printer, sent, func() { close(g.open) }
}

// through is a gate with something behind it.
type through struct {
	gate
	sent *bytes.Buffer
}

func (w through) Write(p []byte) (int, error) {
	if _, err := w.gate.Write(p); err != nil {
		return 0, err
	}
	return w.sent.Write(p)
}

func TestWhatWasPrintedIsOutBeforeTheEndHoweverSlowTheReaderIs(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 3000)
	for name, tc := range map[string]struct {
		held   bool // by something that outlives the process
		behind string
	}{
		"ended":            {false, ""},
		"held":             {true, ""},
		"held by a talker": {true, "more"},
	} {
		t.Run(name, func(t *testing.T) {
			p, printer, sent, open := printing(t)
			say := func(s string) {
				if _, err := printer.WriteString(s); err != nil {
					t.Error(err)
				}
			}
			say(text)
			if !tc.held {
				_ = printer.Close()
			}
			drained := make(chan []*pump, 1)
			go func() { drained <- drain([]*pump{p}) }()
			select {
			case <-drained:
				t.Error("the end is told before the output")
				drained <- nil
			case <-time.After(drainLimit + 100*time.Millisecond): // it must still wait then
			}
			if tc.behind != "" {
				say(tc.behind)
			}
			open()
			if held := <-drained; (len(held) == 1) != tc.held {
				t.Errorf("%d are held", len(held))
			}
			p.mu.Lock()
			if p.given < int64(len(text)) {
				t.Errorf("%d of %d bytes are out", p.given, len(text))
			}
			p.mu.Unlock()
			if tc.held {
				_ = printer.Close()
			}
			<-p.done
			var got strings.Builder
			for in := wire.NewReader(sent); ; {
				f, err := in.Read()
				if err != nil {
					break
				}
				got.Write(f.Payload)
			}
			if got.String() != text+tc.behind {
				t.Errorf("%d bytes arrived", got.Len())
			}
		})
	}
}
