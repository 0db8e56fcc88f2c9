package settings

import (
	"slices"
	"strings"
	"time"
)

// Kind is the type of a setting.
type Kind uint8

// The kinds, with the Go type that a value of them has.
const (
	Bool     Kind = iota // bool
	Int                  // int
	Float                // float64
	Text                 // string
	Duration             // time.Duration, written as text with a unit
	Millis               // time.Duration, written as a number of milliseconds
	Texts                // []string; one string stands for a list of one
)

// String returns the words that messages use for what is expected.
func (k Kind) String() string {
	return [...]string{
		"true or false", "a whole number", "a number", "a string", `a duration such as "30s"`, "a number of milliseconds", "a list of strings",
	}[k]
}

// Key describes one setting.
type Key struct {
	Name    string // section.key
	Kind    Kind
	Default any
	// Shown is the default in words, where Default depends on the machine.
	Shown string
	Text  string // what it means, one sentence
	// Env is the environment variable that sets it.
	Env string
	// Values are the values of a closed set; nil when there is none.
	Values []string
	// Min and Max bound a number or a duration (in milliseconds); Max 0 means no
	// upper bound.
	Min, Max float64
	// Same is another key that this one is a second name of.
	Same string
	// Unused says why the key has no effect, "" when it has one. A value that is
	// what the program does anyway, the default, is accepted without a word.
	Unused string
	// Refused says that another value than the default is an error, for the reason
	// in Unused: it would promise what is not done.
	Refused bool
	// Start says that a change takes effect at the next start only.
	Start bool
}

// find returns the description of a key.
func find(name string) (Key, bool) {
	i, ok := index[name]
	if !ok {
		return Key{}, false
	}
	return keys[i], true
}

// index finds keys by name.
var index = func() map[string]int {
	m := make(map[string]int, len(keys))
	for i := range keys {
		k := &keys[i]
		m[k.Name] = i
		if k.Env == "" {
			k.Env = "CLEANROOM_" + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
		}
		if k.Kind == Duration || k.Kind == Millis {
			k.Max = max(k.Max, float64(maxDuration.Milliseconds()))
		}
	}
	return m
}()

// maxDuration is far above anything meant, and far below an overflow.
const maxDuration = 30 * 24 * time.Hour

// sections are the names of all tables, longest first among equals.
var sections = func() []string {
	out := []string{keysSection, themeColors}
	for _, k := range keys {
		for s := k.Name; ; {
			at := strings.LastIndexByte(s, '.')
			if at < 0 {
				break
			}
			if s = s[:at]; !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}()

// The sections whose keys belong to the surface.
const (
	keysSection = "keys"
	themeColors = "theme.colors"
)
