package cache

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestKeyIsCanonical(t *testing.T) {
	a := Dep{Path: "a", Hash: hashOf("1"), Exists: true}
	b := Dep{Path: "b"}
	x := EnvValue{Name: "X", Value: HashEnv("X", "1"), Set: true}
	y := EnvValue{Name: "Y"}
	sorted := Closure{Deps: []Dep{a, b}, Env: []EnvValue{x, y}}
	shuffled := Closure{Deps: []Dep{b, a, b}, Env: []EnvValue{y, x, x}}
	if sorted.Key() != shuffled.Key() {
		t.Error("order or repetition changes the key")
	}
	if shuffled.Deps[0] != b || len(shuffled.Deps) != 3 {
		t.Error("Key changed its receiver's slices")
	}
}

func TestKeyTellsClosuresApart(t *testing.T) {
	h := hashOf("h")
	closures := map[string]Closure{
		"zero":            {},
		"template":        {Template: h},
		"vars":            {Vars: h},
		"volatile":        {Volatile: true},
		"missing dep":     {Deps: []Dep{{Path: "a"}}},
		"dep":             {Deps: []Dep{{Path: "a", Exists: true}}},
		"dep hash":        {Deps: []Dep{{Path: "a", Exists: true, Hash: h}}},
		"dep other path":  {Deps: []Dep{{Path: "b", Exists: true, Hash: h}}},
		"two deps":        {Deps: []Dep{{Path: "a"}, {Path: "b"}}},
		"joined dep":      {Deps: []Dep{{Path: "ab"}}},
		"env unset":       {Env: []EnvValue{{Name: "a"}}},
		"env empty":       {Env: []EnvValue{{Name: "a", Set: true, Value: HashEnv("a", "")}}},
		"env set":         {Env: []EnvValue{{Name: "a", Set: true, Value: HashEnv("a", "1")}}},
		"env and dep":     {Deps: []Dep{{Path: "a"}}, Env: []EnvValue{{Name: "b"}}},
		"dep and env":     {Deps: []Dep{{Path: "b"}}, Env: []EnvValue{{Name: "a"}}},
		"name not in key": {Env: []EnvValue{{Name: "a\x00", Set: true}}},
	}
	seen := map[Key]string{}
	for name, c := range closures {
		k := c.Key()
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q share a key", name, other)
		}
		seen[k] = name
	}
}

func TestHashEnvKeepsNameAndValueApart(t *testing.T) {
	if HashEnv("A", "BC") == HashEnv("AB", "C") {
		t.Error("name and value run into each other")
	}
}

// TestEntrySerialises guards the promise that any backend can write an entry
// down and that no value of an environment variable lies in it.
func TestEntrySerialises(t *testing.T) {
	e := Entry{
		Text: []byte("text"), Map: []byte{1, 2}, RenderTime: 5,
		Closure: Closure{
			Template: hashOf("t"), Vars: hashOf("v"),
			Deps: []Dep{{Path: "m", Hash: hashOf("m"), Exists: true}},
			Env:  []EnvValue{{Name: "TOKEN", Value: HashEnv("TOKEN", "hunter2"), Set: true}},
		},
		Memo: "decoded",
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "hunter2") || strings.Contains(string(b), "decoded") {
		t.Errorf("secret or memo written down: %s", b)
	}
	var back Entry
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Closure.Key() != e.Closure.Key() {
		t.Error("the key changed on the way")
	}
	e.Memo = nil
	if !reflect.DeepEqual(back, e) {
		t.Errorf("got %+v, want %+v", back, e)
	}
}
