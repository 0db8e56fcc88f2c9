package builtin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var errFormat = errors.New("invalid date format")

// stamp is a time to format; zoned is false when it has no known zone.
type stamp struct {
	time.Time
	zoned bool
}

func date(_ Host, v any, a *Args) (any, error) {
	format, err := a.text("format", "%Y-%m-%d")
	if err != nil {
		return nil, err
	}
	zone, err := a.text("timezone", "")
	if err != nil {
		return nil, err
	}
	var loc *time.Location
	if zone != "" {
		if loc, err = time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("`%s` is not a time zone", zone)
		}
	}
	t, err := parseStamp(v, loc)
	if err != nil {
		return nil, err
	}
	out, err := strftime(t, format)
	if err != nil {
		return nil, fmt.Errorf("%w `%s`", err, format)
	}
	return out, nil
}

// parseStamp reads a Unix second, a date, an RFC 3339 time or a time without a
// zone. Only values that say an instant are moved to loc.
func parseStamp(v any, loc *time.Location) (stamp, error) {
	move := func(t time.Time, zoned bool) stamp {
		if loc != nil {
			return stamp{t.In(loc), true}
		}
		return stamp{t, zoned}
	}
	switch v := v.(type) {
	case int64:
		if v > 8210266876799 || v < -8334601228800 {
			return stamp{}, fmt.Errorf("%d is out of the range of dates", v)
		}
		return move(time.Unix(v, 0).UTC(), false), nil
	case string:
		if strings.Contains(v, "T") {
			if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
				if loc == nil {
					_, off := t.Zone()
					t = t.In(time.FixedZone(zoneText(off, true), off))
				}
				return move(t, true), nil
			}
			for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05"} {
				if t, err := time.Parse(layout, v); err == nil {
					return stamp{t, false}, nil
				}
			}
			return stamp{}, fmt.Errorf("`%s` is not an RFC 3339 time or a time without a zone", v)
		}
		t, err := time.Parse("2006-01-02", v)
		if err != nil {
			return stamp{}, fmt.Errorf("`%s` is not a date YYYY-MM-DD", v)
		}
		return stamp{t, false}, nil
	}
	return stamp{}, fmt.Errorf("the value is %s, expected a whole number or a string", kindOf(v))
}

func zoneText(off int, colon bool) string {
	sign := '+'
	if off < 0 {
		sign, off = '-', -off
	}
	sep := ""
	if colon {
		sep = ":"
	}
	return fmt.Sprintf("%c%02d%s%02d", sign, off/3600, sep, off/60%60)
}

// strftime formats with the codes of the chrono library.
func strftime(t stamp, format string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		n, err := t.code(&b, format[i+1:])
		if err != nil {
			return "", err
		}
		i += n
	}
	return b.String(), nil
}

// code writes one code without its percent sign and returns its length.
func (t stamp) code(b *strings.Builder, f string) (int, error) {
	n := 0
	pad := byte(0)
	if f != "" && strings.IndexByte("-_0", f[0]) >= 0 {
		pad = f[0]
		n = 1
	}
	rest := f[n:]
	if rest == "" {
		return 0, errFormat
	}
	if pad == 0 {
		if k, ok, err := t.longCode(b, rest); ok || err != nil {
			return k, err
		}
	}
	c := rest[0]
	if t.number(b, c, pad) {
		return n + 1, nil
	}
	if pad != 0 {
		return 0, errFormat
	}
	return 1, t.word(b, c)
}

// longCode writes codes of several characters: fractions and zone forms.
func (t stamp) longCode(b *strings.Builder, f string) (int, bool, error) {
	frac := fmt.Sprintf("%09d", t.Nanosecond())
	switch {
	case strings.HasPrefix(f, ".f"):
		switch ns := t.Nanosecond(); {
		case ns == 0:
		case ns%1e6 == 0:
			b.WriteString("." + frac[:3])
		case ns%1e3 == 0:
			b.WriteString("." + frac[:6])
		default:
			b.WriteString("." + frac)
		}
		return 2, true, nil
	case len(f) >= 3 && f[0] == '.' && f[2] == 'f' && strings.IndexByte("369", f[1]) >= 0:
		b.WriteString("." + frac[:f[1]-'0'])
		return 3, true, nil
	case len(f) >= 2 && f[1] == 'f' && strings.IndexByte("369", f[0]) >= 0:
		b.WriteString(frac[:f[0]-'0'])
		return 2, true, nil
	case f[0] == ':' || f[0] == '#':
		if !t.zoned {
			return 0, false, errFormat
		}
		_, off := t.Zone()
		switch {
		case strings.HasPrefix(f, ":z"):
			b.WriteString(zoneText(off, true))
			return 2, true, nil
		case strings.HasPrefix(f, "::z"):
			b.WriteString(zoneText(off, true) + fmt.Sprintf(":%02d", max(off, -off)%60))
			return 3, true, nil
		case strings.HasPrefix(f, ":::z"):
			b.WriteString(zoneText(off, true)[:3])
			return 4, true, nil
		}
		return 0, false, errFormat
	}
	return 0, false, nil
}

// number writes a numeric code: c with its natural width, or padded as asked.
func (t stamp) number(b *strings.Builder, c, pad byte) bool {
	hour12 := (t.Hour()+11)%12 + 1
	isoYear, isoWeek := t.ISOWeek()
	var v, width int
	fill := byte('0')
	switch c {
	case 'Y':
		v, width = t.Year(), 4
	case 'C':
		v, width = (t.Year()-within(t.Year(), 100))/100, 2
	case 'y':
		v, width = within(t.Year(), 100), 2
	case 'G':
		v, width = isoYear, 4
	case 'g':
		v, width = within(isoYear, 100), 2
	case 'm':
		v, width = int(t.Month()), 2
	case 'd':
		v, width = t.Day(), 2
	case 'e':
		v, width, fill = t.Day(), 2, ' '
	case 'H':
		v, width = t.Hour(), 2
	case 'k':
		v, width, fill = t.Hour(), 2, ' '
	case 'I':
		v, width = hour12, 2
	case 'l':
		v, width, fill = hour12, 2, ' '
	case 'M':
		v, width = t.Minute(), 2
	case 'S':
		v, width = t.Second(), 2
	case 'j':
		v, width = t.YearDay(), 3
	case 'U':
		v, width = (t.YearDay()+6-int(t.Weekday()))/7, 2
	case 'W':
		v, width = (t.YearDay()+6-(int(t.Weekday())+6)%7)/7, 2
	case 'V':
		v, width = isoWeek, 2
	case 'u':
		v, width = (int(t.Weekday())+6)%7+1, 1
	case 'w':
		v, width = int(t.Weekday()), 1
	case 'q':
		v, width = (int(t.Month())+2)/3, 1
	case 'f':
		v, width = t.Nanosecond(), 9
	case 's':
		v, width = int(t.Unix()), 1
	default:
		return false
	}
	switch pad {
	case '-':
		width = 0
	case '_':
		fill = ' '
	case '0':
		fill = '0'
	}
	if (c == 'Y' || c == 'G') && (v < 0 || v > 9999) {
		// ISO 8601 wants a sign for years that are not of four digits.
		if width > 0 && fill == '0' {
			fmt.Fprintf(b, "%+05d", v)
		} else {
			fmt.Fprintf(b, "%+*d", min(width, 1)*5, v)
		}
		return true
	}
	s := strconv.Itoa(v)
	for i := len(s); i < width; i++ {
		b.WriteByte(fill)
	}
	b.WriteString(s)
	return true
}

// within is the remainder of v by n that is not negative.
func within(v, n int) int { return (v%n + n) % n }

// composed are the codes that stand for others.
var composed = map[byte]string{
	'D': "%m/%d/%y", 'x': "%m/%d/%y", 'F': "%Y-%m-%d", 'c': "%a %b %e %T %Y", 'v': "%e-%b-%Y",
}

// layouts are the codes that Go's own formatting covers.
var layouts = map[byte]string{
	'A': "Monday", 'a': "Mon", 'B': "January", 'b': "Jan", 'h': "Jan", 'p': "PM", 'P': "pm",
	'R': "15:04", 'T': "15:04:05", 'X': "15:04:05", 'r': "03:04:05 PM",
}

// word writes the other one-letter codes.
func (t stamp) word(b *strings.Builder, c byte) error {
	switch c {
	case '%':
		b.WriteByte('%')
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'z', 'Z', '+':
		if !t.zoned {
			return errFormat
		}
		name, off := t.Zone()
		switch c {
		case 'z':
			b.WriteString(zoneText(off, false))
		case 'Z':
			b.WriteString(name)
		default:
			day, err := strftime(t, "%F")
			if err != nil {
				return err
			}
			b.WriteString(day + t.Format("T15:04:05.999999999") + zoneText(off, true))
		}
	default:
		if format, ok := composed[c]; ok {
			text, err := strftime(t, format)
			b.WriteString(text)
			return err
		}
		layout, ok := layouts[c]
		if !ok {
			return errFormat
		}
		b.WriteString(t.Format(layout))
	}
	return nil
}
