// Package fuzzy finds names by a few of their letters.
//
// A pattern and a text flow in; whether the letters of the pattern occur in the
// text in that order, and how well, flows out. Letters at the start of words and
// letters side by side count more. The package imports nothing of the project.
package fuzzy

import (
	"unicode"
	"unicode/utf8"
)

// Pattern is what to look for, prepared once. The zero Pattern matches
// everything.
type Pattern struct{ letters []rune }

// New prepares a pattern. Case and spaces do not count.
func New(s string) Pattern {
	var p Pattern
	for _, r := range s {
		if !unicode.IsSpace(r) {
			p.letters = append(p.letters, unicode.ToLower(r))
		}
	}
	return p
}

// Empty reports whether the pattern matches everything.
func (p Pattern) Empty() bool { return len(p.letters) == 0 }

// The scores of one letter.
const (
	each    = 8  // it occurs
	beside  = 12 // it follows the letter before it at once
	atWord  = 10 // it begins a word
	perSkip = 1  // what each letter costs that stands between two of the pattern
)

// Match reports whether the letters of the pattern occur in s in their order,
// and how well: a higher score is a better match. It looks at the shortest
// stretch that ends where the pattern is complete for the first time.
func (p Pattern) Match(s string) (score int, ok bool) {
	if p.Empty() {
		return 0, true
	}
	end := p.forward(s)
	if end < 0 {
		return 0, false
	}
	return p.backward(s, end), true
}

// forward returns the end of the first stretch of s that holds the pattern, in
// bytes, or -1.
func (p Pattern) forward(s string) int {
	next := 0
	for i := 0; i < len(s); {
		r, n := lower(s[i:])
		i += n
		if r == p.letters[next] {
			if next++; next == len(p.letters) {
				return i
			}
		}
	}
	return -1
}

// backward scores the pattern from the end of its stretch to its start.
func (p Pattern) backward(s string, end int) (score int) {
	next := len(p.letters) - 1
	gap := 0
	for i := end; i > 0 && next >= 0; {
		_, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
		if r, _ := lower(s[i:]); r != p.letters[next] {
			gap++
			continue
		}
		score += each
		if next < len(p.letters)-1 {
			if gap == 0 {
				score += beside
			}
			score -= gap * perSkip
		}
		if startsWord(s, i) {
			score += atWord
		}
		gap = 0
		next--
	}
	return score
}

// lower returns the first letter of s in lower case, and its length in bytes.
func lower(s string) (rune, int) {
	if c := s[0]; c < utf8.RuneSelf {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		return rune(c), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return unicode.ToLower(r), n
}

// startsWord reports whether the letter at byte i of s begins a word.
func startsWord(s string, i int) bool {
	if i == 0 {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	return !unicode.IsLetter(before) && !unicode.IsDigit(before)
}
