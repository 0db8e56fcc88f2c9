package diag

import (
	"fmt"
	"testing"
)

func TestLongChainsAreCutInTheMiddle(t *testing.T) {
	var via []Frame
	for i := range 200 {
		via = append(via, Frame{What: "included", Pos: Position{File: "f", Line: i + 1}})
	}
	got := Chain(via)
	if len(got) != 7 || got[0].Pos.Line != 1 || got[3].What != "… 194 more …" || got[6].Pos.Line != 200 {
		t.Errorf("%v", got)
	}
	for n := range 8 {
		if short := Chain(via[:n]); len(short) != n {
			t.Errorf("a chain of %d became %v", n, short)
		}
	}
	if s := fmt.Sprint(Chain(via[:8])[3].What); s != "… 2 more …" {
		t.Errorf("%q", s)
	}
}
