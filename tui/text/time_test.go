package text

import (
	"testing"
	"time"
)

func TestTimesAreShortAndRounded(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	for _, c := range []struct {
		d                      time.Duration
		duration, elapsed, age string
	}{
		{0, "0ms", "0.0s", "now"},
		{-time.Second, "0ms", "0.0s", "now"},
		{30 * us, "<0.1ms", "0.0s", "now"},
		{4200 * us, "4.2ms", "0.0s", "now"},
		{9960 * us, "10ms", "0.0s", "now"},
		{412 * ms, "412ms", "0.4s", "now"},
		{999700 * us, "1.00s", "0.9s", "now"},
		{1214 * ms, "1.21s", "1.2s", "now"},
		{4999 * ms, "5.00s", "4.9s", "now"},
		{5 * time.Second, "5.00s", "5.0s", "now"},
		{34500 * ms, "34.5s", "34s", "now"},
		{59970 * ms, "1m00s", "59s", "now"},
		{125 * time.Second, "2m05s", "2m05s", "2m"},
		{9*time.Minute + 59*time.Second, "9m59s", "9m59s", "9m"},
		{14 * time.Minute, "14m00s", "14m00s", "10m"},
		{62 * time.Minute, "1h02m", "1h02m", "1h"},
		{49 * time.Hour, "49h00m", "49h00m", "2d"},
	} {
		if got := Duration(c.d); got != c.duration {
			t.Errorf("Duration(%v) = %q, want %q", c.d, got, c.duration)
		}
		if got := Elapsed(c.d); got != c.elapsed {
			t.Errorf("Elapsed(%v) = %q, want %q", c.d, got, c.elapsed)
		}
		if got := Age(c.d); got != c.age {
			t.Errorf("Age(%v) = %q, want %q", c.d, got, c.age)
		}
		if then := max(c.d, 0) + AgeLasts(c.d); Age(then-1) != c.age || Age(then) == c.age {
			t.Errorf("Age(%v) lasts until %v: %q before and %q then", c.d, then, Age(then-1), Age(then))
		}
	}
}
