package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func scanOne(data []byte) (any, error) {
	var r jsonReader
	return r.scan.only(data, r.scan.value)
}

// ordinary is a scanned value as encoding/json would give it.
func ordinary(v any) any {
	switch x := v.(type) {
	case number:
		return json.Number(x)
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = ordinary(x[i])
		}
		return out
	case object:
		out := map[string]any{}
		for _, m := range x {
			out[m.key] = ordinary(m.value)
		}
		return out
	default:
		return v
	}
}

func standard(data string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if dec.More() || strings.TrimSpace(data[dec.InputOffset():]) != "" {
		return nil, errors.New("more data")
	}
	return v, nil
}

func checkScan(t *testing.T, data string) {
	t.Helper()
	want, wantErr := standard(data)
	got, err := scanOne([]byte(data))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: %v, encoding/json: %v", data, err, wantErr)
	}
	if syntax := (*syntaxError)(nil); err != nil && (!errors.As(err, &syntax) || syntax.off < 0 || syntax.off > len(data)) {
		t.Fatalf("%q: %v has no place in the data", data, err)
	}
	if err == nil && !reflect.DeepEqual(ordinary(got), want) {
		t.Fatalf("%q: got %#v, want %#v", data, got, want)
	}
}

func TestScannerReadsWhatTheStandardLibraryReads(t *testing.T) {
	for _, data := range []string{
		`{}`, `[]`, ` [ ] `, `{"a":1}`, `{ "a" : [ 1 , 2.5 , -0 , 1e9 , 1E-2 , true , false , null ] }`, `"x"`, `""`,
		`"é\u00e9\ud83d\ude00\ud800\n\"\\"`, `{"\u0061":1,"é":{"b":[[],{}]}}`, `[1,[2,[3,{"a":[4]}]],5]`,
		``, ` `, `{`, `[`, `"`, `"\`, `"\u12`, `"\x"`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1 "b":2}`,
		`tru`, `truely`, `nul`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`, `--1`, `1 2`, `{} x`, "\"a\nb\"", "\"\x01\"", `{"a":1}}`, `[1]]`, "\x00",
	} {
		checkScan(t, data)
	}
}

func TestScannerLimitsDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := scanOne(nested(maxDepth)); err != nil {
		t.Error(err)
	}
	if _, err := scanOne(nested(maxDepth + 1)); err == nil || !strings.Contains(err.Error(), "deeper") {
		t.Errorf("got %v", err)
	}
	if _, err := scanOne([]byte("[" + strings.Repeat("[],", 2*maxDepth) + "{}]")); err != nil {
		t.Errorf("siblings are not depth: %v", err)
	}
}

func TestTheDeepestValueCanBeRecordedAndReadBack(t *testing.T) {
	var v any = map[string]any{"leaf": int64(1)}
	for range maxNesting - 1 {
		v = map[string]any{"k": v}
	}
	s := Span{Name: "a", ID: "1", Attrs: []Attr{{"deep", v}}, Events: []Event{{Name: "e", Attrs: []Attr{{"deep", v}}}}}
	if err := checkNesting(s.Attrs); err != nil {
		t.Fatal(err)
	}
	if spans := mustRead(t, string(appendRecord(nil, &s))); !reflect.DeepEqual(spans[0].Attrs, s.Attrs) {
		t.Error("it came back different")
	}
}

func TestScannerSharesKeysAndForgetsNothing(t *testing.T) {
	var r jsonReader
	for i := range maxKeys + 10 {
		v, err := r.decode(fmt.Appendf(nil, `{"name":%d,"k%d":[%d]}`, i, i, i))
		want := object{{"name", number(fmt.Sprint(i))}, {fmt.Sprint("k", i), []any{number(fmt.Sprint(i))}}}
		if err != nil || !reflect.DeepEqual(v, want) {
			t.Fatalf("%d: %v %v", i, v, err)
		}
	}
	if len(r.scan.keys) > maxKeys {
		t.Errorf("%d keys are kept", len(r.scan.keys))
	}
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x\u00e9",true,null]}`, `[[[]]]`, `{"a":{"b":""}}`, formatA, formatC} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if !utf8.ValidString(data) || strings.Count(data, "[")+strings.Count(data, "{") >= maxDepth {
			return
		}
		checkScan(t, data)
	})
}
