package control_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/control"
)

// Every message that docs/socket.md shows is one of the protocol, to the letter:
// read as what it is and written again, it is the same.
func TestMessagesInTheDocumentAreOfTheProtocol(t *testing.T) {
	text, err := os.ReadFile("../../docs/socket.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```json\n(.*?)\n```|`(\\{\".*?\\})`").FindAllStringSubmatch(string(text), -1)
	if len(shown) < 6 {
		t.Fatalf("%d messages are shown", len(shown))
	}
	for _, m := range shown {
		line := m[1] + m[2]
		var as any
		switch {
		case strings.Contains(line, `"clnrm":`):
			as = new(control.Greeting)
		case strings.Contains(line, `"do":`):
			as = new(control.Request)
		case strings.Contains(line, `"ok":`):
			as = new(control.Reply)
		default:
			as = new(control.Event)
		}
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(as); err != nil {
			t.Errorf("%v: %s", err, line)
			continue
		}
		var again bytes.Buffer
		if err := json.NewEncoder(&again).Encode(as); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(again.String()); got != line {
			t.Errorf("%s\nis written as\n%s", line, got)
		}
	}
}
