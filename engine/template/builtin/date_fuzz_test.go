package builtin

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// FuzzDate holds that every value and every format is answered, by a text or by
// an error, and that no code of a format writes more than a few bytes.
func FuzzDate(f *testing.F) {
	f.Add(int64(0), "", "%Y-%m-%d %H:%M:%S%.3f %j %U %q", "")
	f.Add(int64(-62198755200), "", "%C %y %G %g %F %c %+", "Asia/Tokyo")
	f.Add(int64(0), "2024-02-29T13:05:09.5+02:00", "%:z %::z %#z %Z %s %%%n%t", "")
	f.Add(int64(0), "2024-02-29", "%-d %_d %0d %Q %", "Nowhere/Land")
	f.Fuzz(func(t *testing.T, seconds int64, text, format, zone string) {
		args := with("format", format)
		if zone != "" {
			args.Add("timezone", zone)
		}
		var v any = seconds
		if text != "" {
			v = text
		}
		got, err := date(newHost(), value.Normalise(v), args)
		if out, isText := got.(string); err == nil && (!isText || len(out) > 64*(len(format)+1)) {
			t.Fatalf("%v, %q: %#v", v, format, got)
		}
	})
}
