package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// units are the words for units that durations may use, beside those of
// time.ParseDuration.
var units = map[string]time.Duration{
	"ms": time.Millisecond,
	"s":  time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
}

// ParseDuration reads a duration as test files and the project configuration
// write it: an integer with a unit ("30s", "5 minutes", "250ms", "1d"), or Go's
// own form ("1m30s"). Negative durations are refused.
func ParseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	digits := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	switch {
	case text == "" || digits == 0:
		return 0, fmt.Errorf("%q is not a duration", text)
	case digits < 0:
		return 0, fmt.Errorf("%q has no unit", text)
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(text[digits:]))]
	if !ok {
		if v, err := time.ParseDuration(text); err == nil {
			return v, nil
		}
		return 0, fmt.Errorf("%q is not a duration", text)
	}
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	if err != nil || n > math.MaxInt64/int64(unit) {
		return 0, fmt.Errorf("%q is too long", text)
	}
	return time.Duration(n) * unit, nil
}

// duration reads a string by ParseDuration, or a number of units; unit 0 means
// that a bare number is refused.
func duration[T any](name string, unit time.Duration, to func(*T) *time.Duration) field[T] {
	shape := `a duration such as "30s"`
	if unit != 0 {
		shape = "a number of " + map[time.Duration]string{time.Second: "seconds", time.Millisecond: "milliseconds"}[unit]
	}
	return field[T]{name: name, schema: lasting, shape: shape, set: func(d *decoder, path string, e *entry, into *T) bool {
		if e.val.kind == kindString {
			v, err := ParseDuration(e.val.text)
			if err != nil {
				d.errorf(e.val.at, "invalid-duration", `write a number and a unit: "500ms", "30s", "5m", "1h"`, "%s", err)
				return true
			}
			*to(into) = v
			return true
		}
		n, ok := e.val.number()
		if !ok || unit == 0 {
			return false
		}
		if v := n * float64(unit); v >= 0 && v < math.MaxInt64 {
			*to(into) = time.Duration(v)
		} else {
			d.errorf(e.val.at, "invalid-duration", "", "%s is out of range", strconv.FormatFloat(n, 'g', -1, 64))
		}
		return true
	}}
}
