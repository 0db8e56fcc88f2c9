package spec

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// included says that every line with the word image stands in one line of a file
// that is included once per service.
type included struct{ Locator }

func (i included) Locate(offset int) (diag.Position, string, []diag.Frame) {
	pos, line, _ := i.Locator.Locate(offset)
	if !strings.HasPrefix(line, "image") {
		return pos, line, nil
	}
	via := []diag.Frame{{What: "included", Pos: Pos{File: "t", Line: pos.Line, Column: 1}}}
	return Pos{File: "inc", Line: 1, Column: pos.Column}, line, via
}

// A place that two includes led to must not be shown as reached by the first alone.
func TestSourceOfAPlaceReachedTwiceNamesBothWays(t *testing.T) {
	text := []byte(head + "[service.a]\nimage = \"b:1\"\n[service.b]\nimage = \"b:1\"\n")
	f, ds := Decode("t", text, included{PlainText("t", text)})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	_, _, via := f.Source(f.Services[1].ImagePos)
	if len(via) != 2 || via[0].What != "included" || via[1].What != "or included" || via[1].Pos.Line != via[0].Pos.Line+2 {
		t.Errorf("%v", via)
	}
	text = []byte(head + "[service.a]\nimage = \"b:1\"\n")
	f, _ = Decode("t", text, included{PlainText("t", text)})
	if _, _, via := f.Source(f.Services[0].ImagePos); len(via) != 1 || via[0].What != "included" {
		t.Errorf("reached once: %v", via)
	}
}
