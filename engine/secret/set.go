package secret

import (
	"fmt"
	"io"
)

// Mask stands in for a secret. Its length is the same for all.
const Mask = "••••••"

// Set is a set of secret values to hide. It is immutable and safe for
// concurrent use; the nil Set hides nothing.
type Set struct {
	find  *matcher // nil when there is no value to find
	names Names
}

// NewSet returns a set that hides those of the values that are Hideable, each
// with its lines of 12 bytes and more, with what follows an authorization
// scheme ("Bearer …"), and in these encodings: base64 in both alphabets and
// wherever in an encoded text it begins, also wrapped into lines; hexadecimal;
// percent-encoded; escaped for JSON, TOML, Go, HTML, XML and a shell. Of values
// over 16 KiB only the plain text and its lines are hidden.
//
// Without a value the set still hides by name (Field).
func NewSet(values ...string) *Set {
	return &Set{find: newMatcher(forms(values))}
}

// Format prints no more than the type, whatever the verb: a set in an error or
// a trace of a crash must not give away what it hides.
func (s *Set) Format(f fmt.State, _ rune) {
	// fmt keeps what it prints in memory and reports the writer's errors itself.
	_, _ = io.WriteString(f, "secret.Set")
}

// WithNames returns a set with the same values that decides by names which
// fields hold a secret.
func (s *Set) WithNames(names Names) *Set {
	if s == nil {
		return nil
	}
	c := *s
	c.names = names
	return &c
}

// String returns the text with a mask in place of each occurrence of a secret;
// occurrences that overlap or touch get one mask together. It does not allocate
// when there is none.
func (s *Set) String(text string) string {
	if s == nil || s.find == nil {
		return text
	}
	var few [8]span
	_, found := scan(s.find, text, 0, 0, few[:0], true)
	if len(found) == 0 {
		return text
	}
	return string(replace(text, found))
}

// Bytes is String for bytes. It returns p itself when there is no secret in it
// and a new slice otherwise; it never changes p.
func (s *Set) Bytes(p []byte) []byte {
	if s == nil || s.find == nil {
		return p
	}
	var few [8]span
	_, found := scan(s.find, p, 0, 0, few[:0], true)
	if len(found) == 0 {
		return p
	}
	return replace(p, found)
}
