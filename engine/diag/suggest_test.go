package diag

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"expect", "service", "services", "scenario", "steps"}
	cases := []struct{ name, want string }{
		{"expct", "expect"},
		{"EXPECT", "expect"},
		{"sevrice", "service"}, // a swap and nothing else
		{"scenarios", "scenario"},
		{"otel_expectations", ""},
		{"x", ""},
		{"expect", ""}, // not a slip of the pen
		{"", ""},
	}
	for _, c := range cases {
		if got := Nearest(c.name, names); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
	if got := DidYouMean("stpes", names); got != "did you mean `steps`?" {
		t.Errorf("DidYouMean: %q", got)
	}
	if got := DidYouMean("zzzzzz", names); got != "" {
		t.Errorf("DidYouMean: %q", got)
	}
}
