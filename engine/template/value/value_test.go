package value

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

type named string

func TestNormalise(t *testing.T) {
	when := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct{ in, want any }{
		{1, int64(1)}, {uint8(3), int64(3)}, {uint64(math.MaxUint64), uint64(math.MaxUint64)}, {float32(0.5), 0.5}, {named("x"), "x"},
		{json.Number("1"), int64(1)}, {json.Number("1.0"), 1.0}, {json.Number("18446744073709551615"), uint64(math.MaxUint64)},
		{when, "2025-01-02T03:04:05Z"}, {time.Second, "1s"},
	} {
		if got := Normalise(tt.in); got != tt.want {
			t.Errorf("%#v: got %#v, want %#v", tt.in, got, tt.want)
		}
	}
	got := Normalise(map[string]any{"a": []string{"x"}, "b": map[int]bool{1: true}})
	want := map[string]any{"a": []any{"x"}, "b": map[string]any{"1": true}}
	if !Equal(got, want) {
		t.Errorf("got %#v", got)
	}
}

func TestTruthAndEquality(t *testing.T) {
	for _, v := range []any{nil, false, int64(0), 0.0, math.NaN(), "", []any{}, map[string]any{}} {
		if Truthy(v) {
			t.Errorf("%#v is true", v)
		}
	}
	for _, v := range []any{true, int64(-1), uint64(1), 0.1, "0", []any{nil}, map[string]any{"": nil}} {
		if !Truthy(v) {
			t.Errorf("%#v is false", v)
		}
	}
	if Equal(int64(1), 1.0) || Equal([]any{"a"}, "a") || Equal("a", []any{"a"}) || !Equal(map[string]any{"a": []any{nil}}, map[string]any{"a": []any{nil}}) {
		t.Error("equality")
	}
	// A value of 2^60 nodes made of shared parts is compared in bounded time.
	var a, b any = "x", "x"
	for range 60 {
		a, b = []any{a, a}, []any{b, b}
	}
	Equal(a, b)
	if _, ok := AppendText(nil, a, 1000); ok {
		t.Error("printing is not bounded")
	}
	if _, ok := AppendJSON(nil, a, true, 1000); ok {
		t.Error("encoding is not bounded")
	}
}

func TestNumbersAsText(t *testing.T) {
	for _, tt := range []struct {
		v           any
		plain, json string
	}{
		{int64(-5), "-5", "-5"}, {uint64(math.MaxUint64), "18446744073709551615", "18446744073709551615"},
		{1.0, "1", "1.0"}, {0.1, "0.1", "0.1"}, {1e15, "1000000000000000", "1000000000000000.0"}, {1e16, "10000000000000000", "1e16"},
		{1.5e-9, "0.0000000015", "1.5e-9"}, {0.00001, "0.00001", "0.00001"}, {1e-6, "0.000001", "1e-6"}, {1e100, "1" + zeros(100), "1e100"},
	} {
		plain, _ := AppendText(nil, tt.v, 1000)
		if string(plain) != tt.plain || NumberText(tt.v) != tt.json {
			t.Errorf("%v: %s and %s, want %s and %s", tt.v, plain, NumberText(tt.v), tt.plain, tt.json)
		}
	}
}

func zeros(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0'
	}
	return string(b)
}

func TestPointer(t *testing.T) {
	v := map[string]any{"a": []any{map[string]any{"b.c": int64(1)}}, "": "empty"}
	for path, want := range map[string]any{`a.0."b.c"`: int64(1), "a.00": nil, "a.1": nil, "a.x": nil, "z": nil, `a.0."open`: nil} {
		if got, _ := Pointer(v, path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestDeepValuesAreRefused(t *testing.T) {
	var v any
	for range 200_000 {
		v = []any{v}
	}
	if _, ok := AppendText(nil, v, math.MaxInt); ok {
		t.Error("printed")
	}
	if _, ok := AppendJSON(nil, v, false, math.MaxInt); ok {
		t.Error("encoded")
	}
	Equal(v, []any{v})
}
