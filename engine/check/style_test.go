package check

import (
	"slices"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestStyle(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"sound", "[meta]\nname = 'a'\nversion = '1.0'\ndescription = 'b'\n[otel]\nexporter = 'otlp'\nsample_ratio = 1.0\n[[scenario]]\nname = 'a_b-c.d'\nrun = 'x'\n", nil},
		{"bare", "[meta]\nname = 'a'\nversion = '1.0'\n[otel]\nexporter = 'otlp'\n[[scenario]]\nname = 'a b'\nrun = 'x'\n",
			[]string{"missing-description 2", "missing-sample-ratio 4", "scenario-name 7"}},
		{"no exporter", "[meta]\nname = 'a'\nversion = '1.0'\ndescription = 'b'\n[otel]\nexporter = 'none'\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ds := spec.Decode("a.clnrm.toml", []byte(c.text), spec.PlainText("a.clnrm.toml", []byte(c.text)))
			if f == nil {
				t.Fatal(ds)
			}
			var got []string
			for _, d := range Style(f) {
				if d.Severity != diag.Warning || d.Hint == "" {
					t.Errorf("%+v", d)
				}
				got = append(got, d.Code+" "+string(rune('0'+d.Pos.Line)))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
