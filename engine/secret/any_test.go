package secret

import (
	"encoding/json"
	"reflect"
	"testing"
)

type (
	label string
	digit byte
)

func TestValuesOfEveryShape(t *testing.T) {
	s := NewSet("hunter2", "123456").WithNames(NewNames("license"))
	type object = map[string]any
	tests := []struct {
		name     string
		in, want any
	}{
		{"nil", nil, nil},
		{"text", "a hunter2", "a " + Mask},
		{"text without", "a hunter1", "a hunter1"},
		{"named text", label("hunter2"), label(Mask)},
		{"bytes", []byte("a hunter2"), []byte("a " + Mask)},
		{"no bytes", []byte(nil), []byte(nil)},
		{"named bytes", json.RawMessage(`"hunter2"`), json.RawMessage(`"` + Mask + `"`)},
		{"bytes of a named type", []digit("ab"), []digit("ab")},
		{"bool", true, true},
		{"number", int64(123456), Mask},
		{"other number", int64(1234567), int64(1234567)},
		{"unsigned", uint32(123456), Mask},
		{"float", 123456.5, 123456.5},
		{"texts", []string{"hunter2", "b"}, []string{Mask, "b"}},
		{"no texts", []string(nil), []string(nil)},
		{"numbers", []int64{1, 123456}, []any{int64(1), Mask}},
		{"array", [2]string{"hunter2", "b"}, [2]string{Mask, "b"}},
		{"mixed", []any{nil, "hunter2", 1, []any{"hunter2"}}, []any{nil, Mask, 1, []any{Mask}}},
		{"object", object{"a": "hunter2", "b": nil, "c": object{"d": "hunter2"}}, object{"a": Mask, "b": nil, "c": object{"d": Mask}}},
		{"no object", object(nil), object(nil)},
		{"tables", []object{{"a": "hunter2"}}, []object{{"a": Mask}}},
		{"texts by name", map[string]string{"a": "hunter2", "b": "c"}, map[string]string{"a": Mask, "b": "c"}},
		{"numbers by name", map[string]int{"a": 123456, "b": 1}, map[string]any{"a": Mask, "b": 1}},
		{"by number", map[int]string{1: "hunter2"}, map[int]string{1: Mask}},
		{"secret key", object{"x hunter2": 1}, object{"x " + Mask: 1}},
		{"keys that become one", object{"hunter2": 1, "hunter2hunter2": 2}, object{Mask: 2}},
		{"secret names", object{"password": "test", "pin_token": 12, "has_token": true, "api_key": "", "license": "x", "secret": nil},
			object{"password": Mask, "pin_token": Mask, "has_token": true, "api_key": "", "license": Mask, "secret": nil}},
		{"all below a secret name", object{"credentials": object{"user": "u", "list": []any{"v", 1.5}, "raw": []byte("w")}},
			object{"credentials": object{"user": Mask, "list": []any{Mask, Mask}, "raw": []byte(Mask)}}},
		{"struct", struct{ A string }{"hunter2"}, struct{ A string }{"hunter2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.Field("", tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestAnyLeavesItsArgumentAlone(t *testing.T) {
	in := map[string]any{"a": []any{"hunter2"}, "b": []byte("hunter2"), "c": []string{"hunter2"}}
	NewSet("hunter2").Field("", in)
	want := map[string]any{"a": []any{"hunter2"}, "b": []byte("hunter2"), "c": []string{"hunter2"}}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("it became %v", in)
	}
}

func TestFields(t *testing.T) {
	s := NewSet("hunter2")
	for _, tt := range []struct {
		name     string
		in, want any
	}{
		{"db.password", "test", Mask},
		{"db.password", "", ""},
		{"db.user", "test", "test"},
		{"db.user", "a hunter2", "a " + Mask},
		{"DB_PASSWORD", int64(1), Mask},
		{"DB_PASSWORD", []byte(nil), []byte(nil)},
	} {
		if got := s.Field(tt.name, tt.in); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s = %#v becomes %#v, want %#v", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestNothingHidesInDeepNesting(t *testing.T) {
	deep := any("hunter2")
	for range maxNesting {
		deep = []any{deep}
	}
	got := NewSet().Field("password", deep)
	for range maxNesting {
		got = got.([]any)[0]
	}
	if got != Mask {
		t.Errorf("at the bottom: %v", got)
	}
	if got := NewSet().Field("", []any{deep}); reflect.DeepEqual(got, []any{deep}) {
		t.Error("below the bottom it was left as it is")
	}
}
