package trace

import (
	"encoding/json"
	"math"
	"testing"
)

func TestValueText(t *testing.T) {
	for _, tc := range []struct {
		value any
		want  string
	}{
		{"as it is\n", "as it is\n"}, {true, "true"}, {false, "false"},
		{int64(-7), "-7"}, {int64(math.MaxInt64), "9223372036854775807"},
		{1.0, "1"}, {1.5, "1.5"}, {0.1, "0.1"}, {1e6, "1000000"}, {1e21, "1e+21"}, {1e-7, "1e-07"}, {0.0, "0"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"},
		{[]byte("hi"), "aGk="}, {nil, "null"},
		{[]any{int64(1), "a", 2.5, nil, []any{}}, `[1,"a",2.5,null,[]]`},
		{map[string]any{"b": int64(1), "a": map[string]any{"c": "<&>\u2028"}}, "{\"a\":{\"c\":\"<&>\u2028\"},\"b\":1}"},
		{[]any{math.NaN(), []byte{255}, "\x00\"\\\t\xff"}, `["NaN","/w==","\u0000\"\\\t` + "\uFFFD" + `"]`},
	} {
		if got := ValueText(tc.value); got != tc.want {
			t.Errorf("%#v: got %s, want %s", tc.value, got, tc.want)
		}
	}
}

func TestCanonicalJSONIsJSON(t *testing.T) {
	for c := range rune(0x300) {
		var got string
		if err := json.Unmarshal(appendString(nil, string(c)), &got); err != nil || got != string(c) {
			t.Errorf("%U: %q %v", c, got, err)
		}
	}
}

func TestKindAndStatusSpellings(t *testing.T) {
	for word, want := range map[string]Kind{
		"internal": KindInternal, "INTERNAL": KindInternal, "Internal": KindInternal, "SPAN_KIND_INTERNAL": KindInternal, "1": KindInternal,
		"Server": KindServer, "client": KindClient, "producer": KindProducer, "SPAN_KIND_CONSUMER": KindConsumer, "5": KindConsumer,
		"": KindUnset, "SPAN_KIND_UNSPECIFIED": KindUnset, "0": KindUnset, "unset": KindUnset,
	} {
		if got, ok := ParseKind(word); !ok || got != want {
			t.Errorf("kind %q: %s %v", word, got, ok)
		}
	}
	for _, word := range []string{"6", "servers", "-1", "inter nal"} {
		if _, ok := ParseKind(word); ok {
			t.Errorf("kind %q was accepted", word)
		}
	}
	for word, want := range map[string]Status{
		"ok": StatusOK, "Ok": StatusOK, "STATUS_CODE_OK": StatusOK, "1": StatusOK,
		"error": StatusError, "ERROR": StatusError, "2": StatusError, `Error { description: "x" }`: StatusError,
		"": StatusUnset, "Unset": StatusUnset, "STATUS_CODE_UNSET": StatusUnset, "0": StatusUnset,
	} {
		if got, ok := ParseStatus(word); !ok || got != want {
			t.Errorf("status %q: %s %v", word, got, ok)
		}
	}
	for _, word := range []string{"3", "okay", "pass", "errors"} {
		if _, ok := ParseStatus(word); ok {
			t.Errorf("status %q was accepted", word)
		}
	}
}

func TestIDsAreCompared(t *testing.T) {
	for in, want := range map[string]string{"": "", "0000": "", " ABcd ": "abcd", "00f0": "00f0", "root-001": "root-001"} {
		if got := normalID(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
