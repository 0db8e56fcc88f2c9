package eval

import "testing"

// TestRearrange checks that pieces keep the source of each byte.
func TestRearrange(t *testing.T) {
	o := newOutput(1000, 0, 0)
	if err := o.text(10, "abcdef"); err != nil {
		t.Fatal(err)
	}
	if err := o.value(50, "XYZ"); err != nil {
		t.Fatal(err)
	}
	if err := o.text(70, "ghi"); err != nil {
		t.Fatal(err)
	}
	r := o.Rearrange([]Piece{{From: 7, To: 11}, {From: 2, Text: "--"}, {From: 2, To: 7}})
	if string(r.Buf) != "YZgh--cdefX" {
		t.Fatalf("%q", r.Buf)
	}
	for i, want := range []struct {
		src   int
		value bool
	}{{50, true}, {50, true}, {70, false}, {71, false}, {12, true}, {12, true}, {12, false}, {13, false}, {14, false}, {15, false}, {50, true}} {
		_, src, isValue, ok := r.Origin(i)
		if !ok || src != want.src || isValue != want.value {
			t.Errorf("byte %d (%c): source %d value %v, want %+v", i, r.Buf[i], src, isValue, want)
		}
	}
}

func TestOutputStopsAtItsLimit(t *testing.T) {
	o := newOutput(5, 0, 0)
	if err := o.text(0, "12345"); err != nil {
		t.Fatal(err)
	}
	if err := o.text(0, "6"); err == nil || len(o.Buf) != 5 {
		t.Errorf("%q %v", o.Buf, err)
	}
	if err := o.value(0, "7"); err == nil {
		t.Error("a value after the limit")
	}
}
