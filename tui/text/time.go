package text

import (
	"fmt"
	"time"
)

// Duration writes d with about three digits, in at most six characters below
// a hundred hours: "<0.1ms", "4.2ms", "412ms", "1.21s", "34.5s", "2m05s",
// "1h02m".
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0ms"
	case d < 100*time.Microsecond:
		return "<0.1ms"
	case d < 9950*time.Microsecond:
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.0fms", float64(d)/float64(time.Millisecond))
	case d < 9995*time.Millisecond:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

// Elapsed writes the age of something that still runs: tenths of a second, then
// seconds, then minutes.
func Elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "0.0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%d.%ds", d/time.Second, d%time.Second/(100*time.Millisecond))
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
}

// Age writes how long ago something was: "now" below a minute, then minutes, from
// ten on in steps of five, hours and days. It is coarse on purpose: a screen whose
// ages count seconds never comes to rest.
func Age(d time.Duration) string {
	switch step := ageStep(d); {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", d.Truncate(step)/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
}

// AgeLasts is how much longer Age writes d as it does now; more than nothing.
func AgeLasts(d time.Duration) time.Duration {
	d = max(d, 0)
	step := ageStep(d)
	return d.Truncate(step) + step - d
}

// ageStep is the difference between two ages that are written one after the other.
func ageStep(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Minute:
		return time.Minute
	case d < time.Hour:
		return 5 * time.Minute
	case d < 24*time.Hour:
		return time.Hour
	default:
		return 24 * time.Hour
	}
}
