package cmd

import "testing"

func TestGarbageIsBoundedWhateverIsHeld(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		held, garbage uint64
		least, most   int // percent
	}{
		{0, 24 * mb, startPercent, startPercent}, // before the first collection
		{2 * mb, 24 * mb, startPercent, startPercent},
		{24 * mb, 24 * mb, 90, 100},
		{48 * mb, 24 * mb, 45, 50},
		{1000 * mb, 24 * mb, calmPercent, calmPercent}, // collecting costs more there
		{10 * mb, 0, calmPercent, calmPercent},         // a person edits
	} {
		if p := percentFor(c.held, c.garbage); p < c.least || p > c.most {
			t.Errorf("%d MB held, %d MB may gather: %d percent, want %d to %d", c.held/mb, c.garbage/mb, p, c.least, c.most)
		}
	}
}
